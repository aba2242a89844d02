#include "cli/locust_view.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/listeners.h"
#include "cli/serving.h"
#include "report/entries.h"
#include "report/locust_csv.h"
#include "stats/locust.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/json_write.h"
#include "web/web_locust.h"

#define SHOWN_MAX 500 /* of Locust: entries, and errors */
#define P95 5         /* of LOCUST_LEVELS */
#define P99 7
#define OK 200
#define NOT_FOUND 404
#define UNAVAILABLE 503

struct locust_view {
    struct web *web; /* NULL: not lent yet */
    struct web_locust lent;
    struct locust_view_of of;
    struct entries names;
    struct locust_csv *csv;
    char history[REPEAT_PATH_BYTES]; /* the file of --csv-full-history; "": none */

    pthread_mutex_t lock; /* what follows */
    struct locust_stats *stats;
    struct tally unsendable;
    bool *called;       /* by entry: it stays after a reset */
    int64_t reset_us;   /* of the run: when the numbers began */
    struct err failure; /* "" while there is none */
    enum status_phase phase;
    uint32_t users;
    int64_t p50_us, p95_us; /* of the last seconds */
    bool spawned;           /* the wanted users were reached */
    uint32_t wanted;
};

/* When its run began, in nanoseconds since 1970. */
static int64_t started_ns(const struct locust_view *v) {
    return v->of.started_ns(v->of.context);
}

/* ---- counting ---- */

/* Under the lock. */
static int begin(struct locust_view *v) {
    int64_t start_us = started_ns(v) / NS_PER_MS * 1000 + v->reset_us;
    if (v->stats != NULL)
        return 0;
    return locust_stats_new(v->names.entry_count, start_us, false, &v->stats, &v->failure);
}

/* Under the lock. What ended before a reset is no longer shown. */
static void count(struct locust_view *v, const struct request *x) {
    size_t entry = v->names.entry_of[x->endpoint];
    struct request since = *x;
    since.end_us -= v->reset_us;
    if (since.end_us < 0 && v->reset_us > 0)
        return;
    if (x->outcome == OUTCOME_UNSENDABLE)
        locust_csv_unsendable(&v->unsendable, entry, x->error, &v->failure);
    else if (outcome_is_timed((int)x->outcome) && begin(v) == 0) {
        v->called[entry] = true;
        locust_stats_log(v->stats, entry, &since, locust_csv_error(x), &v->failure);
    }
}

static void feed(void *self, const struct request *requests, size_t n) {
    struct locust_view *v = self;
    pthread_mutex_lock(&v->lock);
    for (size_t i = 0; i < n && v->failure.text[0] == '\0'; i++)
        count(v, &requests[i]);
    pthread_mutex_unlock(&v->lock);
}

static void second(void *self, const struct status *s) {
    struct locust_view *v = self;
    const struct live_times *recent = &s->rows[s->row_count].live.recent;
    pthread_mutex_lock(&v->lock);
    v->phase = s->phase;
    v->users = s->users;
    v->p50_us = recent->p50_us;
    v->p95_us = recent->p95_us;
    v->spawned = v->spawned || s->users == v->wanted || s->run->open;
    pthread_mutex_unlock(&v->lock);
}

static void command(void *self, const struct control_command *c) {
    struct locust_view *v = self;
    if (c->change.kind != CONTROL_USERS)
        return;
    pthread_mutex_lock(&v->lock);
    v->wanted = c->change.users;
    v->spawned = false;
    pthread_mutex_unlock(&v->lock);
}

/* ---- /stats/requests ---- */

static const char *state_of(const struct locust_view *v) {
    if (v->phase == STATUS_ENDED)
        return "stopped";
    if (v->phase == STATUS_STOPPING)
        return "stopping";
    return v->spawned ? "running" : "spawning";
}

static void write_row(struct json_writer *j, const struct endpoint *is,
                      const struct locust_row *row) {
    json_write_object(j, NULL, JSON_LINE);
    json_write_text(j, "method", is->method);
    json_write_text(j, "name", is->name);
    json_write_uint(j, "num_requests", row->requests);
    json_write_uint(j, "num_failures", row->failures);
    json_write_number(j, "min_response_time", row->min_ms);
    json_write_number(j, "max_response_time", row->max_ms);
    json_write_number(j, "current_rps", row->current_requests);
    json_write_number(j, "current_fail_per_sec", row->current_failures);
    json_write_number(j, "avg_response_time", row->average_ms);
    json_write_number(j, "median_response_time", row->median_ms);
    json_write_number(j, "total_rps", row->requests_per_second);
    json_write_number(j, "total_fail_per_sec", row->failures_per_second);
    json_write_int(j, "response_time_percentile_0.95", row->ms[P95]);
    json_write_int(j, "response_time_percentile_0.99", row->ms[P99]);
    json_write_number(j, "avg_content_length", row->average_bytes);
    json_write_end(j);
}

