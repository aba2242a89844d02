#include "web/web_metrics.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "util/clock.h"
#include "util/text.h"

#define TEXT_MAX 300 /* bytes of a label's value */

/* The value of a label. */
static void label(struct buf *out, const char *text) {
    struct buf shown;
    buf_init(&shown, 4 * TEXT_MAX + 16);
    text_printable(&shown, text, text_cut(text, strlen(text), TEXT_MAX));
    for (const char *p = buf_text(&shown); *p != '\0'; p++) {
        if (*p == '\\' || *p == '"')
            buf_char(out, '\\');
        buf_char(out, *p);
    }
    buf_done(&shown);
}

static void head(struct buf *out, const char *name, const char *type, const char *help) {
    buf_printf(out, "# HELP coldswarm_%s %s\n# TYPE coldswarm_%s %s\n", name, help, name, type);
}

static void number(struct buf *out, double value) {
    if (isfinite(value))
        text_number(out, value);
    else
        buf_str(out, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
    buf_char(out, '\n');
}

static void gauge(struct buf *out, const char *name, const char *help, double value) {
    head(out, name, "gauge", help);
    buf_printf(out, "coldswarm_%s ", name);
    number(out, value);
}

/* ---- by endpoint ---- */

static void labels(struct buf *out, const struct status_row *r) {
    buf_str(out, "{method=\"");
    label(out, r->method);
    buf_str(out, "\",name=\"");
    label(out, r->name);
    buf_char(out, '"');
}

static void add_row(struct live_row *to, const struct live_row *r) {
    to->requests += r->requests;
    to->failures += r->failures;
    to->unsendable += r->unsendable;
    to->dropped += r->dropped;
    to->cancelled += r->cancelled;
    to->bytes_received += r->bytes_received;
    to->timed += r->timed;
    to->sum_us += r->sum_us;
    to->streams += r->streams;
    to->tokens += r->tokens;
    for (size_t i = 0; i <= LIVE_TABLE_BOUNDS; i++)
        to->counts[i] += r->counts[i];
}

struct counter {
    const char *name, *help;
    uint64_t (*value)(const struct live_row *r);
    bool streams; /* only if the run has some */
};

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

static const struct counter counters[] = {
    {"requests_total", "Completed requests.", value_requests, false},
    {"failures_total", "Completed requests that failed.", value_failures, false},
    {"unsendable_total", "Requests that could not be built.", value_unsendable, false},
    {"dropped_total", "Requests that were due and were not sent.", value_dropped, false},
    {"cancelled_total", "Requests abandoned because the run ended.", value_cancelled, false},
    {"received_bytes_total", "Bytes of responses.", value_bytes_received, false},
    {"streams_total", "Streamed responses.", value_streams, true},
    {"tokens_total", "Output tokens of streamed responses.", value_tokens, true},
};

static void histogram(struct buf *out, const struct status_row *r) {
    static const char name[] = "coldswarm_response_time_seconds";
    uint64_t below = 0;
    for (size_t i = 0; i < LIVE_TABLE_BOUNDS; i++) {
        below += r->live.counts[i];
        buf_printf(out, "%s_bucket", name);
        labels(out, r);
        buf_printf(out, ",le=\"%g\"} %" PRIu64 "\n", (double)live_table_bounds_us[i] / 1e6, below);
    }
    buf_printf(out, "%s_bucket", name);
    labels(out, r);
    buf_printf(out, ",le=\"+Inf\"} %" PRIu64 "\n%s_sum", r->live.timed, name);
    labels(out, r);
    buf_str(out, "} ");
    number(out, (double)r->live.sum_us / 1e6);
    buf_printf(out, "%s_count", name);
    labels(out, r);
    buf_printf(out, "} %" PRIu64 "\n", r->live.timed);
}

static void by_endpoint(struct buf *out, const struct status *s) {
    static const char others[] = "(other endpoints)";
    size_t shown =
        s->row_count < WEB_METRICS_ENDPOINTS_MAX ? s->row_count : WEB_METRICS_ENDPOINTS_MAX;
    struct status_row rest = {.name = others, .method = ""};
    for (size_t i = shown; i < s->row_count; i++)
        add_row(&rest.live, &s->rows[i].live);
    size_t count = shown + (shown < s->row_count);
    for (size_t k = 0; k < sizeof counters / sizeof *counters; k++) {
        const struct counter *c = &counters[k];
        if (c->streams && !s->run->streams)
            continue;
        head(out, c->name, "counter", c->help);
        for (size_t i = 0; i < count; i++) {
            const struct status_row *r = i < shown ? &s->rows[i] : &rest;
            buf_printf(out, "coldswarm_%s", c->name);
            labels(out, r);
            buf_printf(out, "} %" PRIu64 "\n", c->value(&r->live));
        }
    }
    head(out, "response_time_seconds", "histogram",
         "Response times: from the scheduled time, or else from the sending.");
    for (size_t i = 0; i < count; i++)
        histogram(out, i < shown ? &s->rows[i] : &rest);
    gauge(out, "other_endpoints", "Endpoints that have no series of their own.",
          (double)(s->row_count - shown));
}

/* ---- of the run ---- */

/* Whole milliseconds, in seconds. */
static double seconds(int64_t whole_ms) {
    return (double)whole_ms / 1000;
}

static void thresholds(struct buf *out, const struct status *s) {
    static const char *const words[] = {
        [STATUS_PENDING] = "pending", [STATUS_HOLDS] = "passes", [STATUS_FAILED] = "fails"};
    if (s->threshold_count == 0)
        return;
    head(out, "threshold_state", "gauge", "1 for the state of a threshold.");
    for (size_t i = 0; i < s->threshold_count; i++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
            buf_str(out, "coldswarm_threshold_state{threshold=\"");
            label(out, s->thresholds[i].text == NULL ? "" : s->thresholds[i].text);
            buf_printf(out, "\",state=\"%s\"} %d\n", words[k], s->thresholds[i].state == k);
        }
    head(out, "threshold_margin", "gauge",
         "Distance of a threshold's value to its limit, in the metric's unit; below 0 beyond it.");
    for (size_t i = 0; i < s->threshold_count; i++) {
        buf_str(out, "coldswarm_threshold_margin{threshold=\"");
        label(out, s->thresholds[i].text == NULL ? "" : s->thresholds[i].text);
        buf_str(out, "\"} ");
        number(out, s->thresholds[i].margin);
    }
}

static void about(struct buf *out, const struct status *s) {
    static const char *const verdicts[] = {"VALID", "SUSPECT", "INVALID"};
    head(out, "run_info", "gauge", "1; its labels describe the run.");
    buf_str(out, "coldswarm_run_info{name=\"");
    label(out, s->run->name);
    buf_str(out, "\",target=\"");
    label(out, s->run->target == NULL ? "" : s->run->target);
    buf_str(out, "\",version=\"");
    label(out, s->run->version);
    buf_str(out, "\"} 1\n");
    gauge(out, "run_active", "1 while requests are sent.", s->phase == STATUS_RUNNING);
    gauge(out, "run_ended", "1 when the verdict is final.", s->phase == STATUS_ENDED);
    gauge(out, "run_start_time_seconds", "Start of the load, in seconds since 1970.",
          seconds(s->run->started_ns(s->run->context) / NS_PER_MS));
    gauge(out, "run_elapsed_seconds", "Time since the start of the load.",
          seconds(s->elapsed_ns / NS_PER_MS));
    gauge(out, "users", "Active users; with an arrival rate, busy users.", s->users);
    gauge(out, "users_max", "Maximum of users of the load.", s->users_max);
    head(out, "verdict", "gauge", "1 for the verdict, which is final when the run has ended.");
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        buf_printf(out, "coldswarm_verdict{verdict=\"%s\"} %d\n", verdicts[i],
                   s->verdict != NULL && strcmp(s->verdict, verdicts[i]) == 0);
}

void web_metrics(const struct status *s, struct buf *out) {
    about(out, s);
    by_endpoint(out, s);
    thresholds(out, s);
    gauge(out, "client_busiest_core", "Largest CPU share of a thread so far; 1 is a core.",
          s->client.busiest_core);
    gauge(out, "client_longest_stall_seconds", "Longest stall of a thread so far.",
          (double)s->client.longest_stall_ns / NS_PER_S);
    gauge(out, "client_rows_queued", "Rows that wait for the run file.",
          (double)s->client.rows_queued);
    head(out, "client_rows_lost_total", "counter", "Rows missing in the run file.");
    buf_printf(out, "coldswarm_client_rows_lost_total %" PRIu64 "\n", s->client.rows_lost);
}
