#include "control/status_json.h"

#include <math.h>

#include "util/clock.h"
#include "util/json_write.h"

#define NEWEST_POINTS 2
#define NEWEST_POINTS_AT_END 3

static void ms(struct json_writer *w, const char *key, int64_t us) {
    if (us == LIVE_NO_VALUE)
        json_write_null(w, key);
    else
        json_write_number(w, key, (double)us / 1000);
}

static void write_times(struct json_writer *w, const char *key, const struct live_times *t) {
    json_write_object(w, key, JSON_LINE);
    ms(w, "p50_ms", t->p50_us);
    ms(w, "p95_ms", t->p95_us);
    ms(w, "p99_ms", t->p99_us);
    json_write_end(w);
}

/* Whole milliseconds, in seconds. */
static double seconds(int64_t whole_ms) {
    return (double)whole_ms / 1000;
}

/* Three digits behind the point: a rate of a few seconds is no more exact. */
static double rounded(double x) {
    return round(x * 1000) / 1000;
}

static void write_row(struct json_writer *w, const char *key, const struct status *s,
                      const struct status_row *row) {
    const struct live_row *r = &row->live;
    json_write_object(w, key, JSON_LINE);
    if (row->name != NULL) {
        json_write_text(w, "method", row->method);
        json_write_text(w, "name", row->name);
    }
    json_write_uint(w, "requests", r->requests);
    json_write_uint(w, "failures", r->failures);
    json_write_uint(w, "unsendable", r->unsendable);
    json_write_uint(w, "dropped", r->dropped);
    json_write_uint(w, "cancelled", r->cancelled);
    json_write_number(w, "requests_per_second", rounded(r->requests_per_second));
    json_write_number(w, "failures_per_second", rounded(r->failures_per_second));
    write_times(w, "recent", &r->recent);
    write_times(w, "whole", &r->whole);
    json_write_number(w, "mean_ms",
                      r->timed == 0 ? (double)NAN : (double)r->sum_us / (double)r->timed / 1000);
    ms(w, "min_ms", r->timed == 0 ? LIVE_NO_VALUE : r->min_us);
    ms(w, "max_ms", r->timed == 0 ? LIVE_NO_VALUE : r->max_us);
    json_write_uint(w, "bytes_received", r->bytes_received);
    if (s->run->streams) {
        json_write_uint(w, "streams", r->streams);
        json_write_uint(w, "tokens", r->tokens);
        json_write_number(w, "tokens_per_second", rounded(r->tokens_per_second));
        write_times(w, "ttft", &r->ttft);
    }
    json_write_end(w);
}

static void write_run(struct json_writer *w, const struct status_run *r) {
    json_write_object(w, "run", JSON_LINE);
    json_write_text(w, "name", r->name);
    json_write_text(w, "target", r->target);
    json_write_text(w, "scenario", r->scenario);
    json_write_text(w, "file", r->file);
    json_write_number(w, "duration_s", (double)r->duration_ns / NS_PER_S);
    json_write_text(w, "load", r->open ? "rate" : "users");
    json_write_bool(w, "streams", r->streams);
    json_write_text(w, "no_change", r->no_change);
    if (r->no_change == NULL && r->open)
        json_write_number(w, "rate", r->rate);
    else if (r->no_change == NULL) {
        json_write_uint(w, "users", r->users);
        json_write_number(w, "spawn_rate", r->spawn_rate);
    }
    json_write_text(w, "coldswarm", r->version);
    json_write_end(w);
}

static void write_errors(struct json_writer *w, const struct status *s) {
    json_write_array(w, "errors", JSON_LINE);
    for (size_t i = 0; i < s->error_count; i++) {
        const struct status_error *x = &s->errors[i];
        json_write_object(w, NULL, JSON_LINE);
        json_write_text(w, "method", s->rows[x->row].method);
        json_write_text(w, "name", s->rows[x->row].name);
        if (x->error == 0)
            json_write_int(w, "status", x->status);
        else
            json_write_text(w, "error", x->text);
        json_write_uint(w, "count", x->count);
        json_write_number(w, "first_s", seconds(x->first_us / 1000));
        json_write_number(w, "last_s", seconds(x->last_us / 1000));
        json_write_end(w);
    }
    json_write_end(w);
    json_write_uint(w, "other_errors", s->other_errors);
}

static void write_thresholds(struct json_writer *w, const struct status *s) {
    json_write_array(w, "thresholds", JSON_LINE);
    for (size_t i = 0; i < s->threshold_count; i++) {
        const struct status_threshold *t = &s->thresholds[i];
        json_write_object(w, NULL, JSON_LINE);
        json_write_text(w, "threshold", t->text);
        json_write_text(w, "state", status_threshold_word(t->state));
        json_write_number(w, "low", t->low);
        json_write_number(w, "high", t->high);
        json_write_number(w, "margin", t->margin);
        json_write_end(w);
    }
    json_write_end(w);
}

