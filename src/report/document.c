#include "report/document.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/dialects.h"
#include "report/sql.h"
#include "report/stream_tables.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* What makes the sections of one kind; it adds none where there is nothing to show. */
struct kind;
typedef void add_fn(struct document *d, const struct kind *k);

struct kind {
    const char *key; /* of its table; NULL: it has several */
    enum section_programs programs;
    const char *page, *caption; /* as in struct section */
    add_fn *add;
};

static add_fn requests, response_times, service_times, streams, asked, goodput, flow, thresholds,
    errors, dialects, server;

/* In the order in which people see them. A new table is a row here, a new figure one of
 * figure_table. */
static const struct kind kinds[] = {
    {"requests", SECTION_SHAPED, "requests", NULL, requests},
    {"response_times", SECTION_SHAPED, "times", NULL, response_times},
    {"service_times", SECTION_SHAPED, "times", NULL, service_times},
    {"streams", SECTION_PLAIN, "streams", NULL, streams},
    {"stream_times", SECTION_PLAIN, "streams", NULL, streams},
    {"stream_tokens", SECTION_PLAIN, "streams", NULL, streams},
    {"stream_asked", SECTION_PLAIN, "streams", NULL, asked},
    {"stream_ends", SECTION_PLAIN, "streams", NULL, streams},
    {"stream_goodput", SECTION_PLAIN, "streams", NULL, goodput},
    {"iterations", SECTION_PLAIN, "flows", NULL, flow},
    {"checks", SECTION_PLAIN, "flows", NULL, flow},
    {"connections", SECTION_PLAIN, "connections",
     "How many were opened, who closed them, and which requests were lost", flow},
    {DIALECTS_KEY, SECTION_PLAIN, "dialects",
     "TTFT, TPOT, ITL and E2EL of the same rows, as each tool defines them", dialects},
    {"thresholds", SECTION_SHAPED, "thresholds",
     "Each threshold with its value and confidence interval", thresholds},
    {"errors", SECTION_SHAPED, "errors", "Failed requests by kind", errors},
    {NULL, SECTION_SERVER, "server", NULL, server},
};

static struct table *add(struct document *d, const struct kind *k) {
    return document_add(d, k->programs, k->page, k->caption);
}

/* A table that the model has already. */
static void show(struct document *d, const struct kind *k, const struct table *t) {
    if (add(d, k) != NULL)
        d->last->table = t;
}

/* The paper's Table I. */
static const struct table_column request_columns[] = {
    {"method", "Method", TABLE_TEXT},
    {"name", "Name", TABLE_TEXT},
    {"requests", "Requests", TABLE_COUNT},
    {"failures", "Failures", TABLE_COUNT},
    {"average_ms", "Average", TABLE_MS},
    {"min_ms", "Min", TABLE_MS},
    {"max_ms", "Max", TABLE_MS},
    {"average_size_bytes", "Average size", TABLE_COUNT},
    {"requests_per_second", "Requests/s", TABLE_NUMBER},
    {"failures_per_second", "Failures/s", TABLE_NUMBER},
};

/* The entries, and what sums them up. */
static const struct model_entry *entry_at(const struct model *m, size_t i) {
    return i < m->entry_count ? &m->entries[i] : &m->aggregated;
}

static void rows_init(struct table *t, const struct model *m, const char *key, const char *title,
                      const struct table_column *columns, size_t n) {
    table_init(t, key, title, columns, n);
    t->whole_names = true;
    t->whole_ms = m->options.locust;
    t->total_rows = 1;
}

static void requests(struct document *d, const struct kind *k) {
    const struct model *m = d->model;
    struct table *t = add(d, k);
    if (t == NULL)
        return;
    rows_init(t, m, k->key, "Request statistics (times in ms, sizes in bytes)", request_columns,
              COUNT_OF(request_columns));
    for (size_t i = 0; i <= m->entry_count; i++) {
        const struct summary_row *row = &entry_at(m, i)->row;
        table_text(t, entry_at(m, i)->method);
        table_text(t, entry_at(m, i)->name);
        table_number(t, (double)row->requests);
        table_number(t, (double)row->failures);
        table_number(t, row->average_ms);
        table_number(t, row->min_ms);
        table_number(t, row->max_ms);
        table_number(t, row->average_size_bytes);
        table_number(t, row->requests_per_second);
        table_number(t, row->failures_per_second);
    }
}

