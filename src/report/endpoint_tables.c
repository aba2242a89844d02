#include "report/endpoint_tables.h"

#include <inttypes.h>
#include <math.h>

#include "report/sql.h"
#include "stats/interval.h"
#include "stats/locust.h"
#include "util/array.h"

/* ---- the columns ---- */

/* Columns of each of summary_levels; the maximum may have other readers. */
#define LEVELS(unit, unit_of_maximum)                                                              \
    {"50", "50%ile", unit}, {"60", "60%ile", unit}, {"70", "70%ile", unit},                        \
        {"80", "80%ile", unit}, {"90", "90%ile", unit}, {"95", "95%ile", unit},                    \
        {"99", "99%ile", unit}, {                                                                  \
        "100", "100%ile", unit_of_maximum                                                          \
    }
_Static_assert(SUMMARY_LEVELS == 8, "a column for each percentile");

#define PROGRAMS (TABLE_CSV | TABLE_JSON)
#define TABLE_ONE (PROGRAMS | ENDPOINT_REQUESTS) /* Table I of the paper */
#define RESPONSE (TABLE_MS | PROGRAMS | ENDPOINT_RESPONSE_TIMES)
#define SERVICE (TABLE_MS | PROGRAMS | ENDPOINT_SERVICE_TIMES)
#define INTERVAL (TABLE_RANGE | PROGRAMS)
#define NO_INTERVAL (TABLE_RANGE | TABLE_JSON)
#define NEEDED (TABLE_COUNT | TABLE_JSON | TABLE_OPTIONAL)

static const struct table_column columns[] = {
    {"method", "Method", TABLE_TEXT},
    {"name", "Name", TABLE_TEXT},
    {"requests", "Requests", TABLE_COUNT | TABLE_ONE},
    {"failures", "Failures", TABLE_COUNT | TABLE_ONE},
    {"not_sent", NULL, TABLE_COUNT | PROGRAMS},
    {"cancelled", NULL, TABLE_COUNT | PROGRAMS},
    {"unsendable", NULL, TABLE_COUNT | TABLE_JSON},
    {"average_ms", "Average", TABLE_MS | TABLE_ONE},
    {"min_ms", "Min", TABLE_MS | TABLE_ONE},
    {"max_ms", "Max", TABLE_MS | TABLE_ONE},
    {"median_ms", NULL, TABLE_MS | PROGRAMS},
    {"average_size_bytes", "Average size", TABLE_COUNT | TABLE_ONE},
    {"requests_per_second", "Requests/s", TABLE_NUMBER | TABLE_ONE},
    {"failures_per_second", "Failures/s", TABLE_NUMBER | TABLE_ONE},
    LEVELS(RESPONSE, RESPONSE), /* Table II of the paper */
    LEVELS(SERVICE, SERVICE),
    LEVELS(INTERVAL, NO_INTERVAL),
    LEVELS(INTERVAL, NO_INTERVAL),
    LEVELS(NEEDED, NEEDED),
    {"unsendable", NULL, TABLE_COUNT | TABLE_CSV},
};

/* Their numbers. */
enum {
    REQUESTS = 2,
    FAILED,
    AVERAGE = 7,
    MIN,
    MAX,
    MEDIAN,
    SIZE,
    REQUEST_RATE,
    FAILURE_RATE,
    FIRST_TIME,
    FIRST_SERVICE_TIME = FIRST_TIME + SUMMARY_LEVELS,
    TIMES_END = FIRST_SERVICE_TIME + SUMMARY_LEVELS
};

#define LEVELS_FROM(n) FIRST_TIME + (n)*SUMMARY_LEVELS, SUMMARY_LEVELS
static const struct table_group groups[] = {
    {LEVELS_FROM(0), "percentiles_ms", "p", "_ms", "response_times"},
    {LEVELS_FROM(1), "service_percentiles_ms", "service_p", "_ms", "service_times"},
    {LEVELS_FROM(2), "intervals_ms", "p", "_ms", NULL},
    {LEVELS_FROM(3), "service_intervals_ms", "service_p", "_ms", NULL},
    {LEVELS_FROM(4), "requests_needed", NULL, NULL, NULL},
    {.count = 0},
};

/* ---- the rows ---- */

