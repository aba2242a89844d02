/* A group as a document; see group.h. */
#include <inttypes.h>
#include <stdio.h>

#include "report/emit.h"
#include "report/group.h"
#include "report/table.h"
#include "util/array.h"
#include "util/json_write.h"

#define NOTE                                                                                       \
    "From and to are a 95 % confidence interval for the mean over such runs (Student's t). It "    \
    "assumes independent runs. The table does not show the variation within a run."

static const struct table_column run_columns[] = {
    {"file", "File", TABLE_TEXT},
    {"started_utc", "Started", TABLE_TEXT},
    {"seed", "Seed", TABLE_TEXT},
    {"requests", "Requests", TABLE_COUNT},
    {"failures", "Failures", TABLE_COUNT},
    {"not_sent", "Not sent", TABLE_COUNT},
    {"unsendable", "Unsendable", TABLE_COUNT},
    {"verdict", "Verdict", TABLE_TEXT},
};

static const struct table_column number_columns[] = {
    {"method", "Method", TABLE_TEXT}, {"name", "Name", TABLE_TEXT},
    {"number", "Number", TABLE_TEXT}, {"runs", "Runs", TABLE_COUNT},
    {"mean", "Mean", TABLE_MS},       {"sd", "SD", TABLE_MS},
    {"min", "Min", TABLE_MS},         {"max", "Max", TABLE_MS},
    {"low", "95 % from", TABLE_MS},   {"high", "to", TABLE_MS},
};

static const char *verdict_of(const struct reader_run *run) {
    return run->complete ? run->verdict : "interrupted or in progress";
}

static void run_table(struct table *t, const struct group *g) {
    table_init(t, "runs", "Runs", run_columns, COUNT_OF(run_columns));
    for (size_t i = 0; i < g->run_count; i++) {
        const struct reader_run *run = reader_run(g->runs[i].reader);
        const struct summary_row *all = &g->runs[i].model->aggregated.row;
        char seed[32];
        snprintf(seed, sizeof seed, "%" PRIu64, run->seed);
        table_text(t, g->runs[i].path);
        table_text(t, run->started_utc);
        table_text(t, seed);
        table_number(t, (double)all->requests);
        table_number(t, (double)all->failures);
        table_number(t, (double)all->not_sent);
        table_number(t, (double)all->unsendable);
        table_text(t, verdict_of(run));
    }
}

static void number_table(struct table *t, const struct group *g) {
    table_init(t, "spread", "Variation between the runs", number_columns, COUNT_OF(number_columns));
    for (size_t i = 0; i < g->row_count; i++)
        for (size_t k = 0; k < g->rows[i].number_count; k++) {
            const struct group_row *row = &g->rows[i];
            const struct variation *b = &row->numbers[k];
            const double numbers[] = {(double)b->runs, b->mean, b->deviation, b->min,
                                      b->max,          b->low,  b->high};
            table_text(t, row->method);
            table_text(t, row->name);
            table_text_worded(t, group_numbers[k].key, group_numbers[k].head);
            for (size_t x = 0; x < COUNT_OF(numbers); x++)
                table_number(t, numbers[x]);
        }
}

static void json_row(struct json_writer *w, const char *key, const struct group_row *row) {
    json_write_object(w, key, JSON_LINE);
    json_write_text(w, "method", row->method);
    json_write_text(w, "name", row->name);
    for (size_t k = 0; k < row->number_count; k++) {
        const struct variation *b = &row->numbers[k];
        json_write_new_line(w);
        json_write_object(w, group_numbers[k].key, JSON_LINE);
        json_write_uint(w, "runs", b->runs);
        json_write_number(w, "mean", b->mean);
        json_write_number(w, "sd", b->deviation);
        json_write_number(w, "min", b->min);
        json_write_number(w, "max", b->max);
        json_write_array(w, "interval", JSON_LINE);
        json_write_number(w, NULL, b->low);
        json_write_number(w, NULL, b->high);
        json_write_end(w);
        json_write_end(w);
    }
    json_write_end(w);
}

static void json_run(struct json_writer *w, const struct group_run *x) {
    const struct reader_run *run = reader_run(x->reader);
    const struct summary_row *all = &x->model->aggregated.row;
    json_write_object(w, NULL, JSON_LINE);
    json_write_text(w, "file", x->path);
    json_write_text(w, "name", run->name);
    json_write_text(w, "target", run->target);
    json_write_text(w, "started_utc", run->started_utc);
    json_write_text(w, "version", run->version);
    json_write_uint(w, "seed", run->seed);
    json_write_number(w, "duration_ms", (double)run->duration_us / 1000);
    json_write_uint(w, "requests", all->requests);
    json_write_uint(w, "failures", all->failures);
    json_write_uint(w, "not_sent", all->not_sent);
    json_write_uint(w, "unsendable", all->unsendable);
    json_write_text(w, "verdict", run->complete ? run->verdict : NULL);
    json_write_end(w);
}

static void json(struct json_writer *w, const struct document *d) {
    const struct group *g = d->of;
    json_write_number(w, "confidence", VARIATION_CONFIDENCE);
    json_write_array(w, "runs", JSON_LINES);
    for (size_t i = 0; i < g->run_count; i++)
        json_run(w, &g->runs[i]);
    json_write_end(w);
    json_write_array(w, "endpoints", JSON_LINES);
    for (size_t i = 0; i + 1 < g->row_count; i++)
        json_row(w, NULL, &g->rows[i]);
    json_write_end(w);
    json_row(w, "aggregated", &g->rows[g->row_count - 1]);
}

int group_document(struct document *d, const struct group *g, struct err *e) {
    document_start(d, g);
    d->json = json;
    struct table *runs = document_add(d, SECTION_PEOPLE, NULL, NULL);
    struct table *numbers = document_add(d, SECTION_PEOPLE, NULL, NULL);
    if (runs != NULL && numbers != NULL) {
        run_table(runs, g);
        number_table(numbers, g);
        d->csv = numbers;
    }
    lines_add(&d->notes, "", NOTE);
    return document_check(d, e);
}
