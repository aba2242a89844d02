#include "report/numbers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/json_text.h"
#include "stats/interval.h"
#include "stats/locust.h"

#define SQL_MAX_BYTES ((size_t)16 << 20)

/* Locust's rounding of response_us to whole ms: half to even, in units of 1, 10, 100 or 1000 ms. */
#define LOCUST_UNIT                                                                                \
    "(CASE WHEN us < 100000 THEN 1000 WHEN us < 1000000 THEN 10000"                                \
    " WHEN us < 10000000 THEN 100000 ELSE 1000000 END)"
#define LOCUST_ROUNDED                                                                             \
    "((us / u + (2 * (us %% u) > u OR (2 * (us %% u) = u AND us / u %% 2 = 1))) * u / 1000)"

struct numbers {
    struct buf *out;
    const struct model *m;
    struct buf from; /* FROM requests WHERE ...: what is timed of the entry under way */
    struct buf all;  /* the same, with what has no time */
    const char *method, *name;
    bool first;
};

/* The text in SQL: between quotes, or by its bytes where it is not printable ASCII. */
static void sql_text(struct buf *out, const char *text) {
    bool plain = true;
    for (const char *p = text; *p != '\0'; p++)
        plain = plain && *p >= ' ' && *p < 0x7f;
    buf_str(out, plain ? "'" : "CAST(x'");
    for (const char *p = text; *p != '\0'; p++) {
        if (!plain)
            buf_printf(out, "%02x", (unsigned)(unsigned char)*p);
        else
            buf_printf(out, *p == '\'' ? "''" : "%c", *p);
    }
    buf_str(out, plain ? "'" : "' AS TEXT)");
}

static void cut_condition(struct buf *out, const struct reader_cut *c) {
    if (c == NULL)
        return;
    if (c->from_us > 0)
        buf_printf(out, " AND coalesce(end_us, intended_us) >= %" PRId64, c->from_us);
    if (c->to_us != READER_TO_THE_END)
        buf_printf(out, " AND coalesce(end_us, intended_us) < %" PRId64, c->to_us);
    for (size_t i = 0; i < c->name_count; i++) {
        buf_str(out, i == 0 ? " AND name IN (" : ", ");
        sql_text(out, c->names[i]);
    }
    buf_str(out, c->name_count > 0 ? ")" : "");
    if (c->warm_only)
        buf_str(out, " AND id NOT IN (SELECT s.request_id FROM server_requests AS s JOIN instances"
                     " AS i ON i.instance = s.instance WHERE s.request_id NOT NULL"
                     " AND s.at_us < i.ready_us)");
}

static void conditions(struct numbers *w, const struct model_entry *x) {
    bool all = x == &w->m->aggregated;
    w->method = x->method;
    w->name = x->name;
    buf_clear(&w->all);
    buf_clear(&w->from);
    if (!all) {
        buf_str(&w->all, " AND name = ");
        sql_text(&w->all, x->name);
        buf_str(&w->all, " AND method = ");
        sql_text(&w->all, x->method);
    }
    cut_condition(&w->all, w->m->cut);
    buf_printf(&w->from, "FROM requests WHERE outcome NOT IN ('not_sent', 'cancelled')%s",
               buf_text(&w->all));
}

/* Begins an entry; its SQL goes to w->out as the text of a JSON string after that. */
static void number(struct numbers *w, const char *table, const char *key, double value,
                   const char *sql) {
    if (isnan(value))
        return;
    buf_str(w->out, w->first ? "\n" : ",\n");
    w->first = false;
    buf_printf(w->out, "{\"table\": \"%s\", \"method\": ", table);
    json_text(w->out, w->method);
    buf_str(w->out, ", \"name\": ");
    json_text(w->out, w->name);
    buf_printf(w->out, ", \"key\": \"%s\", \"value\": %.15g, \"sql\": ", key, value);
    json_text(w->out, sql);
    buf_char(w->out, '}');
}

/* `what` of the timed requests. */
static void simple(struct numbers *w, const char *key, double value, const char *what) {
    struct buf sql;
    buf_init(&sql, SQL_MAX_BYTES);
    buf_printf(&sql, "SELECT %s %s", what, buf_text(&w->from));
    number(w, "requests", key, value, buf_text(&sql));
    w->out->failed = w->out->failed || !buf_ok(&sql);
    buf_done(&sql);
}

