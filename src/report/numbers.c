#include "report/numbers.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/sql.h"
#include "stats/interval.h"
#include "stats/locust.h"
#include "util/json_write.h"

#define SQL_MAX_BYTES ((size_t)16 << 20)

/* Locust's rounding of response_us to whole ms: half to even, in units of 1, 10, 100 or 1000 ms. */
#define LOCUST_UNIT                                                                                \
    "(CASE WHEN us < 100000 THEN 1000 WHEN us < 1000000 THEN 10000"                                \
    " WHEN us < 10000000 THEN 100000 ELSE 1000000 END)"
#define LOCUST_ROUNDED                                                                             \
    "((us / u + (2 * (us %% u) > u OR (2 * (us %% u) = u AND us / u %% 2 = 1))) * u / 1000)"

struct numbers {
    struct json_writer json;
    struct buf *out; /* of `json` */
    const struct model *m;
    struct buf from; /* FROM requests WHERE ...: what is timed of the current entry */
    struct buf all;  /* the same, with what has no time */
    const char *method, *name;
};

#define UNTIMED "('not_sent', 'cancelled', 'unsendable')"

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
    sql_cut(&w->all, w->m->cut);
    buf_printf(&w->from, "FROM requests WHERE outcome NOT IN " UNTIMED "%s", buf_text(&w->all));
}

static void number(struct numbers *w, const char *table, const char *key, double value,
                   const char *sql) {
    struct json_writer *json = &w->json;
    if (isnan(value))
        return;
    json_write_object(json, NULL, JSON_LINE);
    json_write_text(json, "table", table);
    json_write_text(json, "method", w->method);
    json_write_text(json, "name", w->name);
    json_write_text(json, "key", key);
    json_write_number(json, "value", value);
    json_write_text(json, "sql", sql);
    json_write_end(json);
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
        buf_str(&text, "((SELECT max(end_us) FROM requests WHERE outcome NOT IN " UNTIMED);
        sql_cut(&text, m->cut);
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

static void percentile(struct numbers *w, const char *table, const char *key, double value,
                       const char *column, int level) {
    struct buf sql;
    buf_init(&sql, SQL_MAX_BYTES);
    sql_percentile(&sql, column, level, buf_text(&w->from));
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
    untimed(w, "unsendable", row->unsendable);
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

/* ---- tables that know their SQL ---- */

/* What the row is about: the texts of its cells under the keys of their columns; the first one is
 * the name, where none is. */
static void put_about(struct json_writer *w, const struct table *t, size_t row, bool extra) {
    const char *method = "", *name = NULL;
    for (size_t c = 0; c < t->column_count && !t->pairs; c++) {
        const char *key = t->columns[c].key, *text;
        if (t->columns[c].unit != TABLE_TEXT)
            continue;
        text = table_cell_text(t, table_at(t, row, c));
        if (strcmp(key, "method") == 0)
            method = text;
        else if (name == NULL)
            name = text;
        else if (extra)
            json_write_text(w, key, text);
    }
    if (!extra) {
        json_write_text(w, "method", method);
        json_write_text(w, "name", name == NULL ? "" : name);
    }
}

static void put_number(struct json_writer *w, const struct table *t, size_t row, size_t column,
                       enum table_part part, const char *sql) {
    static const char *const behind[TABLE_PARTS] = {"", "_low", "_high"};
    const struct table_cell *c = table_at(t, row, column);
    char key[128];
    snprintf(key, sizeof key, "%s%s",
             t->pairs ? table_cell_text(t, table_at(t, row, 0)) : t->columns[column].key,
             behind[part]);
    json_write_object(w, NULL, JSON_LINE);
    json_write_text(w, "table", t->key);
    put_about(w, t, row, false);
    json_write_text(w, "key", key);
    json_write_number(w, "value",
                      part == TABLE_VALUE ? c->number
                      : part == TABLE_LOW ? c->low
                                          : c->high);
    json_write_text(w, "sql", sql);
    put_about(w, t, row, true);
    json_write_end(w);
}

static void put_cell(struct numbers *w, const struct table *t, size_t row, size_t column) {
    const struct table_cell *c = table_at(t, row, column);
    const double values[TABLE_PARTS] = {c->number, c->low, c->high};
    struct buf sql;
    buf_init(&sql, SQL_MAX_BYTES);
    for (enum table_part part = TABLE_VALUE; part < TABLE_PARTS && c->unit != TABLE_TEXT; part++) {
        if (isnan(values[part]))
            continue;
        buf_clear(&sql);
        t->sql(&sql, t, row, column, part);
        if (sql.len > 0)
            put_number(&w->json, t, row, column, part, buf_text(&sql));
    }
    w->out->failed = w->out->failed || !buf_ok(&sql);
    buf_done(&sql);
}

static void put_tables(struct numbers *w, const struct document *d, bool shaped) {
    for (const struct section *s = document_table(d, NULL); s != NULL; s = document_table(d, s))
        for (size_t row = 0; s->table->sql != NULL && row < table_rows(s->table) &&
                             (s->programs == SECTION_SHAPED) == shaped;
             row++)
            for (size_t c = 0; c < s->table->column_count; c++)
                put_cell(w, s->table, row, c);
}

static void put_without_sql(struct json_writer *w, const struct document *d) {
    json_write_array(w, "without_sql", JSON_LINE);
    for (const struct section *s = document_table(d, NULL); s != NULL; s = document_table(d, s)) {
        char key[DOCUMENT_KEY_BYTES];
        document_key(s, key);
        if (s->programs != SECTION_SHAPED && s->table->sql == NULL)
            json_write_text(w, NULL, key);
    }
    json_write_end(w);
}

void numbers_write(struct buf *out, const struct document *d) {
    const struct model *m = d->model;
    struct numbers w = {.out = out, .m = m};
    json_write_init(&w.json, out, "");
    buf_init(&w.from, SQL_MAX_BYTES);
    buf_init(&w.all, SQL_MAX_BYTES);
    json_write_object(&w.json, NULL, JSON_LINE);
    json_write_array(&w.json, "numbers", JSON_LINES);
    for (size_t i = 0; i < m->entry_count; i++)
        entry(&w, &m->entries[i]);
    entry(&w, &m->aggregated);
    put_tables(&w, d, true);
    put_tables(&w, d, false);
    json_write_end(&w.json);
    json_write_new_line(&w.json);
    put_without_sql(&w.json, d);
    json_write_end(&w.json);
    buf_char(out, '\n');
    if (!buf_ok(&w.from) || !buf_ok(&w.all))
        out->failed = true;
    buf_done(&w.from);
    buf_done(&w.all);
}
