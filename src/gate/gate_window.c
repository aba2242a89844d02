#include "gate/gate_window.h"

#include <math.h>
#include <stdlib.h>

#include "stats/interval.h"
#include "stats/quantile.h"
#include "stats/series.h"
#include "stats/wilson.h"
#include "util/clock.h"
#include "util/memory.h"

#define CONFIDENCE 0.95

int gate_window_init(struct gate_window *w, const struct gate_rule *rule, int64_t range_us,
                     struct err *e) {
    if (range_us < 0)
        range_us = 0;
    if (range_us / US_PER_S >= SERIES_SECONDS_MAX)
        return err_set(e, "the recorded duration is %g seconds; the file is damaged",
                       (double)range_us / US_PER_S);
    size_t whole = (size_t)(range_us / US_PER_S);
    struct gate_second *seconds = calloc(whole + 1, sizeof *seconds);
    if (seconds == NULL)
        return err_memory(e, "a threshold over %zu seconds", whole);
    *w = (struct gate_window){.rule = rule,
                              .seconds = seconds,
                              .count = whole + (range_us % US_PER_S != 0),
                              .whole = whole,
                              .width = (size_t)(rule->over_ns / 1000000000)};
    return 0;
}

void gate_window_done(struct gate_window *w) {
    for (size_t i = 0; w->seconds != NULL && i <= w->whole; i++)
        free(w->seconds[i].values);
    free(w->seconds);
    *w = (struct gate_window){0};
}

struct gate_second *gate_window_at(struct gate_window *w, int64_t us) {
    size_t i = (size_t)(us / US_PER_S);
    return &w->seconds[i < w->whole ? i : w->whole];
}

static bool is_complete(const struct gate_second *s) {
    return s->seen == s->slot.n;
}

void gate_window_gather(struct gate_window *w, int64_t us, int64_t value) {
    struct gate_second *s = gate_window_at(w, us);
    if (s == &w->seconds[w->whole])
        return; /* no window has it */
    if (s->values == NULL && s->seen == 0) {
        s->values = malloc(s->slot.n * sizeof *s->values);
        if (s->values == NULL)
            memory_note();
    }
    if (s->values == NULL || is_complete(s)) {
        w->failed = true;
        return;
    }
    s->values[s->seen++] = value;
    if (!is_complete(s))
        return;
    quantile_sort(s->values, s->slot.n);
    gate_window_advance(w);
}

/* How many of the window's values are at most x. */
static uint64_t count_to(const struct gate_second *s, size_t width, int64_t x) {
    uint64_t all = 0;
    for (size_t i = 0; i < width; i++) {
        size_t low = 0, high = s[i].slot.n;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (s[i].values[middle] <= x)
                low = middle + 1;
            else
                high = middle;
        }
        all += low;
    }
    return all;
}