static void untimed(struct numbers *w, const char *key, uint64_t value) {
    struct buf sql;
    buf_init(&sql, SQL_MAX_BYTES);
    buf_printf(&sql, "SELECT count(*) FROM requests WHERE outcome = '%s'%s", key,
               buf_text(&w->all));
    number(w, "requests", key, (double)value, buf_text(&sql));
    w->out->failed = w->out->failed || !buf_ok(&sql);
    buf_done(&sql);
}

/* Requests by the duration of the run, or to the last end. */
static void rate(struct numbers *w, const char *key, double value, const char *what) {
    const struct model *m = w->m;
    struct buf text;
    buf_init(&text, SQL_MAX_BYTES);
    buf_printf(&text, "coalesce(1e6 * %s / ", what);
    if (m->options.locust) {
        buf_str(&text, "((SELECT max(end_us) FROM requests WHERE outcome NOT IN ('not_sent', "
                       "'cancelled')");
        cut_condition(&text, m->cut);
        buf_printf(&text, ") - %" PRId64 ")", m->cut == NULL ? 0 : m->cut->from_us);
    } else if (m->cut != NULL || !m->run->complete)
        buf_printf(&text, "%" PRId64, m->run->duration_us);
    else
        buf_str(&text, "(SELECT duration_us FROM run)");
    buf_str(&text, ", 0)"); /* without a duration */
    simple(w, key, value, buf_text(&text));
    buf_done(&text);
}

/* The value of a rank, in ms. */
static void ranked(struct numbers *w, const char *table, const char *key, double value,
                   const char *column, uint64_t rank) {
    struct buf sql;
    buf_init(&sql, SQL_MAX_BYTES);
    if (w->m->options.locust)
        buf_printf(&sql,
                   "SELECT " LOCUST_ROUNDED " FROM (SELECT us, " LOCUST_UNIT
                   " AS u FROM (SELECT %s AS us %s ORDER BY 1 LIMIT 1 OFFSET %" PRIu64 "))",
                   column, buf_text(&w->from), rank);
    else
        buf_printf(&sql, "SELECT %s / 1000.0 %s ORDER BY %s LIMIT 1 OFFSET %" PRIu64, column,
                   buf_text(&w->from), column, rank);
    number(w, table, key, value, buf_text(&sql));
    w->out->failed = w->out->failed || !buf_ok(&sql);
    buf_done(&sql);
}

/* Linear interpolation at p * (n - 1): the two values around it, each the more the nearer it is. */
static void percentile(struct numbers *w, const char *table, const char *key, double value,
                       const char *column, int level) {
    struct buf sql;
    buf_init(&sql, SQL_MAX_BYTES);
    buf_printf(&sql,
               "SELECT sum(x * (1 - abs(k - at))) FROM (SELECT %s / 1000.0 AS x, row_number() OVER "
               "(ORDER BY %s) - 1 AS k, (count(*) OVER () - 1) * %d / 100.0 AS at %s) WHERE "
               "abs(k - at) < 1",
               column, column, level, buf_text(&w->from));
    number(w, table, key, value, buf_text(&sql));
    w->out->failed = w->out->failed || !buf_ok(&sql);
    buf_done(&sql);
}

static void median(struct numbers *w, const struct summary_row *row) {
    struct buf sql;
    if (!w->m->options.locust) {
        percentile(w, "requests", "median_ms", row->median_ms, "response_us", 50);
        return;
    }
    if (row->requests == 0)
        return;
    buf_init(&sql, SQL_MAX_BYTES);
    buf_printf(&sql,
               "SELECT max(least, min(most, " LOCUST_ROUNDED ")) FROM (SELECT us, " LOCUST_UNIT
               " AS u FROM (SELECT response_us AS us %s ORDER BY 1 LIMIT 1 OFFSET %" PRIu64
               ")), (SELECT min(response_us) / 1000.0 AS least, max(response_us) / 1000.0 AS most "
               "%s)",
               buf_text(&w->from), locust_median_rank(row->requests), buf_text(&w->from));
    number(w, "requests", "median_ms", row->median_ms, buf_text(&sql));
    w->out->failed = w->out->failed || !buf_ok(&sql);
    buf_done(&sql);
}

