#include "report/figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/heat_colours.h"

const struct figure_points_kind figure_points_kinds[POINTS_KINDS] = {
    {POINTS_WARM, "warm"}, {POINTS_UNKNOWN, "unknown"}, {POINTS_COLD, "cold"}};

const char *figure_on_page(const struct figure_text *t) {
    return t->on_page != NULL ? t->on_page : t->text;
}

const char *figure_in_picture(const struct figure_text *t) {
    return t->in_picture != NULL ? t->in_picture : t->text;
}

double figure_point_x(const struct figure *f, const struct point *p) {
    return f->x_name != NULL ? (double)p->at_us : (double)p->at_us / 1e6;
}

const char *figure_counted(const struct figure *f) {
    return f->counted != NULL ? f->counted : "requests";
}

static bool is_over_time(const struct figure *f) {
    return f->kind == FIGURE_LINES || f->kind == FIGURE_LEVELS;
}

double figure_largest(const struct figure *f, size_t i) {
    double most = (double)NAN;
    for (size_t k = 0; i < f->series_count && k < f->series[i].n; k++)
        most = fmax(most, f->series[i].y[k]);
    return most;
}

size_t figure_steps(const struct figure *f) {
    return (f->seconds + f->step_seconds - 1) / f->step_seconds;
}

size_t figure_edge_s(const struct figure *f, size_t i) {
    size_t second = i * f->step_seconds;
    return second < f->seconds ? second : f->seconds;
}

static double *no_values(size_t n) {
    double *all = malloc((n + 1) * sizeof *all);
    for (size_t i = 0; all != NULL && i < n; i++)
        all[i] = (double)NAN;
    return all;
}

struct figure_series *figure_add(struct figure *f, size_t n, struct err *e) {
    struct figure_series *grown = realloc(f->series, (f->series_count + 1) * sizeof *grown);
    if (grown == NULL)
        goto no_memory;
    f->series = grown;
    struct figure_series *s = &f->series[f->series_count];
    *s = (struct figure_series){.n = is_over_time(f) ? figure_steps(f) : n};
    f->series_count++;
    s->y = no_values(s->n);
    bool ok = s->y != NULL;
    if (is_over_time(f))
        ok = ok && (s->seconds = no_values(f->seconds)) != NULL;
    else
        ok = ok && (s->x = no_values(s->n)) != NULL;
    if (f->kind == FIGURE_SHIFT)
        ok = ok && (s->low = no_values(s->n)) != NULL && (s->high = no_values(s->n)) != NULL;
    if (f->kind == FIGURE_DISTRIBUTION)
        ok = ok && (s->percentile = no_values(s->n)) != NULL;
    if (ok)
        return s;
no_memory:
    err_memory(e, "the figure %s", f->key);
    return NULL;
}

void figure_done(struct figure *f) {
    for (size_t i = 0; i < f->series_count; i++) {
        struct figure_series *s = &f->series[i];
        free(s->label);
        free(s->seconds);
        free(s->x);
        free(s->y);
        free(s->low);
        free(s->high);
        free(s->percentile);
    }
    free(f->series);
    f->series = NULL;
    f->series_count = 0;
}

bool figure_is_empty(const struct figure *f) {
    return isnan(f->max);
}

static void fold(const struct figure *f, struct figure_series *s) {
    for (size_t i = 0; i < s->n; i++) {
        double sum = 0;
        size_t have = 0;
        for (size_t k = figure_edge_s(f, i); k < figure_edge_s(f, i + 1); k++) {
            sum += isnan(s->seconds[k]) ? 0 : s->seconds[k];
            have += isnan(s->seconds[k]) ? 0 : 1;
        }
        s->y[i] = have > 0 ? sum / (double)have : (double)NAN;
    }
}

static double requests_of(const struct figure_series *s) {
    return s->n == 0 ? 0 : s->x[s->n - 1]; /* the inverse of the maximum */
}

/* The endpoint with the most requests of those behind `last`, by requests, then by place. */
static size_t busiest_after(const struct figure *f, size_t last) {
    size_t best = f->series_count;
    for (size_t i = 0; i < f->series_count; i++) {
        double requests = requests_of(&f->series[i]);
        if (f->series[i].total || requests == 0)
            continue;
        if (last < f->series_count) {
            double before = requests_of(&f->series[last]);
            if (requests > before || (requests == before && i <= last))
                continue;
        }
        if (best == f->series_count || requests > requests_of(&f->series[best]))
            best = i;
    }
    return best;
}

/* The total, then the endpoints with the most requests; those that come first where they have the
 * same number. */