/* The value that sorting all of the window's would put at `rank`. */
static int64_t ranked(const struct gate_second *s, size_t width, const struct gate_slot *m,
                      uint64_t rank) {
    int64_t low = m->min, high = m->max;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (count_to(s, width, middle) > rank)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static double badness(const struct gate_rule *r, double value) {
    switch (r->op) {
    case GATE_LT:
    case GATE_LE:
        return value;
    case GATE_GT:
    case GATE_GE:
        return -value;
    case GATE_EQ:
        return fabs(value - r->limit);
    case GATE_NE:
        return -fabs(value - r->limit);
    }
    return 0;
}

/* What one window gives: its value, and the interval where that costs nothing. */
struct look {
    struct gate_slot all;
    double value, low, high;
    uint64_t samples;
    bool any;
};

static void look_gauge(const struct gate_second *s, size_t width, enum gate_aggregation of,
                       struct look *x) {
    double sum = 0, low = HUGE_VAL, high = -HUGE_VAL;
    for (size_t i = 0; i < width; i++) {
        if (!s[i].known)
            continue;
        x->samples++;
        x->value = s[i].level;
        sum += s[i].level;
        low = fmin(low, s[i].lowest);
        high = fmax(high, s[i].highest);
    }
    x->any = x->samples > 0;
    if (!x->any)
        return;
    if (of == GATE_AVG)
        x->value = sum / (double)x->samples;
    else if (of != GATE_VALUE)
        x->value = of == GATE_MIN ? low : high;
}

static void look_trend(const struct gate_window *w, const struct gate_second *s, struct look *x) {
    const struct gate_rule *r = w->rule;
    double per_ms = gate_per_ms(r->metric);
    x->any = x->all.n > 0;
    x->samples = x->all.n;
    if (!x->any)
        return;
    if (r->aggregation == GATE_QUANTILE) {
        struct quantile_rank at = quantile_rank(r->p, x->all.n);
        int64_t lower = ranked(s, w->width, &x->all, at.lower), upper = lower;
        if (at.upper != at.lower)
            upper = ranked(s, w->width, &x->all, at.upper);
        x->value = quantile_between(lower, upper, at.fraction) / per_ms;
    } else if (r->aggregation == GATE_AVG) {
        gate_slot_mean(&x->all, w->shift, &x->value, &x->low, &x->high);
        x->value /= per_ms;
        x->low /= per_ms;
        x->high /= per_ms;
    } else
        x->value = (double)(r->aggregation == GATE_MIN ? x->all.min : x->all.max) / per_ms;
}

static void look(const struct gate_window *w, const struct gate_second *s, struct look *x) {
    const struct gate_rule *r = w->rule;
    *x = (struct look){.value = (double)NAN, .low = (double)NAN, .high = (double)NAN};
    for (size_t i = 0; i < w->width; i++)
        gate_slot_join(&x->all, &s[i].slot);
    switch (gate_metrics[r->metric].kind) {
    case GATE_COUNTER:
        x->any = true;
        x->samples = x->all.total;
        x->value = (double)x->all.amount;
        if (r->aggregation == GATE_PER_SECOND)
            x->value /= (double)w->width;
        break;
    case GATE_RATE:
        x->any = x->all.total > 0;
        x->samples = x->all.total;
        if (x->any) {
            x->value = (double)x->all.amount / (double)x->all.total;
            wilson_interval(x->all.amount, x->all.total, WILSON_Z95, &x->low, &x->high);
        }
        break;
    case GATE_GAUGE:
        look_gauge(s, w->width, r->aggregation, x);
        break;
    case GATE_TREND:
        look_trend(w, s, x);
        break;
    }
}

static void evaluate(struct gate_window *w, size_t at) {
    struct look x;
    const struct gate_rule *r = w->rule;
    const struct gate_second *s = &w->seconds[at];
    look(w, s, &x);
    w->windows++;
    if (!x.any) {
        if (w->empty++ == 0)
            w->first_empty = at;
        w->crossed++;
        return;
    }
    w->crossed += !gate_holds(r->op, x.value, r->limit);
    double bad = badness(r, x.value);
    if (w->any && bad <= w->badness)
        return;
    uint64_t lower = 0, upper = 0;
    if (r->aggregation == GATE_QUANTILE && r->p > 0 && r->p < 1 &&
        interval_quantile(r->p, x.all.n, CONFIDENCE, &lower, &upper)) {
        x.low = (double)ranked(s, w->width, &x.all, lower) / gate_per_ms(r->metric);
        x.high = (double)ranked(s, w->width, &x.all, upper) / gate_per_ms(r->metric);
    }
    w->any = true;
    w->badness = bad;
    w->worst = at;
    w->value = x.value;
    w->low = x.low;
    w->high = x.high;
    w->samples = x.samples;
}

void gate_window_advance(struct gate_window *w) {
    bool gathers = w->rule->aggregation == GATE_QUANTILE;
    while (w->next + w->width <= w->whole) {
        struct gate_second *s = &w->seconds[w->next];
        for (size_t i = 0; gathers && i < w->width; i++)
            if (!is_complete(&s[i]))
                return;
        evaluate(w, w->next);
        free(s->values);
        s->values = NULL;
        w->next++;
    }
}