static void levels(struct numbers *w, const char *table, const char *column, uint64_t n,
                   const double ms[SUMMARY_LEVELS],
                   const struct summary_interval intervals[SUMMARY_LEVELS]) {
    for (size_t i = 0; i < SUMMARY_LEVELS; i++) {
        double p = summary_levels[i] / 100.0;
        uint64_t lower, upper;
        char key[32];
        snprintf(key, sizeof key, "%d", summary_levels[i]);
        if (w->m->options.locust && n > 0)
            ranked(w, table, key, ms[i], column, locust_rank(p, n));
        else
            percentile(w, table, key, ms[i], column, summary_levels[i]);
        if (p >= 1 || !interval_quantile(p, n, INTERVAL_CONFIDENCE, &lower, &upper))
            continue;
        snprintf(key, sizeof key, "%d_low", summary_levels[i]);
        ranked(w, table, key, intervals[i].low_ms, column, lower);
        snprintf(key, sizeof key, "%d_high", summary_levels[i]);
        ranked(w, table, key, intervals[i].high_ms, column, upper);
    }
}

static void entry(struct numbers *w, const struct model_entry *x) {
    const struct summary_row *row = &x->row;
    conditions(w, x);
    simple(w, "requests", (double)row->requests, "count(*)");
    simple(w, "failures", (double)row->failures, "count(CASE WHEN outcome <> 'ok' THEN 1 END)");
    untimed(w, "not_sent", row->not_sent);
    untimed(w, "cancelled", row->cancelled);
    simple(w, "average_ms", row->average_ms, "avg(response_us) / 1000");
    simple(w, "min_ms", row->min_ms, "min(response_us) / 1000.0");
    simple(w, "max_ms", row->max_ms, "max(response_us) / 1000.0");
    median(w, row);
    simple(w, "average_size_bytes", row->average_size_bytes, "avg(bytes_received)");
    rate(w, "requests_per_second", row->requests_per_second, "count(*)");
    rate(w, "failures_per_second", row->failures_per_second,
         "count(CASE WHEN outcome <> 'ok' THEN 1 END)");
    levels(w, "response_times", "response_us", row->requests, row->response_ms,
           row->response_intervals);
    levels(w, "service_times", "service_us", row->requests, row->service_ms,
           row->service_intervals);
}

/* A kind of error: outcome, and text or else status. */
static void error(struct numbers *w, const struct model_error *x) {
    struct buf sql;
    bool by_status = strncmp(x->text, "status ", 7) == 0 && x->error == 0;
    if (x->outcome[0] == '\0') /* kinds that were too many to tell apart */
        return;
    buf_init(&sql, SQL_MAX_BYTES);
    buf_str(&sql, "SELECT count(*) FROM requests WHERE outcome = ");
    sql_text(&sql, x->outcome);
    buf_str(&sql, " AND name = ");
    sql_text(&sql, x->name);
    buf_str(&sql, " AND method = ");
    sql_text(&sql, x->method);
    if (x->error != 0) {
        buf_str(&sql, " AND error = ");
        sql_text(&sql, x->text);
    } else
        buf_printf(&sql, " AND error IS NULL AND status %s %s", by_status ? "=" : "IS",
                   by_status ? x->text + 7 : "NULL");
    cut_condition(&sql, w->m->cut);
    w->method = x->method;
    w->name = x->name;
    number(w, "errors", "count", (double)x->count, buf_text(&sql));
    w->out->len--; /* its closing brace */
    buf_str(w->out, ", \"outcome\": ");
    json_text(w->out, x->outcome);
    buf_str(w->out, ", \"error\": ");
    json_text(w->out, x->text);
    buf_char(w->out, '}');
    w->out->failed = w->out->failed || !buf_ok(&sql);
    buf_done(&sql);
}

/* ---- iterations and checks ---- */