/* The paper's Table II. */
static const struct table_column time_columns[] = {
    {"method", "Method", TABLE_TEXT}, {"name", "Name", TABLE_TEXT},
    {"p50_ms", "50%ile", TABLE_MS},   {"p60_ms", "60%ile", TABLE_MS},
    {"p70_ms", "70%ile", TABLE_MS},   {"p80_ms", "80%ile", TABLE_MS},
    {"p90_ms", "90%ile", TABLE_MS},   {"p95_ms", "95%ile", TABLE_MS},
    {"p99_ms", "99%ile", TABLE_MS},   {"p100_ms", "100%ile", TABLE_MS},
};
_Static_assert(COUNT_OF(time_columns) == 2 + SUMMARY_LEVELS, "a column for each percentile");

static void times(struct document *d, const struct kind *k, const char *title, bool service) {
    const struct model *m = d->model;
    struct table *t = add(d, k);
    if (t == NULL)
        return;
    rows_init(t, m, k->key, title, time_columns, COUNT_OF(time_columns));
    t->intervals = m->options.intervals;
    for (size_t i = 0; i <= m->entry_count; i++) {
        const struct summary_row *row = &entry_at(m, i)->row;
        const double *ms = service ? row->service_ms : row->response_ms;
        const struct summary_interval *interval =
            service ? row->service_intervals : row->response_intervals;
        table_text(t, entry_at(m, i)->method);
        table_text(t, entry_at(m, i)->name);
        for (size_t p = 0; p < SUMMARY_LEVELS; p++)
            table_interval(t, ms[p], interval[p].low_ms, interval[p].high_ms);
    }
}

static void response_times(struct document *d, const struct kind *k) {
    times(d, k,
          d->model->times_differ
              ? "Response time statistics (ms from when each was due, or first sent)"
              : "Response time statistics (ms)",
          false);
}

static void service_times(struct document *d, const struct kind *k) {
    if (d->model->times_differ)
        times(d, k, "Service time statistics (ms from the moment of sending)", true);
}

static void streams(struct document *d, const struct kind *k) {
    static const struct {
        const char *key;
        void (*fill)(struct table *t, const struct model *m);
    } tables[] = {{"streams", stream_tables_answers},
                  {"stream_times", stream_tables_times},
                  {"stream_tokens", stream_tables_tokens},
                  {"stream_ends", stream_tables_ends}};
    struct table *t = d->model->streams == NULL ? NULL : add(d, k);
    for (size_t i = 0; t != NULL && i < COUNT_OF(tables); i++)
        if (strcmp(tables[i].key, k->key) == 0)
            tables[i].fill(t, d->model);
}

static void asked(struct document *d, const struct kind *k) {
    struct table *t = stream_tables_has_asked(d->model) ? add(d, k) : NULL;
    if (t != NULL)
        stream_tables_asked(t, d->model);
}

static void goodput(struct document *d, const struct kind *k) {
    struct table *t = d->model->goodput == NULL ? NULL : add(d, k);
    if (t != NULL)
        goodput_table(t, d->model);
}

static void flow(struct document *d, const struct kind *k) {
    for (size_t i = 0; i < d->model->flows.count; i++)
        if (strcmp(d->model->flows.tables[i].key, k->key) == 0)
            show(d, k, &d->model->flows.tables[i]);
}

static void dialects(struct document *d, const struct kind *k) {
    if (d->model->dialects != NULL)
        show(d, k, d->model->dialects);
}

static void thresholds(struct document *d, const struct kind *k) {
    struct table *t = d->model->thresholds == NULL ? NULL : add(d, k);
    if (t != NULL)
        thresholds_table(t, d->model->thresholds);
}

