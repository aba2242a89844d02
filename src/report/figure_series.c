#include "report/figure_series.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "report/csv_reader.h"
#include "report/figure_axis.h"

enum {
    VALUES_MAX = 2,
};

/* Ten years, as the longest run. */
#define SECONDS_MAX (3650.0 * 86400)

struct row {
    int64_t second;
    double value[VALUES_MAX];
};

struct step {
    double sum[VALUES_MAX];
    int64_t count[VALUES_MAX];
};

struct series {
    int values;
    int64_t seconds; /* the length of the run: the last second + 1 */
    int64_t step_seconds;
    struct step *steps;
    int64_t n;
};

/* 1 with a row, 0 at the end, -1 when it is malformed. */
static int read_row(struct csv_reader *r, int values, struct row *row, struct err *e) {
    char *fields[1 + VALUES_MAX];
    int got;
    do {
        got = csv_reader_next(r, fields, (size_t)values + 1, e);
    } while (got == 1 && r->line == 1); /* the header */
    if (got != 1)
        return got;
    double second;
    if (csv_reader_number(r, fields[0], &second, e) != 0)
        return -1;
    if (!(second >= 0 && second < SECONDS_MAX))
        return err_set(e, "line %lld: not a second of a run", (long long)r->line);
    row->second = (int64_t)second;
    for (int v = 0; v < values; v++) {
        if (csv_reader_number(r, fields[1 + v], &row->value[v], e) != 0)
            return -1;
    }
    return 1;
}

/* The rows of the file, which the caller frees; *n of them. */
static int read_rows(char *csv, int values, struct row **rows, size_t *n, struct err *e) {
    struct csv_reader r;
    csv_reader_init(&r, csv);
    size_t cap = 0;
    struct row row;
    int got;
    while ((got = read_row(&r, values, &row, e)) == 1) {
        if (*n == cap) {
            size_t more = cap == 0 ? 256 : cap * 2;
            struct row *grown = realloc(*rows, more * sizeof *grown);
            if (grown == NULL)
                return err_set(e, "out of memory for %zu rows", more);
            *rows = grown;
            cap = more;
        }
        (*rows)[(*n)++] = row;
    }
    return got;
}

/* The length of the run decides the step; then each row goes into its step. */
static int fold(struct series *s, const struct row *rows, size_t n, struct err *e) {
    for (size_t i = 0; i < n; i++) {
        if (rows[i].second >= s->seconds)
            s->seconds = rows[i].second + 1;
    }
    s->step_seconds = figure_step_seconds(s->seconds);
    s->n = (s->seconds + s->step_seconds - 1) / s->step_seconds;
    s->steps = calloc((size_t)s->n + 1, sizeof *s->steps);
    if (s->steps == NULL)
        return err_set(e, "out of memory for %lld points", (long long)s->n);
    for (size_t i = 0; i < n; i++) {
        struct step *step = &s->steps[rows[i].second / s->step_seconds];
        for (int v = 0; v < s->values; v++) {
            if (isnan(rows[i].value[v]))
                continue;
            step->sum[v] += rows[i].value[v];
            step->count[v]++;
        }
    }
    return 0;
}

static double value(const struct series *s, int64_t i, int v) {
    bool there = i >= 0 && i < s->n && s->steps[i].count[v] > 0;
    return there ? s->steps[i].sum[v] / (double)s->steps[i].count[v] : (double)NAN;
}

static void write_number(struct buf *out, double v) {
    if (isnan(v))
        buf_str(out, " NaN");
    else
        buf_printf(out, " %.9g", v);
}

