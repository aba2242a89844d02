#include "report/group.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    AVERAGE,
    P50,
    P95,
    P99,
    RATE,
    FAILURES,
    OF_STREAMS, /* from here on */
    TTFT_P50 = OF_STREAMS,
    TTFT_P99,
    TIME_PER_TOKEN_P50,
    TIME_PER_TOKEN_P99,
    GAP_P99,
    TOKENS_RATE
};

const struct group_number group_numbers[GROUP_NUMBERS] = {
    [AVERAGE] = {"average_ms", "average (ms)"},
    [P50] = {"p50_ms", "p50 (ms)"},
    [P95] = {"p95_ms", "p95 (ms)"},
    [P99] = {"p99_ms", "p99 (ms)"},
    [RATE] = {"requests_per_second", "requests/s"},
    [FAILURES] = {"failures_percent", "failures (%)"},
    [TTFT_P50] = {"ttft_p50_ms", "ttft p50 (ms)"},
    [TTFT_P99] = {"ttft_p99_ms", "ttft p99 (ms)"},
    [TIME_PER_TOKEN_P50] = {"time_per_token_p50_ms", "time_per_token p50 (ms)"},
    [TIME_PER_TOKEN_P99] = {"time_per_token_p99_ms", "time_per_token p99 (ms)"},
    [GAP_P99] = {"token_gap_p99_ms", "token_gap p99 (ms)"},
    [TOKENS_RATE] = {"output_tokens_per_second", "output tokens/s"},
};

/* ---- may they stand together ---- */

/* What a run was asked to do, besides its scenario's text. */
static const char *const load_keys[] = {"load_seconds", "load_users_max", "load_spawn_rate",
                                        "option_rate"};
#define LOAD_KEYS (sizeof load_keys / sizeof *load_keys)

struct load_values {
    char of[LOAD_KEYS][64];
};

static void take_load(void *context, const char *key, const char *value) {
    struct load_values *v = context;
    for (size_t i = 0; i < LOAD_KEYS; i++)
        if (strcmp(key, load_keys[i]) == 0)
            snprintf(v->of[i], sizeof v->of[i], "%s", value);
}

static int check_same(const struct group *g, struct err *e) {
    struct load_values first = {0};
    const struct group_run *a = &g->runs[0];
    if (reader_manifest(a->reader, take_load, &first, e) != 0)
        return -1;
    for (size_t i = 1; i < g->run_count; i++) {
        struct load_values other = {0};
        const struct group_run *b = &g->runs[i];
        if (strcmp(reader_run(a->reader)->scenario, reader_run(b->reader)->scenario) != 0)
            return err_set(e,
                           "%s and %s ran different scenarios; --force puts them together anyway",
                           a->path, b->path);
        if (reader_manifest(b->reader, take_load, &other, e) != 0)
            return -1;
        for (size_t k = 0; k < LOAD_KEYS; k++)
            if (strcmp(first.of[k], other.of[k]) != 0)
                return err_set(
                    e,
                    "%s and %s ran different loads (%s: \"%s\" and \"%s\"); --force puts "
                    "them together anyway",
                    a->path, b->path, load_keys[k], first.of[k], other.of[k]);
    }
    return 0;
}

/* ---- rows ---- */

static int by_name(const void *a, const void *b) {
    const struct group_row *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->method, y->method);
}

/* Every endpoint of any run, once. */
static int collect_rows(struct group *g, struct err *e) {
    size_t most = 1, n = 0;
    for (size_t i = 0; i < g->run_count; i++)
        most += g->runs[i].model->entry_count;
    g->rows = calloc(most, sizeof *g->rows);
    if (g->rows == NULL)
        return err_memory(e, "%zu endpoints", most);
    for (size_t i = 0; i < g->run_count; i++)
        for (size_t k = 0; k < g->runs[i].model->entry_count; k++) {
            const struct model_entry *x = &g->runs[i].model->entries[k];
            g->rows[n++] = (struct group_row){.method = x->method, .name = x->name};
        }
    qsort(g->rows, n, sizeof *g->rows, by_name);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || by_name(&g->rows[g->row_count - 1], &g->rows[i]) != 0)
            g->rows[g->row_count++] = g->rows[i];
    g->rows[g->row_count++] = (struct group_row){.method = "", .name = MODEL_AGGREGATED};
    return 0;
}

static const struct summary_row *find(const struct model *m, const struct group_row *row,
                                      bool total) {
    if (total)
        return &m->aggregated.row;
    for (size_t i = 0; i < m->entry_count; i++)
        if (strcmp(m->entries[i].name, row->name) == 0 &&
            strcmp(m->entries[i].method, row->method) == 0)
            return &m->entries[i].row;
    return NULL;
}