static void write_marks(struct json_writer *w, const struct status *s, uint64_t seen) {
    json_write_array(w, "events", JSON_LINE);
    for (size_t i = 0; i < s->mark_count; i++) {
        const struct status_mark *m = &s->marks[i];
        if (m->number <= seen)
            continue;
        json_write_object(w, NULL, JSON_LINE);
        json_write_uint(w, "number", m->number);
        json_write_number(w, "at_s", seconds(m->at_ns / NS_PER_MS));
        json_write_text(w, "kind", m->kind);
        json_write_text(w, "text", m->text);
        json_write_end(w);
    }
    json_write_end(w);
}

/* ---- the course, by columns ---- */

struct column {
    const char *key;
    int64_t (*value)(const struct live_point *p);
    bool time, streams;
};

static int64_t point_requests(const struct live_point *p) {
    return (int64_t)p->requests;
}
static int64_t point_failures(const struct live_point *p) {
    return (int64_t)p->failures;
}
static int64_t point_users(const struct live_point *p) {
    return p->users;
}
static int64_t point_p50(const struct live_point *p) {
    return p->response.p50_us;
}
static int64_t point_p95(const struct live_point *p) {
    return p->response.p95_us;
}
static int64_t point_p99(const struct live_point *p) {
    return p->response.p99_us;
}
static int64_t point_tokens(const struct live_point *p) {
    return (int64_t)p->tokens;
}
static int64_t point_ttft_p50(const struct live_point *p) {
    return p->ttft.p50_us;
}
static int64_t point_ttft_p95(const struct live_point *p) {
    return p->ttft.p95_us;
}

static const struct column columns[] = {
    {"requests", point_requests, false, false},  {"failures", point_failures, false, false},
    {"users", point_users, false, false},        {"p50_ms", point_p50, true, false},
    {"p95_ms", point_p95, true, false},          {"p99_ms", point_p99, true, false},
    {"tokens", point_tokens, false, true},       {"ttft_p50_ms", point_ttft_p50, true, true},
    {"ttft_p95_ms", point_ttft_p95, true, true},
};

/* The lowest band with requests, and the counts up to the highest. */
static void write_bands(struct json_writer *w, const struct live_point *p) {
    size_t first = 0, last = LIVE_COURSE_BANDS;
    while (first < LIVE_COURSE_BANDS && p->bands[first] == 0)
        first++;
    while (last > first && p->bands[last - 1] == 0)
        last--;
    json_write_array(w, NULL, JSON_LINE);
    if (first < last)
        json_write_uint(w, NULL, first);
    for (size_t i = first; i < last; i++)
        json_write_uint(w, NULL, p->bands[i]);
    json_write_end(w);
}

static void write_course(struct json_writer *w, const struct status *s, bool whole) {
    const struct live_course *c = s->course;
    /* At the end the seconds come for which there was no time, and the one that is only begun. */
    size_t newest = s->phase == STATUS_ENDED ? NEWEST_POINTS_AT_END : NEWEST_POINTS;
    size_t from = whole || c->count < newest ? 0 : c->count - newest;
    json_write_object(w, "course", JSON_LINE);
    json_write_int(w, "step_s", c->step_s);
    json_write_uint(w, "first", from);
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        if (columns[k].streams && !s->run->streams)
            continue;
        json_write_array(w, columns[k].key, JSON_LINE);
        for (size_t i = from; i < c->count; i++) {
            const struct live_point *p = &c->points[i];
            int64_t value = columns[k].value(p);
            if (p->seconds == 0)
                json_write_null(w, NULL);
            else if (columns[k].time)
                ms(w, NULL, value);
            else
                json_write_int(w, NULL, value);
        }
        json_write_end(w);
    }
    json_write_array(w, "bands", JSON_LINE);
    for (size_t i = from; i < c->count; i++)
        write_bands(w, &c->points[i]);
    json_write_end(w);
    json_write_end(w);
}

/* ---- the parts of a load ---- */

static void write_part(struct json_writer *w, const struct status_part *p) {
    json_write_object(w, NULL, JSON_LINE);
    json_write_text(w, "host", p->host);
    json_write_text(w, "state", status_part_word(p->state));
    json_write_uint(w, "requests", p->requests);
    json_write_uint(w, "failures", p->failures);
    json_write_number(w, "requests_per_second", rounded(p->requests_per_second));
    json_write_number(w, "failures_per_second", rounded(p->failures_per_second));
    json_write_uint(w, "users", p->users);
    json_write_number(w, "busiest_core", rounded(p->busiest_core));
    ms(w, "lag_p99_ms", p->lag_us);
    ms(w, "longest_stall_ms", p->longest_stall_ns / 1000);
    json_write_uint(w, "rows_queued", p->rows_queued);
    json_write_uint(w, "rows_lost", p->rows_lost);
    json_write_text(w, "verdict", p->verdict);
    json_write_end(w);
}

