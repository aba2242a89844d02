#include "report/layout.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stats/interval.h"
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
    buf_init(&g->values, TEXT_MAX_BYTES);
}

void grid_add(struct grid *g, const char *text, double value) {
    buf_add(&g->cells, text, strlen(text) + 1);
    buf_add(&g->values, &value, sizeof value);
}

double grid_value(const struct grid *g, size_t cell) {
    double value = (double)NAN;
    if ((cell + 1) * sizeof value <= g->values.len)
        memcpy(&value, g->values.data + cell * sizeof value, sizeof value);
    return value;
}

static bool grid_ok(const struct grid *g) {
    return buf_ok(&g->cells) && buf_ok(&g->values);
}

static void grid_done(struct grid *g) {
    buf_done(&g->cells);
    buf_done(&g->values);
}

static void column(struct grid *g, const char *head, bool right) {
    g->head[g->columns] = head;
    g->right[g->columns++] = right;
}

static void cell(struct grid *g, const char *text) {
    grid_add(g, text, (double)NAN);
}

static void number(struct grid *g, int digits, double value) {
    char text[512]; /* the largest double has 309 digits */
    snprintf(text, sizeof text, "%.*f", digits, value);
    grid_add(g, isnan(value) ? NO_NUMBER : text, value);
}

static void count(struct grid *g, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, value);
    grid_add(g, text, (double)value);
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
    g->total_rows = 1;
    g->key = "requests";
}

static void percentile_row(struct grid *g, const struct model *m, const struct model_entry *x,
                           bool service) {
    cell(g, x->method);
    cell(g, x->name);
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        milliseconds(g, m, service ? x->row.service_ms[i] : x->row.response_ms[i]);
    g->rows++;
}

/* Under the row, so that a column is as narrow as without them and its numbers stand in line. */
static void interval_rows(struct grid *g, const struct model *m, const struct model_entry *x,
                          bool service) {
    const struct summary_interval *interval =
        service ? x->row.service_intervals : x->row.response_intervals;
    for (int high = 0; high < 2; high++) {
        cell(g, "");
        cell(g, high ? "  to" : "  95% from");
        for (size_t i = 0; i < SUMMARY_LEVELS; i++)
            milliseconds(g, m, high ? interval[i].high_ms : interval[i].low_ms);
        g->rows++;
    }
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
    for (size_t i = 0; i <= m->entry_count; i++) {
        const struct model_entry *x = i < m->entry_count ? &m->entries[i] : &m->aggregated;
        percentile_row(g, m, x, service);
        if (m->options.intervals)
            interval_rows(g, m, x, service);
    }
    g->row_height = m->options.intervals ? 3 : 1;
    g->total_rows = g->row_height;
    g->key = service ? "service_times" : "response_times";
}

static void error_table(struct grid *g, const struct model *m) {
    grid_init(g, "Errors");
    g->key = "errors";
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

/* "from 30 s to its end; only /a, /b; without requests that the server's log labels cold" */
static void cut_fact(struct grid *g, const struct model *m) {
    const struct reader_cut *c = m->cut;
    struct buf b;
    buf_init(&b, TEXT_MAX_BYTES);
    buf_printf(&b, "a part of the run: from %.10g s to ", (double)c->from_us / 1e6);
    if (c->to_us == READER_TO_THE_END)
        buf_str(&b, "its end");
    else
        buf_printf(&b, "%.10g s", (double)c->to_us / 1e6);
    for (size_t i = 0; i < c->name_count; i++)
        buf_printf(&b, "%s%s", i == 0 ? "; only " : ", ", c->names[i]);
    if (c->warm_only)
        buf_str(&b, "; without requests that the server's log labels cold");
    if (!buf_ok(&b))
        g->cells.failed = true;
    fact(g, "Cut", buf_text(&b));
    buf_done(&b);
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
    if (m->cut != NULL)
        cut_fact(g, m);
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

/* "the 95th needs 20, the 99th 100": of each level that is left out. False where none is. */
static bool needs_text(struct buf *out, const bool left_out[SUMMARY_LEVELS], bool interval) {
    const char *after = " needs ";
    for (size_t i = 0; i < SUMMARY_LEVELS; i++) {
        double p = summary_levels[i] / 100.0;
        if (!left_out[i])
            continue;
        buf_printf(out, "%sthe %dth%s%" PRIu64, out->len == 0 ? "" : ", ", summary_levels[i], after,
                   interval ? interval_needs(p, INTERVAL_CONFIDENCE) : quantile_needs(p));
        after = " ";
    }
    return out->len > 0;
}

static void percentile_notes(struct layout *l, const struct model *m) {
    struct buf text;
    buf_init(&text, 1024);
    if (needs_text(&text, m->unsupported, false))
        note(l, NO_NUMBER " stands where too few requests support a percentile: %s.",
             buf_text(&text));
    buf_clear(&text);
    if (m->options.intervals) {
        note(l,
             "From and to are the times of the sample between which the true percentile lies, "
             "in 95 of 100 such samples (order statistics; no distribution is assumed). Requests "
             "that resemble their neighbours in time make that less sure.");
        if (needs_text(&text, m->uncertain, true))
            note(l, "An interval takes more requests than the percentile: %s.", buf_text(&text));
    }
    buf_done(&text);
}

static void notes(struct layout *l, const struct model *m) {
    const struct summary_row *all = &m->aggregated.row;
    if (!m->run->complete)
        note(l, "This run was cut short: it was killed, or is still under way. The numbers cover "
                "what was recorded of it.");
    if (m->cut != NULL)
        note(l,
             "Of a part of the run: a request is in the time in which it ended, and rates are over "
             "that time. The verdict is the whole run's. Iterations, checks, the server's side and "
             "what the client saw of itself are of the whole run, and left out here.");
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
    for (size_t i = 0; i < m->flows.count; i++) {
        const struct table *t = &m->flows.tables[i];
        if (table_rows(t) > t->shown_max)
            note(l, "Not shown: %zu more %s; the JSON and %s.csv have them all.",
                 table_rows(t) - t->shown_max, t->key, t->key);
    }
    percentile_notes(l, m);
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
    for (size_t i = 0; i < m->flows.count; i++) {
        struct grid *g = &l->tables[l->table_count++];
        grid_init(g, NULL);
        layout_table(g, &m->flows.tables[i]);
        g->key = m->flows.tables[i].key;
    }
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
    bool ok = grid_ok(&l->facts) && grid_ok(&l->client) && buf_ok(&l->notes) && buf_ok(&l->verdict);
    for (size_t i = 0; i < l->table_count; i++)
        ok = ok && grid_ok(&l->tables[i]);
    if (ok)
        return 0;
    layout_done(l);
    return err_set(e, "out of memory for the tables");
}

void layout_done(struct layout *l) {
    grid_done(&l->facts);
    grid_done(&l->client);
    for (size_t i = 0; i < l->table_count; i++)
        grid_done(&l->tables[i]);
    buf_done(&l->notes);
    buf_done(&l->verdict);
}