/* The kind of a row: outcome, and text or else status. */
static void errors_sql(struct buf *out, const struct table *t, size_t row, size_t column,
                       enum table_part part) {
    const struct model *m = t->sql_of;
    const struct model_error *x = &m->errors[row];
    bool by_status = strncmp(x->text, "status ", 7) == 0 && x->error == 0;
    (void)column;
    (void)part;
    if (x->outcome[0] == '\0') /* kinds that were too many to tell apart */
        return;
    buf_str(out, "SELECT count(*) FROM requests WHERE outcome = ");
    sql_text(out, x->outcome);
    buf_str(out, " AND name = ");
    sql_text(out, x->name);
    buf_str(out, " AND method = ");
    sql_text(out, x->method);
    if (x->error != 0) {
        buf_str(out, " AND error = ");
        sql_text(out, x->text);
    } else
        buf_printf(out, " AND error IS NULL AND status %s %s", by_status ? "=" : "IS",
                   by_status ? x->text + 7 : "NULL");
    sql_cut(out, m->cut);
}

void document_errors(struct table *t, const struct model *m) {
    static const struct table_column columns[] = {{"count", "Count", TABLE_COUNT},
                                                  {"method", "Method", TABLE_TEXT},
                                                  {"name", "Name", TABLE_TEXT},
                                                  {"outcome", "Outcome", TABLE_TEXT},
                                                  {"error", "Error", TABLE_TEXT}};
    table_init(t, "errors", "Errors", columns, COUNT_OF(columns));
    t->whole_names = true;
    t->shown_max = DOCUMENT_ERRORS_MAX;
    t->sql = errors_sql;
    t->sql_of = m;
    for (size_t i = 0; i < m->error_count; i++) {
        const struct model_error *x = &m->errors[i];
        table_number(t, (double)x->count);
        table_text(t, x->method);
        table_text(t, x->name);
        table_text(t, x->outcome);
        table_text(t, x->text);
    }
}

static void errors(struct document *d, const struct kind *k) {
    struct table *t = d->model->error_count == 0 ? NULL : add(d, k);
    if (t != NULL)
        document_errors(t, d->model);
}

static void server(struct document *d, const struct kind *k) {
    for (size_t i = 0; i < d->model->table_count; i++)
        show(d, k, &d->model->tables[i]);
}

int document_add_figures(struct document *d, const struct figure_row *row, struct err *e) {
    for (; row->figure.key != NULL; row++) {
        struct figure *f = document_add_figure(d, &row->figure, e);
        if (f == NULL || figure_table_fill(row, f, d->model, e) != 0)
            return -1;
    }
    return 0;
}

/* ---- the document ---- */

static void verdict(struct buf *out, const struct reader_run *run) {
    if (run->verdict[0] == '\0')
        return;
    buf_str(out, run->verdict);
    if (run->verdict_reason[0] != '\0') {
        buf_str(out, ": ");
        buf_str(out, run->verdict_reason);
    }
}

int document_init(struct document *d, const struct model *m, struct err *e) {
    const struct reader_run *run = m->run;
    document_start(d, m);
    d->model = m;
    d->json = document_json;
    d->csv = document_csv;
    buf_printf(&d->title, "Load test: %s", run->name);
    document_facts(d);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        kinds[i].add(d, &kinds[i]);
    int result = m->options.figures ? document_add_figures(d, figure_table, e) : 0;
    document_client(d);
    document_notes(d);
    verdict(&d->verdict, run);
    snprintf(d->seed, sizeof d->seed, "%" PRIu64, run->seed);
    d->suites[d->suite_count++] =
        (struct finding_suite){.name = run->name,
                               .each = document_findings,
                               .of = m,
                               .time_s = (double)run->duration_us / 1e6,
                               .timestamp = run->started_utc,
                               .properties = {{"target", run->target},
                                              {"version", run->version},
                                              {"seed", d->seed},
                                              {"verdict", run->verdict},
                                              {"verdict_reason", run->verdict_reason}}};
    if (result == 0)
        result = document_check(d, e);
    if (result != 0)
        document_done(d);
    return result;
}

bool document_key_has_csv(const char *key) {
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (kinds[i].key != NULL && strcmp(kinds[i].key, key) == 0)
            return kinds[i].programs != SECTION_SHAPED || kinds[i].add == thresholds ||
                   kinds[i].add == errors;
    return strncmp(key, "server_", sizeof "server_" - 1) == 0;
}
