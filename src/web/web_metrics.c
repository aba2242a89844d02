#include "web/web_metrics.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "control/metrics.h"
#include "util/text.h"

#define LABEL_MAX_BYTES 4096

/* The value of a label. */
static void label(struct buf *out, const char *text) {
    struct buf shown;
    buf_init(&shown, LABEL_MAX_BYTES);
    metrics_text(&shown, text);
    for (const char *p = buf_text(&shown); *p != '\0'; p++) {
        if (*p == '\\' || *p == '"')
            buf_char(out, '\\');
        buf_char(out, *p);
    }
    buf_done(&shown);
}

/* The name of a metric has its unit; a counter's ends with _total. */
static void name_of(struct buf *out, const struct metrics_about *m, bool total) {
    buf_printf(out, "coldswarm_%s", m->name);
    if (strcmp(m->unit, "s") == 0)
        buf_str(out, "_seconds");
    else if (strcmp(m->unit, "By") == 0)
        buf_str(out, "_bytes");
    if (total)
        buf_str(out, "_total");
}

static void head(struct buf *out, const struct metrics_about *m, const char *type) {
    bool total = strcmp(type, "counter") == 0;
    buf_str(out, "# HELP ");
    name_of(out, m, total);
    buf_printf(out, " %s\n# TYPE ", m->help);
    name_of(out, m, total);
    buf_printf(out, " %s\n", type);
}

static void number(struct buf *out, double value) {
    if (isfinite(value))
        text_number(out, value);
    else
        buf_str(out, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
    buf_char(out, '\n');
}

/* ---- by endpoint ---- */

static void labels(struct buf *out, const struct status_row *r) {
    buf_str(out, "{method=\"");
    label(out, r->method);
    buf_str(out, "\",name=\"");
    label(out, r->name);
    buf_char(out, '"');
}

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
    struct metrics_rows rows;
    metrics_rows_init(&rows, s);
    for (size_t k = 0; k < METRICS_COUNTS; k++) {
        const struct metrics_count *c = &metrics_counts[k];
        if (c->streams && !s->run->streams)
            continue;
        head(out, &c->about, "counter");
        for (size_t i = 0; i < rows.count; i++) {
            const struct status_row *r = metrics_row(&rows, i);
            name_of(out, &c->about, true);
            labels(out, r);
            buf_printf(out, "} %" PRIu64 "\n", c->value(&r->live));
        }
    }
    head(out, &metrics_response_time, "histogram");
    for (size_t i = 0; i < rows.count; i++)
        histogram(out, metrics_row(&rows, i));
}

/* ---- of the run ---- */

static void thresholds(struct buf *out, const struct status *s) {
    if (s->threshold_count == 0)
        return;
    head(out, &metrics_threshold_state, "gauge");
    for (size_t i = 0; i < s->threshold_count; i++)
        for (enum status_threshold_state k = STATUS_PENDING; k <= STATUS_FAILED; k++) {
            name_of(out, &metrics_threshold_state, false);
            buf_str(out, "{threshold=\"");
            label(out, s->thresholds[i].text == NULL ? "" : s->thresholds[i].text);
            buf_printf(out, "\",state=\"%s\"} %d\n", status_threshold_word(k),
                       s->thresholds[i].state == k);
        }
    head(out, &metrics_threshold_margin, "gauge");
    for (size_t i = 0; i < s->threshold_count; i++) {
        name_of(out, &metrics_threshold_margin, false);
        buf_str(out, "{threshold=\"");
        label(out, s->thresholds[i].text == NULL ? "" : s->thresholds[i].text);
        buf_str(out, "\"} ");
        number(out, s->thresholds[i].margin);
    }
}

static void about(struct buf *out, const struct status *s) {
    static const struct metrics_about info = {"run_info", "", "1; its labels describe the run.",
                                              false};
    head(out, &info, "gauge");
    buf_str(out, "coldswarm_run_info{name=\"");
    label(out, s->run->name);
    buf_str(out, "\",target=\"");
    label(out, s->run->target == NULL ? "" : s->run->target);
    buf_str(out, "\",version=\"");
    label(out, s->run->version);
    buf_str(out, "\"} 1\n");
    for (size_t i = 0; i < METRICS_NUMBERS; i++) {
        const struct metrics_number *n = &metrics_numbers[i];
        head(out, &n->about, n->about.counter ? "counter" : "gauge");
        name_of(out, &n->about, n->about.counter);
        buf_char(out, ' ');
        number(out, n->value(s));
    }
    head(out, &metrics_verdict, "gauge");
    for (size_t i = 0; i < METRICS_VERDICTS; i++)
        buf_printf(out, "coldswarm_verdict{verdict=\"%s\"} %d\n", metrics_verdicts[i],
                   s->verdict != NULL && strcmp(s->verdict, metrics_verdicts[i]) == 0);
}

/* ---- by part ---- */

#define PARTS_MAX 200 /* others have no series: a receiver never gets an unbounded number */

static double part_up(const struct status_part *p) {
    return p->state == STATUS_PART_RUNS;
}
static double part_requests(const struct status_part *p) {
    return (double)p->requests;
}
static double part_failures(const struct status_part *p) {
    return (double)p->failures;
}
static double part_users(const struct status_part *p) {
    return p->users;
}
static double part_core(const struct status_part *p) {
    return p->busiest_core;
}
static double part_lag(const struct status_part *p) {
    return p->lag_us == LIVE_NO_VALUE ? (double)NAN : (double)p->lag_us / 1e6;
}

static void by_part(struct buf *out, const struct status *s) {
    static const struct {
        struct metrics_about about;
        double (*value)(const struct status_part *p);
    } all[] = {
        {{"part_up", "", "1 while a part of the load runs and reports.", false}, part_up},
        {{"part_requests", "{request}", "Completed requests of a part.", true}, part_requests},
        {{"part_failures", "{request}", "Failed requests of a part.", true}, part_failures},
        {{"part_users", "{user}", "Active users of a part.", false}, part_users},
        {{"part_busiest_core", "{core}", "Largest CPU share of a thread of a part so far.", false},
         part_core},
        {{"part_lag_p99", "s", "How late a part sent scheduled requests, p99 so far.", false},
         part_lag}};
    for (size_t k = 0; s->part_count > 0 && k < sizeof all / sizeof *all; k++) {
        head(out, &all[k].about, all[k].about.counter ? "counter" : "gauge");
        for (size_t i = 0; i < s->part_count && i < PARTS_MAX; i++) {
            name_of(out, &all[k].about, all[k].about.counter);
            buf_printf(out, "{part=\"%zu\",host=\"", i);
            label(out, s->parts[i].host);
            buf_str(out, "\"} ");
            number(out, all[k].value(&s->parts[i]));
        }
    }
}

void web_metrics(const struct status *s, struct buf *out) {
    about(out, s);
    by_endpoint(out, s);
    thresholds(out, s);
    by_part(out, s);
}
