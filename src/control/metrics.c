#include "control/metrics.h"

#include <string.h>

#include "util/clock.h"
#include "util/text.h"

#define TEXT_MAX 300

/* ---- of each endpoint ---- */

#define VALUE(field)                                                                               \
    static uint64_t value_##field(const struct live_row *r) {                                      \
        return r->field;                                                                           \
    }
VALUE(requests)
VALUE(failures)
VALUE(unsendable)
VALUE(dropped)
VALUE(cancelled)
VALUE(bytes_received)
VALUE(streams)
VALUE(tokens)

const struct metrics_count metrics_counts[METRICS_COUNTS] = {
    {{"requests", "{request}", "Completed requests.", true}, false, value_requests},
    {{"failures", "{request}", "Completed requests that failed.", true}, false, value_failures},
    {{"unsendable", "{request}", "Requests that could not be built.", true},
     false,
     value_unsendable},
    {{"dropped", "{request}", "Requests that were due and were not sent.", true},
     false,
     value_dropped},
    {{"cancelled", "{request}", "Requests abandoned because the run ended.", true},
     false,
     value_cancelled},
    {{"received", "By", "Bytes of responses.", true}, false, value_bytes_received},
    {{"streams", "{response}", "Streamed responses.", true}, true, value_streams},
    {{"tokens", "{token}", "Output tokens of streamed responses.", true}, true, value_tokens},
};

const struct metrics_about metrics_response_time = {
    "response_time", "s", "Response times: from the scheduled time, or else from the sending.",
    true};

void metrics_rows_init(struct metrics_rows *m, const struct status *s) {
    *m = (struct metrics_rows){
        .rows = s->rows,
        .shown = s->row_count < METRICS_ENDPOINTS_MAX ? s->row_count : METRICS_ENDPOINTS_MAX,
        .rest = {.name = "(other endpoints)", .method = ""}};
    m->count = m->shown + (m->shown < s->row_count);
    for (size_t i = m->shown; i < s->row_count; i++)
        live_row_add(&m->rest.live, &s->rows[i].live);
}

const struct status_row *metrics_row(const struct metrics_rows *m, size_t i) {
    return i < m->shown ? &m->rows[i] : &m->rest;
}

/* ---- of the run ---- */

static double run_active(const struct status *s) {
    return s->phase == STATUS_RUNNING;
}

static double run_ended(const struct status *s) {
    return s->phase == STATUS_ENDED;
}

/* Whole milliseconds, in seconds. */
static double seconds(int64_t ns) {
    int64_t ms = ns / NS_PER_MS;
    return (double)ms / 1000;
}

static double run_start(const struct status *s) {
    return seconds(s->run->started_ns(s->run->context));
}

static double run_elapsed(const struct status *s) {
    return seconds(s->elapsed_ns);
}

static double users(const struct status *s) {
    return s->users;
}

static double users_max(const struct status *s) {
    return s->users_max;
}

static double busiest_core(const struct status *s) {
    return s->client.busiest_core;
}

static double longest_stall(const struct status *s) {
    return (double)s->client.longest_stall_ns / NS_PER_S;
}

static double rows_queued(const struct status *s) {
    return (double)s->client.rows_queued;
}

static double rows_lost(const struct status *s) {
    return (double)s->client.rows_lost;
}

static double other_endpoints(const struct status *s) {
    return s->row_count > METRICS_ENDPOINTS_MAX ? (double)(s->row_count - METRICS_ENDPOINTS_MAX)
                                                : 0;
}

const struct metrics_number metrics_numbers[METRICS_NUMBERS] = {
    {{"run_active", "", "1 while requests are sent.", false}, true, run_active},
    {{"run_ended", "", "1 when the verdict is final.", false}, true, run_ended},
    {{"run_start_time", "s", "Start of the load, in seconds since 1970.", false}, false, run_start},
    {{"run_elapsed", "s", "Time since the start of the load.", false}, false, run_elapsed},
    {{"users", "{user}", "Active users; with an arrival rate, busy users.", false}, true, users},
    {{"users_max", "{user}", "Maximum of users of the load.", false}, true, users_max},
    {{"client_busiest_core", "{core}", "Largest CPU share of a thread so far; 1 is a core.", false},
     false,
     busiest_core},
    {{"client_longest_stall", "s", "Longest stall of a thread so far.", false},
     false,
     longest_stall},
    {{"client_rows_queued", "{row}", "Rows that wait for the run file.", false}, true, rows_queued},
    {{"client_rows_lost", "{row}", "Rows missing in the run file.", true}, true, rows_lost},
    {{"other_endpoints", "{endpoint}", "Endpoints that have no series of their own.", false},
     true,
     other_endpoints},
};

const struct metrics_about metrics_threshold_state = {"threshold_state", "",
                                                      "1 for the state of a threshold.", false};
const struct metrics_about metrics_threshold_margin = {
    "threshold_margin", "",
    "Distance of a threshold's value to its limit, in the metric's unit; below 0 beyond it.",
    false};
const struct metrics_about metrics_verdict = {
    "verdict", "", "1 for the verdict, which is final when the run has ended.", false};

const char *const metrics_verdicts[METRICS_VERDICTS] = {"VALID", "SUSPECT", "INVALID"};

void metrics_text(struct buf *out, const char *text) {
    text_printable(out, text, text_cut(text, strlen(text), TEXT_MAX));
}