/* The n-th column of a row of a table of flows.h, by the SQL that gives it. */
static void cell(struct numbers *w, const struct table *t, size_t row, size_t column,
                 const char *what) {
    struct buf sql;
    buf_init(&sql, SQL_MAX_BYTES);
    buf_printf(&sql, "SELECT %s %s", what, buf_text(&w->from));
    number(w, t->key, t->columns[column].key, table_at(t, row, column)->number, buf_text(&sql));
    w->out->failed = w->out->failed || !buf_ok(&sql);
    buf_done(&sql);
}

/* By column: what gives it, or the level of a percentile. */
static const struct {
    const char *sql;
    int level;
} iteration_columns[] = {{"", 0},
                         {"count(*)", 0},
                         {"count(CASE WHEN NOT ok THEN 1 END)", 0},
                         {"1e6 * count(*) / (SELECT duration_us FROM run)", 0},
                         {"avg(duration_us) / 1000", 0},
                         {NULL, 50},
                         {NULL, 95},
                         {NULL, 99},
                         {"min(duration_us) / 1000.0", 0},
                         {"max(duration_us) / 1000.0", 0}};

static void iteration(struct numbers *w, const struct table *t, size_t row) {
    if (row == FLOWS_NAMES_MAX) /* those of other tasks */
        return;
    w->method = "";
    w->name = table_cell_text(t, table_at(t, row, FLOWS_TASK));
    buf_clear(&w->from);
    buf_str(&w->from, "FROM iterations WHERE end_us NOT NULL AND name = ");
    sql_text(&w->from, w->name);
    for (size_t i = FLOWS_ITERATIONS; i < sizeof iteration_columns / sizeof *iteration_columns; i++)
        if (iteration_columns[i].sql != NULL)
            cell(w, t, row, i, iteration_columns[i].sql);
        else
            percentile(w, t->key, t->columns[i].key, table_at(t, row, i)->number, "duration_us",
                       iteration_columns[i].level);
}

static void check(struct numbers *w, const struct table *t, size_t row) {
    static const char *const sql[] = {"", "", "sum(passes)", "sum(fails)",
                                      "100.0 * sum(passes) / (sum(passes) + sum(fails))"};
    const char *name = table_cell_text(t, table_at(t, row, FLOWS_CHECK));
    w->method = "";
    w->name = table_cell_text(t, table_at(t, row, FLOWS_REQUEST));
    buf_clear(&w->from);
    buf_str(&w->from, "FROM checks WHERE request = ");
    sql_text(&w->from, w->name);
    buf_str(&w->from, " AND name = ");
    sql_text(&w->from, name);
    for (size_t i = FLOWS_PASSES; i < sizeof sql / sizeof *sql; i++) {
        cell(w, t, row, i, sql[i]);
        w->out->len--; /* its closing brace */
        buf_str(w->out, ", \"check\": ");
        json_text(w->out, name);
        buf_char(w->out, '}');
    }
}

static void flows(struct numbers *w, const struct flow_tables *c) {
    for (size_t i = 0; i < c->count; i++)
        for (size_t row = 0; row < table_rows(&c->tables[i]); row++)
            (strcmp(c->tables[i].key, "checks") == 0 ? check : iteration)(w, &c->tables[i], row);
}

void numbers_write(struct buf *out, const struct model *m) {
    struct numbers w = {.out = out, .m = m, .first = true};
    buf_init(&w.from, SQL_MAX_BYTES);
    buf_init(&w.all, SQL_MAX_BYTES);
    buf_str(out, "{\"numbers\": [");
    for (size_t i = 0; i < m->entry_count; i++)
        entry(&w, &m->entries[i]);
    entry(&w, &m->aggregated);
    for (size_t i = 0; i < m->error_count; i++)
        error(&w, &m->errors[i]);
    flows(&w, &m->flows);
    buf_str(out, "\n],\n\"without_sql\": [");
    for (size_t i = 0; i < m->table_count; i++)
        buf_printf(out, "%s\"server_%s\"", i == 0 ? "" : ", ", m->tables[i].key);
    buf_str(out, "]}\n");
    if (!buf_ok(&w.from) || !buf_ok(&w.all))
        out->failed = true;
    buf_done(&w.from);
    buf_done(&w.all);
}
