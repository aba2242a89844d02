#include "report/layout.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/units.h"

#define TEXT_MAX_BYTES ((size_t)256 << 20)
#define NO_NUMBER "\xe2\x80\x93" /* an en dash */

const char *grid_next(const char *cell) {
    return cell + strlen(cell) + 1;
}

static void grid_init(struct grid *g, const char *title) {
    *g = (struct grid){.title = title};
    buf_init(&g->cells, TEXT_MAX_BYTES);
}

static void column(struct grid *g, const char *head, bool right) {
    g->head[g->columns] = head;
    g->right[g->columns++] = right;
}

static void cell(struct grid *g, const char *text) {
    buf_add(&g->cells, text, strlen(text) + 1);
}

static void number(struct grid *g, int digits, double value) {
    char text[512]; /* the largest double has 309 digits */
    snprintf(text, sizeof text, "%.*f", digits, value);
    cell(g, isnan(value) ? NO_NUMBER : text);
}

static void count(struct grid *g, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    cell(g, text);
}

static void milliseconds(struct grid *g, const struct model *m, double ms) {
    if (m->options.locust)
        number(g, 0, trunc(ms));
    else
        number(g, ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0, ms);
}

static void request_row(struct grid *g, const struct model *m, const struct model_entry *x) {
    const struct summary_row *row = &x->row;
    cell(g, x->method);
    cell(g, x->name);
    count(g, row->requests);
    count(g, row->failures);
    milliseconds(g, m, row->average_ms);
    milliseconds(g, m, row->min_ms);
    milliseconds(g, m, row->max_ms);
    number(g, 0, row->average_size_bytes);
    number(g, 2, row->requests_per_second);
    number(g, 2, row->failures_per_second);
    g->rows++;
}

