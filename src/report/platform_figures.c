#include "report/platform_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/quantile.h"
#include "util/array.h"
#include "util/clock.h"

struct span {
    int64_t from_us, to_us;
    double value;
    bool derived;
};

/* The points of one metric, or of one label of it. */
struct spans {
    const char *label; /* NULL: all, added up */
    struct span *all;
    size_t count, cap;
    bool measured; /* some are not derived */
    struct err *e;
};

static int take_point(void *context, const struct reader_point *p) {
    struct spans *s = context;
    if (s->label != NULL && strcmp(p->label, s->label) != 0)
        return 0;
    struct span *grown = array_room(s->all, &s->cap, s->count + 1, sizeof *grown);
    if (grown == NULL)
        return err_memory(s->e, "%zu points of %s", s->count + 1, p->metric);
    s->all = grown;
    bool interval = p->start_us != READER_NO_VALUE && p->start_us < p->at_us;
    s->measured = s->measured || !p->derived;
    s->all[s->count++] = (struct span){.from_us = interval ? p->start_us : READER_NO_VALUE,
                                       .to_us = p->at_us,
                                       .value = p->value,
                                       .derived = p->derived};
    return 0;
}

/* A moment stands for the time since the one before it, but for no longer than they are usually
 * apart, or there would be no gap where points are missing. */
static int give_moments_a_length(struct spans *s) {
    int64_t *apart = calloc(s->count + 1, sizeof *apart);
    size_t n = 0;
    if (apart == NULL)
        return err_memory(s->e, "%zu points", s->count);
    for (size_t i = 1; i < s->count; i++)
        if (s->all[i].to_us > s->all[i - 1].to_us)
            apart[n++] = s->all[i].to_us - s->all[i - 1].to_us;
    quantile_sort(apart, n);
    int64_t usual = n > 0 ? apart[n / 2] : US_PER_S;
    free(apart);
    for (size_t i = 0; i < s->count; i++) {
        struct span *x = &s->all[i];
        if (x->from_us != READER_NO_VALUE)
            continue;
        x->from_us = x->to_us - usual;
        bool follows = i > 0 && s->all[i - 1].to_us < x->to_us;
        if (follows && x->to_us - s->all[i - 1].to_us < usual + usual / 2)
            x->from_us = s->all[i - 1].to_us;
    }
    return 0;
}

static void add(double *to, double value) {
    *to = isnan(*to) ? value : *to + value;
}

/* Levels: a second has the value that holds in its middle. */
static void fill_level(const struct span *x, double *out, size_t seconds) {
    int64_t half = US_PER_S / 2;
    int64_t first = x->from_us < half ? 0 : (x->from_us - half) / US_PER_S + 1;
    for (int64_t s = first; s < (int64_t)seconds && s * US_PER_S + half <= x->to_us; s++)
        out[s] = x->value;
}

/* Amounts: spread evenly over their interval. */
static void fill_amount(const struct span *x, double *out, size_t seconds) {
    double length = (double)(x->to_us - x->from_us);
    int64_t first = x->from_us < 0 ? 0 : x->from_us / US_PER_S;
    for (int64_t s = first; s < (int64_t)seconds && s * US_PER_S < x->to_us; s++) {
        int64_t from = s * US_PER_S, to = from + US_PER_S;
        if (from < x->from_us)
            from = x->from_us;
        if (to > x->to_us)
            to = x->to_us;
        add(&out[s], x->value * (double)(to - from) / length);
    }
}

enum shape { LEVEL, AMOUNT };

static bool any_value(const double *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isnan(values[i]))
            return true;
    return false;
}

static int empty_line(size_t seconds, double **out, struct err *e) {
    double *line = calloc(seconds + 1, sizeof *line);
    if (line == NULL) {
        err_memory(e, "a run of %zu seconds", seconds);
        return -1;
    }
    for (size_t i = 0; i < seconds; i++)
        line[i] = (double)NAN;
    *out = line;
    return 0;
}

static int draw_spans(struct spans *points, enum shape shape, size_t seconds, double scale,
                      double **out) {
    double *line = NULL;
    if (give_moments_a_length(points) != 0 || empty_line(seconds, &line, points->e) != 0)
        return -1;
    for (size_t i = 0; i < points->count; i++) {
        struct span *x = &points->all[i];
        if (x->derived && points->measured)
            continue;
        x->value *= scale;
        if (shape == LEVEL)
            fill_level(x, line, seconds);
        else
            fill_amount(x, line, seconds);
    }
    if (any_value(line, seconds))
        *out = line;
    else
        free(line);
    return 0;
}

/* Numbers of the view platform_series; *out stays NULL where the run's time has none of them. */
static int line_of_series(struct reader *r, const char *metric, const char *label, enum shape shape,
                          size_t seconds, double **out, struct err *e) {
    struct spans points = {.label = label, .e = e};
    int result = reader_points(r, metric, take_point, &points, e);
    if (result == 0 && points.count > 0)
        result = draw_spans(&points, shape, seconds, 1, out);
    free(points.all);
    return result;
}

/* The means of distributions; where the metric has none, its numbers. */
static int line_of_means(struct reader *r, const char *metric, double scale, size_t seconds,
                         double **out, struct err *e) {
    struct spans points = {.label = NULL, .e = e};
    int result = reader_distributions(r, metric, take_point, &points, e);
    if (result == 0 && points.count == 0)
        result = reader_points(r, metric, take_point, &points, e);
    if (result == 0 && points.count > 0)
        result = draw_spans(&points, LEVEL, seconds, scale, out);
    free(points.all);
    return result;
}