static void choose(struct figure *f) {
    for (size_t i = 0; i < f->series_count; i++) {
        bool any = f->series[i].n > 0;
        if (any && f->series[i].total)
            f->drawn[f->drawn_count++] = i;
        f->endpoints += any && !f->series[i].total;
    }
    size_t last = f->series_count;
    for (size_t k = 0; k < f->endpoints && k < FIGURE_ENDPOINTS_MAX; k++)
        f->drawn[f->drawn_count++] = last = busiest_after(f, last);
    if (f->endpoints > FIGURE_ENDPOINTS_MAX) {
        snprintf(f->legend_text, sizeof f->legend_text,
                 "The %d of %zu endpoints with the most requests", FIGURE_ENDPOINTS_MAX,
                 f->endpoints);
        f->legend.text = f->legend_text;
    }
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of n values, those that are NAN left out; 0 where none is left. */
static int median(const double *values, size_t n, double *out, struct err *e) {
    double *all = malloc((n + 1) * sizeof *all);
    size_t have = 0;
    if (all == NULL)
        return err_memory(e, "a figure of %zu points", n);
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            all[have++] = values[i];
    qsort(all, have, sizeof *all, compare_doubles);
    *out = have > 0 ? all[have / 2] : 0;
    free(all);
    return 0;
}

static void widen(struct figure *f, const double *values, size_t n) {
    for (size_t i = 0; i < n; i++) { /* fmin and fmax pass over NAN */
        f->min = fmin(f->min, values[i]);
        f->max = fmax(f->max, values[i]);
    }
}

static int measure_over_time(struct figure *f, struct err *e) {
    for (size_t i = 0; i < f->series_count; i++) {
        if (!f->of_requests)
            fold(f, &f->series[i]);
        widen(f, f->series[i].y, f->series[i].n);
    }
    return f->series_count > 0 ? median(f->series[0].y, f->series[0].n, &f->median, e) : 0;
}

static void measure_distribution(struct figure *f) {
    choose(f);
    for (size_t i = 0; i < f->drawn_count; i++)
        widen(f, f->series[f->drawn[i]].y, f->series[f->drawn[i]].n);
    const struct figure_series *s = f->drawn_count > 0 ? &f->series[f->drawn[0]] : NULL;
    for (size_t i = 0; s != NULL && i < s->n; i++) {
        f->median = s->y[i];
        if (s->x[i] >= 2)
            break;
    }
}

static int measure_points(struct figure *f, struct err *e) {
    size_t n = f->points->count;
    double *ms = malloc((n + 1) * sizeof *ms);
    if (ms == NULL)
        return err_memory(e, "a figure of %zu points", n);
    for (size_t i = 0; i < n; i++)
        ms[i] = (double)f->points->all[i].took_us / 1000;
    widen(f, ms, n);
    int result = median(ms, n, &f->median, e);
    free(ms);
    return result;
}

static void measure_heat(struct figure *f) {
    heatmap_rows(f->heat, FIGURE_HEAT_ROWS, &f->heat_rows);
    heatmap_levels(f->heat_rows.highest, HEAT_COLOURS, &f->heat_levels);
    if (f->heat_rows.count == 0)
        return;
    f->min = heatmap_edge_us(&f->heat_rows, 0) / 1000;
    f->max = heatmap_edge_us(&f->heat_rows, f->heat_rows.count) / 1000;
}

static int measure(struct figure *f, struct err *e) {
    f->min = f->max = (double)NAN;
    f->median = 0;
    switch (f->kind) {
    case FIGURE_LINES:
    case FIGURE_LEVELS:
        return measure_over_time(f, e);
    case FIGURE_DISTRIBUTION:
        measure_distribution(f);
        return 0;
    case FIGURE_POINTS:
        return measure_points(f, e);
    case FIGURE_HEAT:
        measure_heat(f);
        return 0;
    case FIGURE_SHIFT:
        for (size_t i = 0; i < f->series_count; i++)
            widen(f, f->series[i].y, f->series[i].n);
        break;
    case FIGURE_CURVES: /* the axis of the times */
        for (size_t i = 0; i < f->series_count && i < FIGURE_CURVE_TIMES; i++)
            widen(f, f->series[i].y, f->series[i].n);
        if (!isnan(f->max) && !isnan(f->limit_ms)) /* the limit is part of the picture */
            widen(f, &f->limit_ms, 1);
        return f->series_count > 0 ? median(f->series[0].y, f->series[0].n, &f->median, e) : 0;
    }
    return 0;
}

/* The largest number on the x axis of points or curves. */
static double farthest(const struct figure *f) {
    double most = 0;
    if (f->kind == FIGURE_CURVES && f->series_count > 0 && f->series[0].n > 0)
        return f->series[0].x[f->series[0].n - 1];
    if (f->points == NULL)
        return 1;
    for (size_t i = 0; i < f->points->count; i++)
        most = fmax(most, figure_point_x(f, &f->points->all[i]));
    return most;
}

/* A shift has the percentiles from 0 to 100 and an axis as its values need it. */
static void choose_axes(struct figure *f) {
    double requests = 1; /* the most of one line */
    for (size_t i = 0; i < f->drawn_count; i++) {
        const struct figure_series *s = &f->series[f->drawn[i]];
        requests = fmax(requests, s->x[s->n - 1]);
    }
    if (f->kind == FIGURE_DISTRIBUTION)
        f->x = axis_percentiles(requests);
    else if (f->x_name != NULL)
        f->x = axis_values(AXIS_COUNT, 0, 0, farthest(f));
    else
        f->x = axis_time(f->seconds);
    if (f->kind != FIGURE_HEAT)
        f->y = axis_values(f->unit, f->min, f->median, f->max);
    else if (figure_is_empty(f))
        f->y = axis_latencies(1, 10);
    else
        f->y = axis_latencies(f->min, f->max);
}

int figure_finish(struct figure *f, struct err *e) {
    f->there = true;
    if (measure(f, e) != 0)
        return -1;
    if (f->kind != FIGURE_SHIFT)
        choose_axes(f);
    return 0;
}

void figure_time_label(struct buf *out, const struct figure *f) {
    axis_time_label(out, f->seconds > 0 ? f->seconds : 1);
    if (is_over_time(f))
        axis_step_label(out, f->step_seconds, f->of_requests);
}