/* The paper's Table I. */
static void request_table(struct grid *g, const struct model *m) {
    grid_init(g, "Request statistics (times in ms, sizes in bytes)");
    column(g, "Method", false);
    column(g, "Name", false);
    static const char *const heads[] = {"Requests", "Failures",     "Average",    "Min",
                                        "Max",      "Average size", "Requests/s", "Failures/s"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        column(g, heads[i], true);
    for (size_t i = 0; i < m->entry_count; i++)
        request_row(g, m, &m->entries[i]);
    request_row(g, m, &m->aggregated);
    g->total = true;
}

static void percentile_row(struct grid *g, const struct model *m, const struct model_entry *x,
                           bool service) {
    cell(g, x->method);
    cell(g, x->name);
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        milliseconds(g, m, service ? x->row.service_ms[i] : x->row.response_ms[i]);
    g->rows++;
}

/* The paper's Table II. */
static void percentile_table(struct grid *g, const struct model *m, bool service) {
    static const char *const heads[SUMMARY_LEVELS] = {"50%ile", "60%ile", "70%ile", "80%ile",
                                                      "90%ile", "95%ile", "99%ile", "100%ile"};
    grid_init(g, service ? "Service time statistics (ms from the moment of sending)"
                 : m->times_differ
                     ? "Response time statistics (ms from the moment the schedule called for)"
                     : "Response time statistics (ms)");
    column(g, "Method", false);
    column(g, "Name", false);
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        column(g, heads[i], true);
    for (size_t i = 0; i < m->entry_count; i++)
        percentile_row(g, m, &m->entries[i], service);
    percentile_row(g, m, &m->aggregated, service);
    g->total = true;
}

static void error_table(struct grid *g, const struct model *m) {
    grid_init(g, "Errors");
    column(g, "Count", true);
    column(g, "Method", false);
    column(g, "Name", false);
    column(g, "Outcome", false);
    column(g, "Error", false);
    for (size_t i = 0; i < m->error_count && i < LAYOUT_ERRORS_MAX; i++) {
        const struct model_error *x = &m->errors[i];
        count(g, x->count);
        cell(g, x->method);
        cell(g, x->name);
        cell(g, x->outcome);
        cell(g, x->text);
        g->rows++;
    }
}

static void fact(struct grid *g, const char *what, const char *text) {
    cell(g, what);
    cell(g, text);
    g->rows++;
}

static void facts(struct grid *g, const struct model *m) {
    const struct reader_run *run = m->run;
    char text[128], duration[UNITS_BYTES];
    grid_init(g, NULL);
    column(g, "", false);
    column(g, "", false);
    fact(g, "Run", run->name);
    fact(g, "Target", run->target);
    fact(g, "Started", run->started_utc);
    int64_t us = run->duration_us < 0 ? 0 : run->duration_us;
    units_duration_text(us > INT64_MAX / NS_PER_US ? INT64_MAX : us * NS_PER_US, duration);
    snprintf(text, sizeof text, "%s%s", duration, run->complete ? "" : " (cut short)");
    fact(g, "Duration", text);
    snprintf(text, sizeof text, "%" PRIu32, run->users_max);
    fact(g, "Users", text);
    snprintf(text, sizeof text, "%" PRIu64, run->seed);
    fact(g, "Seed", text);
}

static void note(struct layout *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct layout *l, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    buf_add(&l->notes, text, strlen(text) + 1);
    l->note_count++;
}

static const char *plural(uint64_t n) {
    return n == 1 ? "" : "s";
}

static void notes(struct layout *l, const struct model *m) {
    const struct summary_row *all = &m->aggregated.row;
    if (!m->run->complete)
        note(l, "This run was cut short: it was killed, or is still under way. The numbers cover "
                "what was recorded of it.");
    if (all->requests == 0)
        note(l, "No request came to an end, so there are no times.");
    if (all->not_sent > 0)
        note(l,
             "Called for by the schedule and not sent: %" PRIu64
             " request%s, without a time and so in no row above.",
             all->not_sent, plural(all->not_sent));
    if (all->cancelled > 0)
        note(l,
             "Cancelled when the run stopped: %" PRIu64
             " request%s, without a time and so in no row above.",
             all->cancelled, plural(all->cancelled));
    if (m->error_count > LAYOUT_ERRORS_MAX) {
        uint64_t rest = 0;
        for (size_t i = LAYOUT_ERRORS_MAX; i < m->error_count; i++)
            rest += m->errors[i].count;
        note(l,
             "Not shown: %zu more kinds of error, %" PRIu64
             " request%s; errors.csv and the JSON have them all.",
             m->error_count - LAYOUT_ERRORS_MAX, rest, plural(rest));
    }
    if (m->unsupported)
        note(l, NO_NUMBER " stands where too few requests support a percentile: the 95th needs 20 "
                          "of them, the 99th 100.");
    if (m->options.locust)
        note(l, "By Locust's rules: percentiles of rounded times; rates up to the last request.");
}

static void take_note(void *context, const char *text) {
    note(context, "%s", text);
}

static void verdict(struct buf *out, const struct reader_run *run) {
    if (run->verdict[0] == '\0')
        return;
    buf_str(out, run->verdict);
    if (run->verdict_reason[0] != '\0') {
        buf_str(out, ": ");
        buf_str(out, run->verdict_reason);
    }
}

int layout_init(struct layout *l, const struct model *m, struct err *e) {
    *l = (struct layout){0};
    buf_init(&l->notes, TEXT_MAX_BYTES);
    buf_init(&l->verdict, TEXT_MAX_BYTES);
    facts(&l->facts, m);
    request_table(&l->tables[l->table_count++], m);
    percentile_table(&l->tables[l->table_count++], m, false);
    if (m->times_differ)
        percentile_table(&l->tables[l->table_count++], m, true);
    if (m->thresholds != NULL)
        layout_thresholds(&l->tables[l->table_count++], m->thresholds);
    if (m->error_count > 0)
        error_table(&l->tables[l->table_count++], m);
    grid_init(&l->client, NULL);
    layout_client(&l->client, &m->client);
    for (size_t i = 0; i < m->table_count; i++) {
        grid_init(&l->tables[l->table_count], NULL);
        layout_table(&l->tables[l->table_count++], &m->tables[i]);
    }
    notes(l, m);
    layout_platform_notes(m, take_note, l);
    verdict(&l->verdict, m->run);
    bool ok = buf_ok(&l->facts.cells) && buf_ok(&l->client.cells) && buf_ok(&l->notes) &&
              buf_ok(&l->verdict);
    for (size_t i = 0; i < l->table_count; i++)
        ok = ok && buf_ok(&l->tables[i].cells);
    if (ok)
        return 0;
    layout_done(l);
    return err_set(e, "out of memory for the tables");
}

void layout_done(struct layout *l) {
    buf_done(&l->facts.cells);
    buf_done(&l->client.cells);
    for (size_t i = 0; i < l->table_count; i++)
        buf_done(&l->tables[i].cells);
    buf_done(&l->notes);
    buf_done(&l->verdict);
}