static const struct model_entry *entry_at(const struct model *m, size_t row) {
    return row < m->entry_count ? &m->entries[row] : &m->aggregated;
}

/* Without `ms`, only the intervals. */
static void times(struct table *t, const double *ms, const struct summary_interval x[]) {
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        table_interval(t, ms == NULL ? (double)NAN : ms[i], x[i].low_ms, x[i].high_ms);
}

static void entry(struct table *t, const struct model_entry *x) {
    const struct summary_row *r = &x->row;
    const double numbers[] = {(double)r->requests,
                              (double)r->failures,
                              (double)r->not_sent,
                              (double)r->cancelled,
                              (double)r->unsendable,
                              r->average_ms,
                              r->min_ms,
                              r->max_ms,
                              r->median_ms,
                              r->average_size_bytes,
                              r->requests_per_second,
                              r->failures_per_second};
    table_text(t, x->method);
    table_text(t, x->name);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        table_number(t, numbers[i]);
    times(t, r->response_ms, r->response_intervals);
    times(t, r->service_ms, r->service_intervals);
    times(t, NULL, r->response_intervals);
    times(t, NULL, r->service_intervals);
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        table_number(t, isnan(r->response_ms[i]) ? (double)quantile_needs(summary_levels[i] / 100.0)
                                                 : (double)NAN);
    table_number(t, (double)r->unsendable);
}

/* ---- the SQL ---- */

#define UNTIMED "('not_sent', 'cancelled', 'unsendable')"

/* Locust's rounding of response_us to whole ms: half to even, in units of 1, 10, 100 or 1000 ms. */
#define LOCUST_UNIT                                                                                \
    "(CASE WHEN us < 100000 THEN 1000 WHEN us < 1000000 THEN 10000"                                \
    " WHEN us < 10000000 THEN 100000 ELSE 1000000 END)"
#define LOCUST_ROUNDED                                                                             \
    "((us / u + (2 * (us %% u) > u OR (2 * (us %% u) = u AND us / u %% 2 = 1))) * u / 1000)"

#define FAILURES "count(CASE WHEN outcome <> 'ok' THEN 1 END)"

/* What a query is made of: a row's requests are those `of` it, the timed ones `from`. */
struct query {
    struct buf *out;
    const struct model *m;
    const struct summary_row *row;
    const char *of, *from;
};

/* Requests by the duration of the run, or to the last end. */
static void rate(const struct query *q, const char *what) {
    const struct model *m = q->m;
    buf_printf(q->out, "SELECT coalesce(1e6 * %s / ", what);
    if (m->options.locust) {
        buf_str(q->out, "((SELECT max(end_us) FROM requests WHERE outcome NOT IN " UNTIMED);
        sql_cut(q->out, m->cut);
        buf_printf(q->out, ") - %" PRId64 ")", m->cut == NULL ? 0 : m->cut->from_us);
    } else if (m->cut != NULL || !m->run->complete)
        buf_printf(q->out, "%" PRId64, m->run->duration_us);
    else
        buf_str(q->out, "(SELECT duration_us FROM run)");
    buf_printf(q->out, ", 0) %s", q->from); /* without a duration */
}

/* The value of a rank, in ms. */
static void ranked(const struct query *q, const char *column, uint64_t rank) {
    if (q->m->options.locust)
        buf_printf(q->out,
                   "SELECT " LOCUST_ROUNDED " FROM (SELECT us, " LOCUST_UNIT
                   " AS u FROM (SELECT %s AS us %s ORDER BY 1 LIMIT 1 OFFSET %" PRIu64 "))",
                   column, q->from, rank);
    else
        buf_printf(q->out, "SELECT %s / 1000.0 %s ORDER BY %s LIMIT 1 OFFSET %" PRIu64, column,
                   q->from, column, rank);
}

static void median(const struct query *q) {
    if (!q->m->options.locust)
        sql_percentile(q->out, "response_us", 50, q->from);
    else if (q->row->requests > 0)
        buf_printf(q->out,
                   "SELECT max(least, min(most, " LOCUST_ROUNDED ")) FROM (SELECT us, " LOCUST_UNIT
                   " AS u FROM (SELECT response_us AS us %s ORDER BY 1 LIMIT 1 OFFSET %" PRIu64
                   ")), (SELECT min(response_us) / 1000.0 AS least, max(response_us) / 1000.0 AS "
                   "most %s)",
                   q->from, locust_median_rank(q->row->requests), q->from);
}