struct part_column {
    const char *key;
    double (*value)(const struct status_part_point *p);
};

static double part_requests(const struct status_part_point *p) {
    return (double)p->requests;
}
static double part_failures(const struct status_part_point *p) {
    return (double)p->failures;
}
static double part_users(const struct status_part_point *p) {
    return (double)p->users;
}
static double part_busiest_core(const struct status_part_point *p) {
    return (double)p->busiest_core;
}
static double part_lag(const struct status_part_point *p) {
    return p->lag_ms < 0 ? (double)NAN : (double)p->lag_ms;
}

static const struct part_column part_columns[] = {{"requests", part_requests},
                                                  {"failures", part_failures},
                                                  {"users", part_users},
                                                  {"busiest_core", part_busiest_core},
                                                  {"lag_p99_ms", part_lag}};

static void write_part_course(struct json_writer *w, const struct status_part_course *c,
                              size_t from) {
    json_write_object(w, NULL, JSON_LINE);
    for (size_t k = 0; k < sizeof part_columns / sizeof *part_columns; k++) {
        json_write_array(w, part_columns[k].key, JSON_LINE);
        for (size_t i = from; i < c->count; i++) {
            double value = c->points[i].known ? part_columns[k].value(&c->points[i]) : (double)NAN;
            json_write_number(w, NULL, isnan(value) ? value : rounded(value));
        }
        json_write_end(w);
    }
    json_write_end(w);
}

static void write_parts(struct json_writer *w, const struct status *s, bool whole) {
    size_t shown = s->part_count < STATUS_JSON_COURSES ? s->part_count : STATUS_JSON_COURSES;
    if (s->part_count == 0)
        return;
    size_t count = s->part_courses[0].count;
    size_t from = whole || count < NEWEST_POINTS ? 0 : count - NEWEST_POINTS;
    json_write_array(w, "parts", JSON_LINE);
    for (size_t i = 0; i < s->part_count; i++)
        write_part(w, &s->parts[i]);
    json_write_end(w);
    json_write_object(w, "part_course", JSON_LINE);
    json_write_int(w, "step_s", s->part_step_s);
    json_write_uint(w, "first", from);
    json_write_array(w, "parts", JSON_LINE);
    for (size_t i = 0; i < shown; i++)
        write_part_course(w, &s->part_courses[i], from);
    json_write_end(w);
    json_write_end(w);
}

static void write_client(struct json_writer *w, const struct status *s) {
    json_write_object(w, "client", JSON_LINE);
    json_write_number(w, "busiest_core", rounded(s->client.busiest_core));
    ms(w, "longest_stall_ms", s->client.longest_stall_ns / 1000);
    json_write_uint(w, "rows_queued", s->client.rows_queued);
    json_write_uint(w, "rows_lost", s->client.rows_lost);
    json_write_end(w);
}

void status_json(const struct status *s, unsigned parts, uint64_t seen, struct buf *out) {
    static const char *const phases[] = {
        [STATUS_RUNNING] = "running", [STATUS_STOPPING] = "stopping", [STATUS_ENDED] = "ended"};
    struct json_writer w;
    char started[CLOCK_UTC_BYTES];
    clock_utc(s->run->started_ns(s->run->context), started);
    json_write_init(&w, out, NULL);
    json_write_object(&w, NULL, JSON_LINE);
    json_write_text(&w, "phase", phases[s->phase]);
    json_write_text(&w, "started", started);
    json_write_number(&w, "elapsed_s", seconds(s->elapsed_ns / NS_PER_MS));
    json_write_number(&w, "load_end_s",
                      s->load_end_ns < 0 ? (double)NAN : seconds(s->load_end_ns / NS_PER_MS));
    json_write_uint(&w, "users", s->users);
    json_write_uint(&w, "users_max", s->users_max);
    if ((parts & STATUS_JSON_RUN) != 0)
        write_run(&w, s->run);
    write_row(&w, "total", s, &s->rows[s->row_count]);
    json_write_array(&w, "endpoints", JSON_LINE);
    for (size_t i = 0; i < s->row_count; i++)
        write_row(&w, NULL, s, &s->rows[i]);
    json_write_end(&w);
    write_errors(&w, s);
    write_thresholds(&w, s);
    json_write_text(&w, "verdict", s->verdict);
    json_write_text(&w, "reason", s->reason);
    if (s->phase == STATUS_ENDED)
        json_write_int(&w, "exit_code", s->exit_code);
    write_client(&w, s);
    write_marks(&w, s, seen);
    write_course(&w, s, (parts & STATUS_JSON_COURSE) != 0);
    write_parts(&w, s, (parts & STATUS_JSON_COURSE) != 0);
    json_write_end(&w);
}