static int instance_count(struct reader *r, struct platform *s, struct err *e) {
    struct platform_lines *f = &s->figures[PLATFORM_INSTANCE_COUNT];
    const char *metric = "container/instance_count";
    if (line_of_series(r, metric, "active", LEVEL, s->seconds, &f->first, e) != 0 ||
        line_of_series(r, metric, "idle", LEVEL, s->seconds, &f->second, e) != 0)
        return -1;
    /* A platform that never had an idle one may not list the state. */
    if (f->first == NULL && f->second != NULL && empty_line(s->seconds, &f->first, e) != 0)
        return -1;
    if (f->second == NULL && f->first != NULL && empty_line(s->seconds, &f->second, e) != 0)
        return -1;
    f->reason = "neither the log nor the metrics have instances during the run";
    return 0;
}

static int request_count(struct reader *r, struct platform *s, struct err *e) {
    struct platform_lines *f = &s->figures[PLATFORM_REQUEST_COUNT];
    f->reason = "neither the log nor the metrics have requests during the run";
    if (s->side.requests > 0) {
        if (empty_line(s->seconds, &f->second, e) != 0)
            return -1;
        for (size_t i = 0; i < s->seconds; i++)
            f->second[i] = s->arrived[i];
    } else if (line_of_series(r, "request_count", NULL, AMOUNT, s->seconds, &f->second, e) != 0)
        return -1;
    if (f->second == NULL)
        return 0;
    if (empty_line(s->seconds, &f->first, e) != 0)
        return -1;
    for (size_t i = 0; i < s->seconds; i++)
        f->first[i] = s->sent[i];
    return 0;
}

static void line_of_seconds(const struct series *from, double *out, size_t seconds) {
    for (size_t i = 0; i < seconds && i < series_seconds(from); i++) {
        struct series_second x;
        series_at(from, i, &x);
        out[i] = x.p95_ms;
    }
}

static int latency(struct reader *r, struct platform *s, struct err *e) {
    struct platform_lines *f = &s->figures[PLATFORM_LATENCY];
    f->reason = "neither the log nor the metrics have latencies during the run";
    if (s->times[PLATFORM_LOG].count > 0) {
        if (empty_line(s->seconds, &f->first, e) != 0 || empty_line(s->seconds, &f->second, e) != 0)
            return -1;
        line_of_seconds(s->with, f->first, s->seconds);
        line_of_seconds(s->without, f->second, s->seconds);
        if (!any_value(f->first, s->seconds)) {
            free(f->first);
            free(f->second);
            f->first = f->second = NULL;
            f->reason = "no request reached an instance during the run";
        }
        return 0;
    }
    s->latency_is_mean = true;
    if (line_of_means(r, "request_latency/e2e_latencies", 1, s->seconds, &f->first, e) != 0 ||
        line_of_means(r, "request_latencies", 1, s->seconds, &f->second, e) != 0)
        return -1;
    if (f->first == NULL && f->second != NULL && empty_line(s->seconds, &f->first, e) != 0)
        return -1;
    if (f->second == NULL && f->first != NULL && empty_line(s->seconds, &f->second, e) != 0)
        return -1;
    return 0;
}

int platform_figures_make(struct reader *r, struct platform *s, struct err *e) {
    struct platform_lines *f = s->figures;
    f[PLATFORM_BILLABLE_TIME].reason =
        "the file has no container/billable_instance_time during the run";
    f[PLATFORM_CPU].reason =
        "the file has no container/cpu/utilizations during the run; logs do not contain it, so "
        "import the metrics too";
    f[PLATFORM_MEMORY].reason =
        "the file has no container/memory/utilizations during the run; logs do not contain it, so "
        "import the metrics too";
    if (instance_count(r, s, e) != 0 || request_count(r, s, e) != 0 || latency(r, s, e) != 0 ||
        line_of_series(r, "container/billable_instance_time", NULL, AMOUNT, s->seconds,
                       &f[PLATFORM_BILLABLE_TIME].first, e) != 0 ||
        line_of_means(r, "container/cpu/utilizations", 100, s->seconds, &f[PLATFORM_CPU].first,
                      e) != 0)
        return -1;
    return line_of_means(r, "container/memory/utilizations", 100, s->seconds,
                         &f[PLATFORM_MEMORY].first, e);
}

int platform_figures_bill_lives(struct platform *s, struct err *e) {
    struct platform_lines *f = &s->figures[PLATFORM_BILLABLE_TIME];
    double *line = NULL;
    if (s->with == NULL || s->metric_billable_s > 0 || s->instance_count == 0)
        return 0;
    if (empty_line(s->seconds, &line, e) != 0)
        return -1;
    for (size_t i = 0; i < s->seconds; i++)
        line[i] = 0;
    for (size_t i = 0; i < s->instance_count; i++) {
        const struct platform_instance *x = &s->instances[i];
        const struct span life = {.from_us = x->at.started_us,
                                  .to_us = x->at.started_us + x->life_us,
                                  .value = (double)x->life_us / (double)US_PER_S};
        if (x->life_us > 0)
            fill_amount(&life, line, s->seconds);
    }
    free(f->first);
    f->first = line;
    return 0;
}
