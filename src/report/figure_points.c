#include "report/figure_points.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv_reader.h"
#include "report/figure_axis.h"

static const char *const words[] = {"warm", "unknown", "cold"};
#define WORDS (sizeof words / sizeof *words)

struct row {
    double time_s, ms; /* ms NAN: the end of the run */
    size_t word;
};

struct rows {
    struct row *all;
    size_t n, cap;
};

static int parse(const struct csv_reader *r, char *fields[], struct row *row, struct err *e) {
    if (csv_reader_number(r, fields[0], &row->time_s, e) != 0 ||
        csv_reader_number(r, fields[1], &row->ms, e) != 0)
        return -1;
    if (!(row->time_s >= 0 && row->time_s < 3650.0 * 86400))
        return err_set(e, "line %lld: not a time of a run", (long long)r->line);
    row->word = 0;
    while (row->word < WORDS && strcmp(fields[2], words[row->word]) != 0)
        row->word++;
    if (row->word == WORDS && !isnan(row->ms))
        return err_set(e, "line %lld: not cold, warm or unknown", (long long)r->line);
    return 0;
}

static int read_rows(char *csv, struct rows *out, struct err *e) {
    struct csv_reader r;
    char *fields[3];
    int got;
    csv_reader_init(&r, csv);
    while ((got = csv_reader_next(&r, fields, 3, e)) == 1) {
        if (r.line == 1)
            continue;
        if (out->n == out->cap) {
            size_t more = out->cap == 0 ? 256 : out->cap * 2;
            struct row *grown = realloc(out->all, more * sizeof *grown);
            if (grown == NULL)
                return err_set(e, "out of memory for %zu points", more);
            out->all = grown;
            out->cap = more;
        }
        if (parse(&r, fields, &out->all[out->n], e) != 0)
            return -1;
        out->n++;
    }
    return got;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int write_axes(const struct rows *rows, const char *what, struct buf *out, struct err *e) {
    double *ms = calloc(rows->n + 1, sizeof *ms), seconds = 0;
    size_t n = 0;
    if (ms == NULL)
        return err_set(e, "out of memory for %zu points", rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        seconds = fmax(seconds, rows->all[i].time_s);
        if (!isnan(rows->all[i].ms))
            ms[n++] = rows->all[i].ms;
    }
    qsort(ms, n, sizeof *ms, compare_doubles);
    figure_axis_time(out, (int64_t)ceil(fmax(seconds, 1)), 1);
    figure_axis_response_time(out, what, n > 0 ? ms[0] : 0, n > 0 ? ms[n / 2] : 0,
                              n > 0 ? ms[n - 1] : 0);
    buf_printf(out, "empty = %d\n", n == 0);
    free(ms);
    return 0;
}

static void write_block(const struct rows *rows, size_t word, struct buf *settings,
                        struct buf *data) {
    bool any = false;
    buf_printf(data, "# %s: time_s latency_ms\n", words[word]);
    for (size_t i = 0; i < rows->n; i++) {
        const struct row *x = &rows->all[i];
        if (isnan(x->ms) || x->word != word)
            continue;
        buf_printf(data, "%.9g %.9g\n", x->time_s, x->ms);
        any = true;
    }
    /* A block without a line would not count as one. */
    buf_str(data, any ? "\n\n" : "NaN NaN\n\n\n");
    buf_printf(settings, "%s = %d\n", words[word], any);
}

int figure_points(char *csv, const char *what, struct buf *settings, struct buf *data,
                  struct err *e) {
    struct rows rows = {.n = 0};
    int result = -1;
    if (read_rows(csv, &rows, e) != 0 || write_axes(&rows, what, settings, e) != 0)
        goto done;
    for (size_t word = 0; word < WORDS; word++)
        write_block(&rows, word, settings, data);
    result = 0;
done:
    free(rows.all);
    return result;
}