/* What is of no entry yet is a row of zeros. */
static void row_of(const struct locust_view *v, size_t entry, struct locust_row *out) {
    *out = (struct locust_row){0};
    if (v->stats != NULL)
        locust_stats_row(v->stats, entry, out);
}

static void write_rows(struct json_writer *j, const struct locust_view *v,
                       struct locust_row *total) {
    static const struct endpoint all = {.name = "Aggregated", .method = ""};
    struct locust_row row;
    size_t shown = 0;
    json_write_array(j, "stats", JSON_LINE);
    for (size_t i = 0; i < v->names.entry_count && shown < SHOWN_MAX; i++) {
        if (!v->called[i])
            continue;
        row_of(v, i, &row);
        write_row(j, &v->names.entries[i], &row);
        shown++;
    }
    row_of(v, LOCUST_TOTAL, total);
    write_row(j, &all, total);
    json_write_end(j);
}

static void write_errors(struct json_writer *j, const struct locust_view *v) {
    const struct locust_error *errors = NULL;
    size_t n = v->stats == NULL ? 0 : locust_stats_errors(v->stats, &errors);
    struct buf text;
    char utc[CLOCK_UTC_BYTES];
    buf_init(&text, 1 << 20);
    json_write_array(j, "errors", JSON_LINE);
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++) {
        const struct endpoint *is = &v->names.entries[errors[i].entry];
        buf_clear(&text);
        locust_csv_error_text(v->csv, errors[i].error, &text);
        json_write_object(j, NULL, JSON_LINE);
        json_write_text(j, "method", is->method);
        json_write_text(j, "name", is->name);
        json_write_text(j, "error", buf_text(&text));
        json_write_uint(j, "occurrences", errors[i].count);
        clock_utc(errors[i].first_us * NS_PER_US, utc);
        json_write_text(j, "first_seen", utc);
        clock_utc(errors[i].last_us * NS_PER_US, utc);
        json_write_text(j, "last_seen", utc);
        json_write_end(j);
    }
    json_write_end(j);
    buf_done(&text);
}

static void write_current(struct json_writer *j, const char *key, int64_t us) {
    if (us == LIVE_NO_VALUE)
        json_write_null(j, key);
    else
        json_write_int(j, key, locust_round_ms(us));
}