/* Says in alone[] which values have points without neighbours. */
static void write_data(const struct series *s, struct buf *data, bool alone[]) {
    buf_str(data, "# start_s middle_s values... values_that_stand_alone...\n");
    for (int64_t i = 0; i < s->n; i++) {
        int64_t from = i * s->step_seconds;
        int64_t to = i + 1 < s->n ? from + s->step_seconds : s->seconds;
        buf_printf(data, "%lld %.10g", (long long)from, (double)(from + to) / 2);
        for (int v = 0; v < s->values; v++)
            write_number(data, value(s, i, v));
        for (int v = 0; v < s->values; v++) {
            double y = value(s, i, v);
            bool lone = !isnan(y) && isnan(value(s, i - 1, v)) && isnan(value(s, i + 1, v));
            if (lone)
                alone[v] = true;
            write_number(data, lone ? y : (double)NAN);
        }
        buf_char(data, '\n');
    }
}

static bool same(const struct series *s, int64_t a, int64_t b) {
    for (int v = 0; v < s->values; v++) {
        double x = value(s, a, v), y = value(s, b, v);
        if (x != y && !(isnan(x) && isnan(y)))
            return false;
    }
    return true;
}

static void write_corner(const struct series *s, int64_t at, int64_t step, struct buf *data) {
    buf_printf(data, "%lld", (long long)at);
    for (int v = 0; v < s->values; v++)
        write_number(data, value(s, step, v));
    buf_char(data, '\n');
}

/* Lines that go up and down in steps: both ends of each stretch of the same values. */
static void write_level(const struct series *s, struct buf *data) {
    buf_str(data, "# time_s values...\n");
    for (int64_t i = 0; i < s->n;) {
        int64_t from = i;
        while (i < s->n && same(s, i, from))
            i++;
        write_corner(s, from * s->step_seconds, from, data);
        write_corner(s, i < s->n ? i * s->step_seconds : s->seconds, from, data);
    }
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Returns whether there is a value at all. */
static int write_axes(const struct series *s, const struct figure_series_kind *kind,
                      struct buf *out, bool *any, struct err *e) {
    double *typical = calloc((size_t)s->n + 1, sizeof *typical);
    if (typical == NULL)
        return err_set(e, "out of memory for %lld points", (long long)s->n);
    size_t n = 0;
    double min = HUGE_VAL;
    double max = -HUGE_VAL;
    for (int64_t i = 0; i < s->n; i++) {
        for (int v = 0; v < s->values; v++) {
            double y = value(s, i, v);
            min = fmin(min, y); /* fmin and fmax pass over NaN */
            max = fmax(max, y);
            if (v == 0 && !isnan(y))
                typical[n++] = y;
        }
    }
    qsort(typical, n, sizeof *typical, compare_doubles);
    *any = max >= min;
    figure_axis_time(out, s->seconds > 0 ? s->seconds : 1, s->step_seconds);
    const char *what = kind->what != NULL ? kind->what : "Response time";
    if (kind->response_time && *any)
        figure_axis_response_time(out, what, min, n > 0 ? typical[n / 2] : max, max);
    else if (kind->response_time)
        figure_axis_response_time(out, what, 0, 0, 0);
    else if (kind->percent)
        figure_axis_percent(out, *any ? max : 0);
    else
        figure_axis_count(out, *any ? max : 0, kind->level && !kind->amount);
    free(typical);
    return 0;
}

int figure_series(char *csv, const struct figure_series_kind *kind, struct buf *settings,
                  struct buf *data, struct err *e) {
    struct series s = {.values = kind->values};
    struct row *rows = NULL;
    size_t n = 0;
    bool any = false;
    int result = -1;
    if (read_rows(csv, kind->values, &rows, &n, e) != 0 || fold(&s, rows, n, e) != 0 ||
        write_axes(&s, kind, settings, &any, e) != 0)
        goto done;
    bool alone[VALUES_MAX] = {false, false};
    if (kind->level)
        write_level(&s, data);
    else
        write_data(&s, data, alone);
    buf_printf(settings, "empty = %d\nalone_1 = %d\nalone_2 = %d\n", !any, alone[0], alone[1]);
    result = 0;

done:
    free(rows);
    free(s.steps);
    return result;
}
