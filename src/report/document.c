#include "report/document.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/dialects.h"
#include "report/endpoint_tables.h"
#include "report/shard_table.h"
#include "report/sql.h"
#include "report/stream_tables.h"
#include "util/array.h"
#include "util/text.h"

/* What makes the sections of one kind; it adds none where there is nothing to show. */
struct kind;
typedef void add_fn(struct document *d, const struct kind *k);

struct kind {
    const char *key; /* of its table; NULL: it has several */
    enum section_programs programs;
    const char *page, *caption; /* as in struct section */
    add_fn *add;
    void (*fill)(struct table *t, const struct model *m); /* of `streams` */
};

static add_fn endpoints, requests, response_times, service_times, streams, asked, goodput, flow,
    thresholds, errors, dialects, shards, server;

/* In the order in which people see them. A new table is a row here, a new figure one of
 * figure_table. */
static const struct kind kinds[] = {
    {"endpoints", SECTION_FIRST, NULL, NULL, endpoints, NULL},
    {"requests", SECTION_PEOPLE, "requests", NULL, requests, NULL},
    {"response_times", SECTION_PEOPLE, "times", NULL, response_times, NULL},
    {"service_times", SECTION_PEOPLE, "times", NULL, service_times, NULL},
    {"streams", SECTION_PLAIN, "streams", NULL, streams, stream_tables_answers},
    {"stream_times", SECTION_PLAIN, "streams", NULL, streams, stream_tables_times},
    {"stream_tokens", SECTION_PLAIN, "streams", NULL, streams, stream_tables_tokens},
    {"stream_asked", SECTION_PLAIN, "streams", NULL, asked, NULL},
    {"stream_ends", SECTION_PLAIN, "streams", NULL, streams, stream_tables_ends},
    {"stream_goodput", SECTION_PLAIN, "streams", NULL, goodput, NULL},
    {"iterations", SECTION_PLAIN, "flows", NULL, flow, NULL},
    {"checks", SECTION_PLAIN, "flows", NULL, flow, NULL},
    {"connections", SECTION_PLAIN, "connections",
     "How many were opened, who closed them, and which requests were lost", flow, NULL},
    {DIALECTS_KEY, SECTION_PLAIN, "dialects",
     "TTFT, TPOT, ITL and E2EL of the same rows, as each tool defines them", dialects, NULL},
    {SHARD_TABLE_KEY, SECTION_PLAIN, "client", "Each part of the load: what it sent, and how well",
     shards, NULL},
    {"thresholds", SECTION_LAST, "thresholds",
     "Each threshold with its value and confidence interval", thresholds, NULL},
    {"errors", SECTION_FIRST, "errors", "Failed requests by kind", errors, NULL},
    {NULL, SECTION_SERVER, "server", NULL, server, NULL},
};

static struct table *add(struct document *d, const struct kind *k) {
    return document_add(d, k->programs, k->page, k->caption);
}

/* A table that the model has already. */
static void show(struct document *d, const struct kind *k, const struct table *t) {
    if (add(d, k) != NULL)
        d->last->table = t;
}

/* All of these are in one table for programs. */
static void endpoints(struct document *d, const struct kind *k) {
    struct table *t = add(d, k);
    if (t == NULL)
        return;
    endpoint_tables_all(t, d->model);
    d->last->people = SECTION_NOWHERE;
    d->csv = t;
}

static void view(struct document *d, const struct kind *k, enum table_reader columns,
                 const char *title) {
    struct table *t = d->csv == NULL ? NULL : add(d, k);
    if (t == NULL)
        return;
    table_view(t, d->csv, columns, k->key, title);
    t->intervals = columns != ENDPOINT_REQUESTS && d->model->options.intervals;
}

static void requests(struct document *d, const struct kind *k) {
    view(d, k, ENDPOINT_REQUESTS, "Request statistics (times in ms, sizes in bytes)");
}

static void response_times(struct document *d, const struct kind *k) {
    view(d, k, ENDPOINT_RESPONSE_TIMES,
         d->model->times_differ
             ? "Response time statistics (ms from when each was due, or first sent)"
             : "Response time statistics (ms)");
}

static void service_times(struct document *d, const struct kind *k) {
    if (d->model->times_differ)
        view(d, k, ENDPOINT_SERVICE_TIMES,
             "Service time statistics (ms from the moment of sending)");
}

static void streams(struct document *d, const struct kind *k) {
    struct table *t = d->model->streams == NULL ? NULL : add(d, k);
    if (t != NULL)
        k->fill(t, d->model);
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

static void shards(struct document *d, const struct kind *k) {
    if (d->model->shards != NULL)
        show(d, k, d->model->shards);
}

static void thresholds(struct document *d, const struct kind *k) {
    struct table *t = d->model->thresholds == NULL ? NULL : add(d, k);
    if (t == NULL)
        return;
    struct buf result;
    const struct thresholds *x = d->model->thresholds;
    size_t n = x->rules.count;
    thresholds_table(t, x);
    buf_init(&result, 256);
    buf_printf(&result, "%zu of %zu threshold%s passed%s", n - x->crossed - x->pending, n,
               text_plural(n),
               x->pending > 0 ? "; some are pending until the server's side is imported" : "");
    d->last->state = x->crossed > 0   ? FINDING_FAILS
                     : x->pending > 0 ? FINDING_SKIPPED
                                      : FINDING_HOLDS;
    d->last->result = buf_take(&result);
}

/* The kind of a row: outcome, and text or else status. */
static void errors_sql(struct buf *out, const struct table *t, size_t row, size_t column,
                       enum table_part part) {
    const struct model *m = t->sql_of;
    const struct model_error *x = &m->errors[row];
    bool by_status = strncmp(x->text, "status ", 7) == 0 && x->error == 0;
    (void)part;
    if (column > 0 || x->outcome[0] == '\0') /* kinds that were too many to tell apart */
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

/* People see only the first ones. */
static void errors(struct document *d, const struct kind *k) {
    static const struct table_column columns[] = {
        {"count", "Count", TABLE_COUNT | TABLE_CSV | TABLE_PEOPLE},
        {"method", "Method", TABLE_TEXT},
        {"name", "Name", TABLE_TEXT},
        {"outcome", "Outcome", TABLE_TEXT},
        {"error", "Error", TABLE_TEXT},
        {"count", NULL, TABLE_COUNT | TABLE_JSON}};
    const struct model *m = d->model;
    struct table *t = add(d, k);
    if (t == NULL)
        return;
    if (m->error_count == 0)
        d->last->people = SECTION_NOWHERE;
    table_init(t, k->key, "Errors", columns, COUNT_OF(columns));
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
        table_number(t, (double)x->count);
    }
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
    buf_printf(&d->title, "Load test: %s", run->name);
    document_facts(d);
    endpoint_tables_headline(&d->headline, m);
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
            return kinds[i].programs != SECTION_PEOPLE;
    return strncmp(key, "server_", sizeof "server_" - 1) == 0;
}