static void write_stats(const struct locust_view *v, struct buf *out) {
    struct json_writer j;
    struct locust_row total;
    json_write_init(&j, out, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    write_rows(&j, v, &total);
    write_errors(&j, v);
    json_write_number(&j, "current_rps", total.current_requests);
    json_write_number(&j, "current_fail_per_sec", total.current_failures);
    json_write_number(&j, "total_rps", total.requests_per_second);
    json_write_number(&j, "total_fail_per_sec", total.failures_per_second);
    json_write_number(&j, "fail_ratio",
                      total.requests == 0 ? 0 : (double)total.failures / (double)total.requests);
    json_write_object(&j, "current_response_time_percentiles", JSON_LINE);
    write_current(&j, "response_time_percentile_0.5", v->p50_us);
    write_current(&j, "response_time_percentile_0.95", v->p95_us);
    json_write_end(&j);
    json_write_text(&j, "state", state_of(v));
    json_write_uint(&j, "user_count", v->users);
    json_write_end(&j);
    buf_char(out, '\n');
}

/* ---- /exceptions ---- */

static void write_exceptions(const struct locust_view *v, struct buf *out) {
    struct json_writer j;
    struct buf text;
    buf_init(&text, 1 << 20);
    json_write_init(&j, out, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    json_write_array(&j, "exceptions", JSON_LINE);
    for (size_t i = 0; i < v->unsendable.slot_count; i++) {
        const struct tally_kind *k = &v->unsendable.slots[i];
        if (k->count == 0)
            continue;
        const struct endpoint *is = &v->names.entries[k->entry];
        buf_clear(&text);
        buf_printf(&text, "%s %s: %s", is->method, is->name,
                   v->of.error_text(v->of.context, k->error));
        json_write_object(&j, NULL, JSON_LINE);
        json_write_uint(&j, "count", k->count);
        json_write_text(&j, "msg", buf_text(&text));
        json_write_text(&j, "traceback", "");
        json_write_text(&j, "nodes", "local");
        json_write_end(&j);
    }
    json_write_end(&j);
    json_write_end(&j);
    buf_char(out, '\n');
    buf_done(&text);
}

/* ---- files ---- */

static unsigned write_history(const struct locust_view *v, struct buf *out) {
    struct err e = {""};
    if (v->history[0] == '\0') {
        buf_str(out, "start the run with --csv PREFIX and --csv-full-history; this is "
                     "PREFIX_stats_history.csv then\n");
        return NOT_FOUND;
    }
    if (file_read(v->history, out, &e) == 0)
        return OK;
    buf_clear(out);
    buf_str(out, "the history cannot be read\n");
    return NOT_FOUND;
}

/* Under the lock. */
static unsigned write_csv(struct locust_view *v, enum web_locust_document which, struct buf *out) {
    static const enum locust_csv_file files[] = {[WEB_LOCUST_STATS_CSV] = LOCUST_CSV_STATS,
                                                 [WEB_LOCUST_FAILURES_CSV] = LOCUST_CSV_FAILURES,
                                                 [WEB_LOCUST_EXCEPTIONS_CSV] =
                                                     LOCUST_CSV_EXCEPTIONS};
    struct locust_csv_rows rows;
    if (begin(v) != 0)
        return UNAVAILABLE;
    locust_csv_render(v->csv, v->stats, &v->unsendable, LOCUST_CSV_TABLES, 0, 0, &rows);
    const struct buf *text = which == WEB_LOCUST_STATS_CSV      ? &rows.stats
                             : which == WEB_LOCUST_FAILURES_CSV ? &rows.failures
                                                                : &rows.exceptions;
    buf_printf(out, "%s\r\n", locust_csv_head(files[which]));
    buf_add(out, buf_text(text), text->len);
    out->failed = out->failed || !buf_ok(text);
    buf_done(&rows.stats);
    buf_done(&rows.history);
    buf_done(&rows.failures);
    buf_done(&rows.exceptions);
    return OK;
}

/* ---- for the page ---- */

static unsigned answer(void *context, enum web_locust_document which, struct buf *out) {
    struct locust_view *v = context;
    if (which == WEB_LOCUST_HISTORY_CSV)
        return write_history(v, out);
    unsigned status = OK;
    pthread_mutex_lock(&v->lock);
    if (v->failure.text[0] != '\0')
        status = UNAVAILABLE;
    else if (which == WEB_LOCUST_STATS)
        write_stats(v, out);
    else if (which == WEB_LOCUST_EXCEPTIONS)
        write_exceptions(v, out);
    else
        status = write_csv(v, which, out);
    if (status == UNAVAILABLE)
        buf_printf(out, "%s\n", v->failure.text);
    pthread_mutex_unlock(&v->lock);
    return status;
}

static void reset(void *context) {
    struct locust_view *v = context;
    pthread_mutex_lock(&v->lock);
    locust_stats_free(v->stats);
    v->stats = NULL;
    tally_done(&v->unsendable);
    v->unsendable = (struct tally){0};
    /* The clock of the run: what ended before this is not counted again. */
    int64_t now_us = (clock_real_ns() - started_ns(v)) / NS_PER_US;
    v->reset_us = now_us > v->reset_us ? now_us : v->reset_us;
    pthread_mutex_unlock(&v->lock);
}

/* ---- the listener ---- */

static int find_history(struct locust_view *v, const struct run_view *view, struct err *e) {
    char prefix[REPEAT_PATH_BYTES];
    if (!opt_given(view->args, "csv") || !opt_flag(view->args, "csv-full-history"))
        return 0;
    if (repeat_prefix(view->repeat, opt_text(view->args, "csv"), prefix, e) != 0)
        return -1;
    int n = snprintf(v->history, sizeof v->history, "%s_stats_history.csv", prefix);
    if (n < 0 || (size_t)n >= sizeof v->history)
        return err_set(e, "the prefix of the CSV files is too long");
    return 0;
}

static int make(struct locust_view *v, struct err *e) {
    v->called = calloc(v->of.count + 1, sizeof *v->called);
    if (v->called == NULL)
        return err_memory(e, "Locust's numbers");
    if (entries_init(&v->names, v->of.endpoints, v->of.count, NULL, e) != 0)
        return -1;
    const struct locust_csv_names names = {.entries = v->names.entries,
                                           .entry_count = v->names.entry_count,
                                           .error_text = v->of.error_text,
                                           .context = v->of.context};
    return locust_csv_new(&names, &v->csv, e);
}

static void lend(struct locust_view *v, bool resets) {
    v->lent = (struct web_locust){.context = v, .write = answer, .reset = resets ? reset : NULL};
    v->web = v->of.web;
    web_locust_lend(v->web, &v->lent);
}

static int new_view(const struct locust_view_of *of, struct locust_view **out, struct err *e) {
    struct locust_view *v = calloc(1, sizeof *v);
    if (v == NULL)
        return err_memory(e, "Locust's numbers");
    pthread_mutex_init(&v->lock, NULL);
    v->of = *of;
    v->p50_us = v->p95_us = LIVE_NO_VALUE;
    v->wanted = of->users;
    *out = v;
    return make(v, e);
}

static const char *error_text(void *context, uint32_t error) {
    return record_error_text(context, (uint16_t)error);
}

static int64_t start_of_record(void *context) {
    return record_started_ns(context);
}

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    const struct scenario *s = view->scenario;
    const struct locust_view_of of = {.web = serving_web(view->control),
                                      .endpoints = s->catalog.endpoints,
                                      .count = s->catalog.endpoint_count,
                                      .users = s->loads[0].load.users,
                                      .error_text = error_text,
                                      .started_ns = start_of_record,
                                      .context = view->record};
    struct locust_view *v = NULL;
    if (of.web == NULL)
        return 0;
    int result = new_view(&of, &v, e);
    *self = v;
    if (result != 0 || find_history(v, view, e) != 0)
        return -1;
    lend(v, true);
    return 0;
}

/* All rows were fed. From here on the run file may be closed, which has the texts of errors. */
static int end(void *self, void *run_end, struct err *e) {
    struct locust_view *v = self;
    (void)run_end;
    (void)e;
    pthread_mutex_lock(&v->lock);
    v->phase = STATUS_ENDED;
    v->users = 0;
    pthread_mutex_unlock(&v->lock);
    web_locust_return(v->web, &v->lent, true);
    return 0;
}

static void done(void *self) {
    struct locust_view *v = self;
    if (v->web != NULL)
        web_locust_return(v->web, &v->lent, false);
    locust_csv_drop(v->csv);
    locust_stats_free(v->stats);
    tally_done(&v->unsendable);
    entries_done(&v->names);
    pthread_mutex_destroy(&v->lock);
    free(v->called);
    free(v);
}

/* ---- of a status ---- */

int locust_view_new(const struct locust_view_of *of, struct locust_view **out, struct err *e) {
    struct locust_view *v = NULL;
    if (new_view(of, &v, e) != 0) {
        locust_view_free(v);
        return -1;
    }
    lend(v, false);
    *out = v;
    return 0;
}

void locust_view_free(struct locust_view *v) {
    if (v != NULL)
        done(v);
}

struct putting {
    struct locust_view *v;
    struct locust_stats *to;
    size_t entry;
};

static void put_times(void *context, int64_t us, uint64_t count) {
    struct putting *p = context;
    locust_stats_times(p->to, p->entry, us, count, &p->v->failure);
}

/* `last_us`: of the run. */
static void put_row(struct putting *p, const struct live_row *r, int64_t last_us,
                    const struct status_board *b, size_t row) {
    struct locust_view *v = p->v;
    const struct locust_counts counts = {.failures = r->failures,
                                         .bytes = r->bytes_received,
                                         .sum_us = r->sum_us,
                                         .min_us = r->min_us,
                                         .max_us = r->max_us,
                                         .last_us = started_ns(v) / NS_PER_US + last_us,
                                         .requests_per_second = r->requests_per_second,
                                         .failures_per_second = r->failures_per_second};
    if (r->requests == 0)
        return;
    if (p->entry != LOCUST_TOTAL)
        v->called[p->entry] = true;
    if (locust_stats_put(p->to, p->entry, &counts, &v->failure) == 0)
        status_times(b, row, put_times, p);
}

static void put_error(struct putting *p, const struct status_error *x) {
    int64_t start_us = started_ns(p->v) / NS_PER_US;
    const struct request like = {.error = x->error, .status = x->status};
    const struct locust_error error = {.entry = x->row,
                                       .error = locust_csv_error(&like),
                                       .count = x->count,
                                       .first_us = start_us + x->first_us,
                                       .last_us = start_us + x->last_us};
    locust_stats_error(p->to, &error, &p->v->failure);
}

void locust_view_show(struct locust_view *v, const struct status *s, const struct status_board *b) {
    struct putting p = {.v = v};
    int64_t end_ns = s->load_end_ns >= 0 ? s->load_end_ns : s->elapsed_ns;
    pthread_mutex_lock(&v->lock);
    if (locust_stats_new(v->names.entry_count, started_ns(v) / NS_PER_MS * 1000, false, &p.to,
                         &v->failure) == 0) {
        for (size_t i = 0; i <= s->row_count; i++) {
            p.entry = i == s->row_count ? LOCUST_TOTAL : i;
            put_row(&p, &s->rows[i].live, end_ns / NS_PER_US, b, i);
        }
        for (size_t i = 0; i < s->error_count; i++)
            put_error(&p, &s->errors[i]);
        locust_stats_free(v->stats);
        v->stats = p.to;
    }
    pthread_mutex_unlock(&v->lock);
    second(v, s);
}

const struct control_listener locust_view_listener = {.name = "Locust's web API",
                                                      .init = init,
                                                      .feed = feed,
                                                      .command = command,
                                                      .second = second,
                                                      .end = end,
                                                      .done = done};
