/* A group as documents; see group.h. */
#include <inttypes.h>
#include <math.h>

#include "report/emit.h"
#include "report/group.h"
#include "report/json_text.h"
#include "report/table.h"

#define NOTE                                                                                       \
    "The interval covers the mean over such runs in 95 of 100 series (Student's t); it takes the " \
    "runs for independent. Nothing is said about the spread inside of a run."

static const struct table_column run_columns[] = {
    {"file", "File", TABLE_TEXT},          {"started_utc", "Started", TABLE_TEXT},
    {"seed", "Seed", TABLE_TEXT},          {"requests", "Requests", TABLE_COUNT},
    {"failures", "Failures", TABLE_COUNT}, {"verdict", "Verdict", TABLE_TEXT},
};

static const struct table_column number_columns[] = {
    {"method", "Method", TABLE_TEXT}, {"name", "Name", TABLE_TEXT},
    {"number", "Number", TABLE_TEXT}, {"runs", "Runs", TABLE_COUNT},
    {"mean", "Mean", TABLE_MS},       {"sd", "SD", TABLE_MS},
    {"min", "Min", TABLE_MS},         {"max", "Max", TABLE_MS},
    {"low", "95 % from", TABLE_MS},   {"high", "to", TABLE_MS},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *verdict_of(const struct reader_run *run) {
    return run->complete ? run->verdict : "cut short";
}

static void run_table(struct table *t, const struct group *g) {
    table_init(t, "runs", "Runs", run_columns, COUNT(run_columns));
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
        table_text(t, verdict_of(run));
    }
}

static void number_table(struct table *t, const struct group *g, bool people) {
    table_init(t, "spread", "Spread between the runs", number_columns, COUNT(number_columns));
    for (size_t i = 0; i < g->row_count; i++)
        for (size_t k = 0; k < GROUP_NUMBERS; k++) {
            const struct group_row *row = &g->rows[i];
            const struct between *b = &row->numbers[k];
            const double numbers[] = {(double)b->runs, b->mean, b->deviation, b->min,
                                      b->max,          b->low,  b->high};
            table_text(t, row->method);
            table_text(t, row->name);
            table_text(t, people ? group_numbers[k].head : group_numbers[k].key);
            for (size_t x = 0; x < COUNT(numbers); x++)
                table_number(t, numbers[x]);
        }
}

static void both(struct buf *out, const struct group *g,
                 void (*emit)(struct buf *out, const struct table *t)) {
    struct table runs, numbers;
    run_table(&runs, g);
    number_table(&numbers, g, true);
    if (!table_ok(&runs) || !table_ok(&numbers))
        out->failed = true;
    emit(out, &runs);
    buf_char(out, '\n');
    emit(out, &numbers);
    buf_str(out, "\n" NOTE "\n");
    table_done(&runs);
    table_done(&numbers);
}

void group_table(struct buf *out, const struct group *g) {
    both(out, g, emit_table_alone);
}

void group_markdown(struct buf *out, const struct group *g) {
    both(out, g, emit_markdown_alone);
}

void group_csv(struct buf *out, const struct group *g) {
    struct table t;
    number_table(&t, g, false);
    if (!table_ok(&t))
        out->failed = true;
    emit_csv_table(out, &t);
    table_done(&t);
}

static void key(struct buf *out, const char *name) {
    buf_printf(out, "\"%s\": ", name);
}

static void json_between(struct buf *out, const struct between *b) {
    const struct {
        const char *key;
        double value;
    } all[] = {{"mean", b->mean}, {"sd", b->deviation}, {"min", b->min}, {"max", b->max}};
    buf_printf(out, "{\"runs\": %zu", b->runs);
    for (size_t i = 0; i < COUNT(all); i++) {
        buf_str(out, ", ");
        key(out, all[i].key);
        json_number(out, all[i].value);
    }
    buf_str(out, ", \"interval\": [");
    json_number(out, b->low);
    buf_str(out, ", ");
    json_number(out, b->high);
    buf_str(out, "]}");
}

static void json_row(struct buf *out, const struct group_row *row) {
    buf_str(out, "{\"method\": ");
    json_text(out, row->method);
    buf_str(out, ", \"name\": ");
    json_text(out, row->name);
    for (size_t k = 0; k < GROUP_NUMBERS; k++) {
        buf_str(out, ",\n      ");
        key(out, group_numbers[k].key);
        json_between(out, &row->numbers[k]);
    }
    buf_char(out, '}');
}

static void json_run(struct buf *out, const struct group_run *x) {
    const struct reader_run *run = reader_run(x->reader);
    const struct summary_row *all = &x->model->aggregated.row;
    const struct {
        const char *key, *text;
    } texts[] = {{"file", x->path},
                 {"name", run->name},
                 {"target", run->target},
                 {"started_utc", run->started_utc},
                 {"version", run->version}};
    buf_char(out, '{');
    for (size_t i = 0; i < COUNT(texts); i++) {
        key(out, texts[i].key);
        json_text(out, texts[i].text);
        buf_str(out, ", ");
    }
    buf_printf(out, "\"seed\": %" PRIu64 ", \"duration_ms\": ", run->seed);
    json_number(out, (double)run->duration_us / 1000);
    buf_printf(out, ", \"requests\": %" PRIu64 ", \"failures\": %" PRIu64 ", \"verdict\": ",
               all->requests, all->failures);
    if (run->complete)
        json_text(out, run->verdict);
    else
        buf_str(out, "null");
    buf_char(out, '}');
}

void group_json(struct buf *out, const struct group *g) {
    buf_str(out, "{\n  \"confidence\": ");
    json_number(out, BETWEEN_CONFIDENCE);
    buf_str(out, ",\n  \"runs\": [");
    for (size_t i = 0; i < g->run_count; i++) {
        buf_str(out, i == 0 ? "\n    " : ",\n    ");
        json_run(out, &g->runs[i]);
    }
    buf_str(out, "\n  ],\n  \"endpoints\": [");
    for (size_t i = 0; i + 1 < g->row_count; i++) {
        buf_str(out, i == 0 ? "\n    " : ",\n    ");
        json_row(out, &g->rows[i]);
    }
    buf_str(out, "\n  ],\n  \"aggregated\": ");
    json_row(out, &g->rows[g->row_count - 1]);
    buf_str(out, "\n}\n");
}