static void percentile(const struct query *q, const char *column, int level, enum table_part part) {
    double p = level / 100.0;
    uint64_t n = q->row->requests, lower, upper;
    if (part != TABLE_VALUE) {
        if (interval_quantile(p, n, INTERVAL_CONFIDENCE, &lower, &upper))
            ranked(q, column, part == TABLE_LOW ? lower : upper);
    } else if (q->m->options.locust && n > 0)
        ranked(q, column, locust_rank(p, n));
    else
        sql_percentile(q->out, column, level, q->from);
}

static void number(const struct query *q, size_t column) {
    static const char *const what[FIRST_TIME] = {[REQUESTS] = "count(*)",
                                                 [FAILED] = FAILURES,
                                                 [AVERAGE] = "avg(response_us) / 1000",
                                                 [MIN] = "min(response_us) / 1000.0",
                                                 [MAX] = "max(response_us) / 1000.0",
                                                 [SIZE] = "avg(bytes_received)",
                                                 [REQUEST_RATE] = "count(*)",
                                                 [FAILURE_RATE] = FAILURES};
    if (column >= REQUEST_RATE)
        rate(q, what[column]);
    else if (column == MEDIAN)
        median(q);
    else if (what[column] != NULL)
        buf_printf(q->out, "SELECT %s %s", what[column], q->from);
    else
        buf_printf(q->out, "SELECT count(*) FROM requests WHERE outcome = '%s'%s",
                   columns[column].key, q->of);
}

static void sql(struct buf *out, const struct table *t, size_t row, size_t column,
                enum table_part part) {
    const struct model *m = t->sql_of;
    const struct model_entry *x = entry_at(m, row);
    struct buf of, from;
    if (column >= TIMES_END) /* again, for one of the readers */
        return;
    buf_init(&of, out->max);
    buf_init(&from, out->max);
    if (x != &m->aggregated) {
        buf_str(&of, " AND name = ");
        sql_text(&of, x->name);
        buf_str(&of, " AND method = ");
        sql_text(&of, x->method);
    }
    sql_cut(&of, m->cut);
    buf_printf(&from, "FROM requests WHERE outcome NOT IN " UNTIMED "%s", buf_text(&of));
    const struct query q = {out, m, &x->row, buf_text(&of), buf_text(&from)};
    if (column < FIRST_TIME)
        number(&q, column);
    else
        percentile(&q, column < FIRST_SERVICE_TIME ? "response_us" : "service_us",
                   summary_levels[(column - FIRST_TIME) % SUMMARY_LEVELS], part);
    out->failed = out->failed || !buf_ok(&of) || !buf_ok(&from);
    buf_done(&of);
    buf_done(&from);
}

/* ---- the tables ---- */

void endpoint_tables_all(struct table *t, const struct model *m) {
    table_init(t, "endpoints", "Endpoints", columns, COUNT_OF(columns));
    t->groups = groups;
    t->numbers = "requests";
    t->totals_key = "aggregated";
    t->total_rows = 1;
    t->whole_names = true;
    t->whole_ms = m->options.locust;
    t->sql = sql;
    t->sql_of = m;
    for (size_t i = 0; i <= m->entry_count; i++)
        entry(t, entry_at(m, i));
}

void endpoint_tables_headline(struct table *t, const struct model *m) {
    static const struct table_column headline[] = {
        {"requests", "Requests", TABLE_COUNT},
        {"failures", "Failures", TABLE_COUNT},
        {"requests_per_second", "Requests per second", TABLE_NUMBER},
        {"p50_ms", "Median", TABLE_MS},
        {"p95_ms", "95th percentile", TABLE_MS},
        {"p99_ms", "99th percentile", TABLE_MS},
    };
    const struct summary_row *r = &m->aggregated.row;
    const double numbers[] = {(double)r->requests, (double)r->failures, r->requests_per_second,
                              r->response_ms[0],   r->response_ms[5],   r->response_ms[6]};
    table_init(t, "headline", NULL, headline, COUNT_OF(headline));
    t->whole_ms = m->options.locust;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        table_number(t, numbers[i]);
}