static double level(const struct summary_row *row, int percent) {
    for (size_t i = 0; i < SUMMARY_LEVELS; i++)
        if (summary_levels[i] == percent)
            return row->response_ms[i];
    return (double)NAN;
}

static double number_of(const struct summary_row *row, int number) {
    if (row == NULL || (row->requests == 0 && number != RATE))
        return (double)NAN;
    switch (number) {
    case AVERAGE:
        return row->average_ms;
    case P50:
        return level(row, 50);
    case P95:
        return level(row, 95);
    case P99:
        return level(row, 99);
    case RATE:
        return row->requests_per_second;
    default:
        return 100.0 * (double)row->failures / (double)row->requests;
    }
}

/* NULL: no answer of it was a stream. */
static const struct streams_entry *find_streams(const struct model *m, const struct group_row *row,
                                                bool total) {
    if (m->streams == NULL || total)
        return m->streams == NULL ? NULL : streams_all(m->streams);
    for (size_t i = 0; i < m->streams->names.entry_count; i++) {
        const struct streams_entry *x = streams_at(m->streams, i);
        if (strcmp(x->name, row->name) == 0 && strcmp(x->method, row->method) == 0)
            return x->whole.answers > 0 ? x : NULL;
    }
    return NULL;
}

static double number_of_streams(const struct streams_entry *x, int64_t duration_us, int number) {
    static const enum stream_time times[] = {
        [TTFT_P50] = STREAM_TIME_TTFT,
        [TTFT_P99] = STREAM_TIME_TTFT,
        [TIME_PER_TOKEN_P50] = STREAM_TIME_TIME_PER_TOKEN,
        [TIME_PER_TOKEN_P99] = STREAM_TIME_TIME_PER_TOKEN,
        [GAP_P99] = STREAM_TIME_GAP,
    };
    struct spread_row row;
    if (x == NULL)
        return (double)NAN;
    if (number == TOKENS_RATE)
        return duration_us > 0 ? (double)x->output_tokens * 1e6 / (double)duration_us : (double)NAN;
    streams_times(&x->whole, times[number], &row);
    return number == TTFT_P50 || number == TIME_PER_TOKEN_P50 ? row.median : row.p99;
}

static void fill_row(const struct group *g, struct group_row *row, bool total, double *values) {
    row->number_count = OF_STREAMS;
    for (size_t i = 0; i < g->run_count; i++)
        if (find_streams(g->runs[i].model, row, total) != NULL)
            row->number_count = GROUP_NUMBERS;
    for (int number = 0; number < (int)row->number_count; number++) {
        for (size_t i = 0; i < g->run_count; i++) {
            const struct model *m = g->runs[i].model;
            values[i] = number < OF_STREAMS ? number_of(find(m, row, total), number)
                                            : number_of_streams(find_streams(m, row, total),
                                                                m->run->duration_us, number);
        }
        variation_of(values, g->run_count, &row->numbers[number]);
    }
}

/* ---- the whole ---- */

static int open_runs(struct group *g, const char *const *paths, size_t n,
                     const struct model_options *o, struct err *e) {
    for (size_t i = 0; i < n; i++) {
        struct group_run *run = &g->runs[i];
        run->path = paths[i];
        g->run_count = i + 1;
        if (reader_open(paths[i], &run->reader, e) != 0 ||
            model_new(run->reader, o, &run->model, e) != 0)
            return -1;
    }
    return 0;
}

int group_new(const char *const *paths, size_t n, const struct group_options *o, struct group **out,
              struct err *e) {
    struct model_options options = {.locust = o->locust, .no_guess = true};
    if (n < 2 || n > GROUP_RUNS_MAX)
        return err_set(e, "a group has 2 to %d runs, not %zu", GROUP_RUNS_MAX, n);
    struct group *g = calloc(1, sizeof *g);
    double *values = calloc(n, sizeof *values);
    int result = -1;
    if (g == NULL || values == NULL || (g->runs = calloc(n, sizeof *g->runs)) == NULL) {
        err_memory(e, "%zu runs", n);
        goto out;
    }
    if (open_runs(g, paths, n, &options, e) != 0 || (!o->force && check_same(g, e) != 0) ||
        collect_rows(g, e) != 0)
        goto out;
    for (size_t i = 0; i < g->row_count; i++)
        fill_row(g, &g->rows[i], i + 1 == g->row_count, values);
    *out = g;
    g = NULL;
    result = 0;
out:
    group_free(g);
    free(values);
    return result;
}

void group_free(struct group *g) {
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->run_count; i++) {
        model_free(g->runs[i].model);
        reader_close(g->runs[i].reader);
    }
    free(g->runs);
    free(g->rows);
    free(g);
}
