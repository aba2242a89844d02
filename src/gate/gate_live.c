#include "gate/gate_live.h"

#include <math.h>
#include <stdlib.h>

#include "gate/gate_live_internal.h"
#include "stats/quantile.h"
#include "util/clock.h"

#define WHOLE_BITS 9u
#define SECOND_BITS 8u

static int counted_init(struct live_counted *c, bool quantile, unsigned bits, struct err *e) {
    return quantile ? hist_init(&c->hist, bits, e) : 0;
}

void gate_live_clear(struct live_counted *c) {
    c->slot = (struct gate_slot){0};
    if (c->hist.counts != NULL)
        hist_reset(&c->hist);
}

static int task_init(struct live_task *t, const struct gate_rule *r, const struct gate_subject *s,
                     struct err *e) {
    bool quantile = r->aggregation == GATE_QUANTILE;
    *t = (struct live_task){.newest = -1};
    if (gate_scope_init(&t->scope, r, s, INT64_MAX, e) != 0)
        return -1;
    /* After the load users leave. */
    if (t->scope.metric->kind == GATE_GAUGE && s->duration_us > 0 &&
        s->duration_us < t->scope.finish_us)
        t->scope.finish_us = s->duration_us;
    if (r->over_ns == 0)
        return counted_init(&t->whole, quantile, WHOLE_BITS, e);
    size_t n = (size_t)(r->over_ns / 1000000000) + 2 * GATE_LATE_S + 2;
    t->seconds = calloc(n, sizeof *t->seconds);
    if (t->seconds == NULL)
        return err_memory(e, "thresholds");
    t->second_count = n;
    for (size_t i = 0; i < n; i++)
        if (counted_init(&t->seconds[i], quantile, SECOND_BITS, e) != 0)
            return -1;
    return 0;
}

static void task_done(struct live_task *t) {
    for (size_t i = 0; i < t->second_count; i++)
        hist_done(&t->seconds[i].hist);
    free(t->seconds);
    hist_done(&t->whole.hist);
    gate_scope_done(&t->scope);
}

int gate_live_new(const struct gate_rules *rules, const struct gate_subject *subject,
                  struct gate_live **out, struct err *e) {
    struct gate_live *l = calloc(1, sizeof *l);
    if (l == NULL)
        return err_memory(e, "thresholds");
    if (pthread_mutex_init(&l->lock, NULL) != 0) {
        free(l);
        return err_set(e, "no mutex for thresholds");
    }
    l->tasks = calloc(rules->count + 1, sizeof *l->tasks);
    if (l->tasks == NULL) {
        gate_live_free(l);
        return err_memory(e, "thresholds");
    }
    int result = hist_init(&l->merged, SECOND_BITS, e);
    for (size_t i = 0; i < rules->count && result == 0; i++) {
        l->count = i + 1;
        result = task_init(&l->tasks[i], &rules->items[i], subject, e);
    }
    if (result == 0)
        *out = l;
    else
        gate_live_free(l);
    return result;
}

bool gate_live_wants(const struct gate_live *l, enum gate_source source) {
    for (size_t i = 0; i < l->count; i++)
        if (l->tasks[i].scope.metric->source == source)
            return true;
    return false;
}

void gate_live_free(struct gate_live *l) {
    if (l == NULL)
        return;
    for (size_t i = 0; l->tasks != NULL && i < l->count; i++)
        task_done(&l->tasks[i]);
    free(l->tasks);
    hist_done(&l->merged);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* ---- what is seen ---- */

struct live_counted *gate_live_second(struct live_task *t, int64_t second) {
    int64_t n = (int64_t)t->second_count;
    if (second <= t->newest - n)
        return NULL;
    for (int64_t i = second - n >= t->newest ? second - n + 1 : t->newest + 1; i <= second; i++)
        gate_live_clear(&t->seconds[i % n]);
    if (second > t->newest)
        t->newest = second;
    return &t->seconds[second % n];
}

static void add(struct live_task *t, const struct gate_gain *gain) {
    struct live_counted *c = &t->whole;
    if (t->seconds != NULL)
        c = gate_live_second(t, (gain->at_us - t->scope.begin_us) / US_PER_S);
    if (c == NULL || (!gain->timed && gain->total == 0))
        return;
    if (gain->timed && !t->any) {
        t->any = true;
        t->shift = gain->time;
    }
    gate_slot_add(&c->slot, gain, t->shift);
    if (gain->timed && c->hist.counts != NULL)
        hist_record(&c->hist, gain->time);
}

void gate_live_add(struct gate_live *l, const struct request *requests, size_t n) {
    struct gate_gain gain;
    pthread_mutex_lock(&l->lock);
    for (size_t k = 0; k < l->count; k++)
        for (size_t i = 0; i < n; i++)
            if (gate_scope_request(&l->tasks[k].scope, &requests[i], &gain))
                add(&l->tasks[k], &gain);
    pthread_mutex_unlock(&l->lock);
}

void gate_live_answer(struct gate_live *l, const struct request *x, const struct gate_answer *a) {
    struct gate_gain gain;
    pthread_mutex_lock(&l->lock);
    for (size_t k = 0; k < l->count; k++) {
        const char *at = a->gaps;
        if (!gate_scope_answer(&l->tasks[k].scope, x, a, &gain))
            continue;
        do
            add(&l->tasks[k], &gain);
        while (gate_scope_gap(&l->tasks[k].scope, x, a, &at, &gain));
    }
    pthread_mutex_unlock(&l->lock);
}

void gate_live_iteration(struct gate_live *l, uint32_t task, int64_t end_us, int64_t took_us) {
    struct gate_gain gain;
    pthread_mutex_lock(&l->lock);
    for (size_t k = 0; k < l->count; k++)
        if (gate_scope_iteration(&l->tasks[k].scope, task, end_us, took_us, &gain))
            add(&l->tasks[k], &gain);
    pthread_mutex_unlock(&l->lock);
}

void gate_live_check(struct gate_live *l, uint32_t check, uint32_t second, uint32_t passes,
                     uint32_t fails) {
    struct gate_gain gain;
    pthread_mutex_lock(&l->lock);
    for (size_t k = 0; k < l->count; k++)
        if (gate_scope_check(&l->tasks[k].scope, check, second, passes, fails, &gain))
            add(&l->tasks[k], &gain);
    pthread_mutex_unlock(&l->lock);
}

void gate_live_gauge(struct gate_live *l, enum gate_metric metric, double value) {
    pthread_mutex_lock(&l->lock);
    for (size_t k = 0; k < l->count; k++)
        if (l->tasks[k].scope.rule->metric == metric)
            l->tasks[k].level = value;
    pthread_mutex_unlock(&l->lock);
}

/* ---- what is evaluated ---- */

static bool surely_crossed(enum gate_op op, double low, double high, double limit) {
    switch (op) {
    case GATE_LT:
        return low >= limit;
    case GATE_LE:
        return low > limit;
    case GATE_GT:
        return high <= limit;
    case GATE_GE:
        return high < limit;
    case GATE_EQ:
        return limit < low || limit > high;
    case GATE_NE:
        return low == high && low == limit;
    }
    return false;
}

/* The bucket that the value of a rank is in. */
static size_t bucket_of(const struct hist *h, uint64_t rank) {
    size_t bucket = hist_bucket(h, h->min);
    for (uint64_t below = h->counts[bucket]; below <= rank; below += h->counts[bucket])
        bucket++;
    return bucket;
}

/* Between which values the one of a rank is. */
static void bound_rank(const struct hist *h, uint64_t rank, double *low, double *high) {
    size_t bucket = bucket_of(h, rank);
    double lowest = (double)hist_bucket_lowest(h, bucket);
    *low = fmax(lowest, (double)h->min);
    *high = fmin(lowest + (double)(hist_bucket_width(h, bucket) - 1), (double)h->max);
}

static void bound_quantile(const struct hist *h, double p, double per_ms, double *low,
                           double *high) {
    struct quantile_rank at = quantile_rank(p, h->total);
    double lower[2], upper[2];
    bound_rank(h, at.lower, &lower[0], &lower[1]);
    bound_rank(h, at.upper, &upper[0], &upper[1]);
    *low = (lower[0] + (upper[0] - lower[0]) * at.fraction) / per_ms;
    *high = (lower[1] + (upper[1] - lower[1]) * at.fraction) / per_ms;
}

/* Between which numbers a time is; false if there is none. `open`: more of it is to come. */
static bool bound_trend(const struct live_task *t, const struct live_counted *c, bool open,
                        double *low, double *high) {
    const struct gate_slot *s = &c->slot;
    double per_ms = gate_per_ms(t->scope.rule->metric);
    if (s->n == 0)
        return false;
    switch ((int)t->scope.rule->aggregation) {
    case GATE_AVG:
        *low = *high = ((double)t->shift + s->sum / (double)s->n) / per_ms;
        break;
    case GATE_MIN:
        *low = open ? 0 : (double)s->min / per_ms;
        *high = (double)s->min / per_ms;
        break;
    case GATE_MAX:
        *low = (double)s->max / per_ms;
        *high = open ? HUGE_VAL : (double)s->max / per_ms;
        break;
    default:
        bound_quantile(&c->hist, t->scope.rule->p, per_ms, low, high);
    }
    return true;
}

static bool bound_gauge(const struct live_task *t, double *low, double *high) {
    if (t->levels == 0)
        return false;
    *low = *high = t->level;
    if (t->scope.rule->aggregation == GATE_AVG)
        *low = *high = t->level_sum / (double)t->levels;
    else if (t->scope.rule->aggregation == GATE_MIN) {
        *low = 0;
        *high = t->level_min;
    } else if (t->scope.rule->aggregation == GATE_MAX) {
        *low = t->level_max;
        *high = HUGE_VAL;
    }
    return true;
}

/* All of the range so far. */
static bool bound_whole(const struct live_task *t, int64_t now_us, double *low, double *high) {
    const struct gate_slot *s = &t->whole.slot;
    double elapsed =
        (double)((now_us < t->scope.finish_us ? now_us : t->scope.finish_us) - t->scope.begin_us) /
        1e6;
    bool over = now_us >= t->scope.finish_us &&
                now_us - t->scope.finish_us >= (int64_t)GATE_LATE_S * US_PER_S;
    switch (t->scope.metric->kind) {
    case GATE_COUNTER:
        if (t->scope.rule->aggregation == GATE_COUNT) {
            *low = (double)s->amount;
            *high = over ? (double)s->amount : HUGE_VAL;
            return true;
        }
        /* What ended in the last second may not be here yet. */
        if (elapsed <= 1)
            return false;
        *low = (double)s->amount / elapsed;
        *high = (double)s->amount / (over ? elapsed : elapsed - 1);
        return true;
    case GATE_RATE:
        if (s->total == 0)
            return false;
        *low = *high = (double)s->amount / (double)s->total;
        return true;
    case GATE_GAUGE:
        return bound_gauge(t, low, high);
    case GATE_TREND:
        return bound_trend(t, &t->whole, !over, low, high);
    }
    return false;
}

static void join(struct gate_live *l, struct live_task *t, int64_t window,
                 struct live_counted *all) {
    int64_t width = t->scope.rule->over_ns / 1000000000;
    hist_reset(&l->merged);
    *all = (struct live_counted){0};
    for (int64_t i = window; i < window + width && i <= t->newest; i++) {
        const struct live_counted *c = &t->seconds[(size_t)i % t->second_count];
        gate_slot_join(&all->slot, &c->slot);
        if (c->hist.counts != NULL)
            hist_merge(&l->merged, &c->hist);
    }
    all->hist = l->merged;
}

/* False where the window is empty. */
static bool bound_window(struct gate_live *l, struct live_task *t, int64_t window, double *low,
                         double *high) {
    struct live_counted all;
    enum gate_kind kind = t->scope.metric->kind;
    join(l, t, window, &all);
    if (kind == GATE_TREND)
        return bound_trend(t, &all, false, low, high);
    double amount = (double)all.slot.amount;
    if (kind == GATE_RATE && all.slot.total == 0)
        return false;
    if (kind == GATE_RATE)
        amount /= (double)all.slot.total;
    else if (t->scope.rule->aggregation == GATE_PER_SECOND)
        amount /= (double)t->scope.rule->over_ns / 1e9;
    *low = *high = amount;
    return true;
}

/* The windows that ended long enough ago; one that is crossed stays so. */
static void look_at_windows(struct gate_live *l, struct live_task *t, int64_t now_us) {
    int64_t width_us = t->scope.rule->over_ns / 1000;
    for (;;) {
        int64_t end_us = t->scope.begin_us + t->next_window * US_PER_S + width_us;
        if (t->crossed || end_us > t->scope.finish_us ||
            end_us + (int64_t)GATE_LATE_S * US_PER_S > now_us)
            return;
        double low = (double)NAN, high = (double)NAN;
        gate_live_second(t, t->next_window + width_us / US_PER_S - 1);
        bool there = t->next_window > t->newest - (int64_t)t->second_count;
        if (there && (!bound_window(l, t, t->next_window, &low, &high) ||
                      surely_crossed(t->scope.rule->op, low, high, t->scope.rule->limit))) {
            t->crossed = true;
            t->bounded = true;
            t->low = low;
            t->high = high;
        }
        t->next_window++;
    }
}

static void look(struct gate_live *l, struct live_task *t, int64_t now_us) {
    enum gate_source source = t->scope.metric->source;
    bool gauge = t->scope.metric->kind == GATE_GAUGE;
    if (source == GATE_FROM_SERVER || now_us < t->scope.begin_us)
        return;
    if (gauge && now_us < t->scope.finish_us) {
        t->level_min = t->levels == 0 ? t->level : fmin(t->level_min, t->level);
        t->level_max = t->levels == 0 ? t->level : fmax(t->level_max, t->level);
        t->level_sum += t->level;
        t->levels++;
    }
    if (t->seconds != NULL && !gauge) {
        look_at_windows(l, t, now_us);
        return;
    }
    if (t->scope.rule->over_ns != 0)
        return; /* windows of a gauge: at the end */
    double low = 0, high = 0;
    t->bounded = bound_whole(t, now_us, &low, &high);
    t->crossed = t->bounded && surely_crossed(t->scope.rule->op, low, high, t->scope.rule->limit);
    t->low = low;
    t->high = high;
}

size_t gate_live_look(struct gate_live *l, int64_t now_us, struct gate_crossing *out, size_t max) {
    size_t n = 0;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->count && n < max; i++) {
        struct live_task *t = &l->tasks[i];
        look(l, t, now_us);
        bool ends = t->crossed && t->scope.rule->abort_on_fail && !t->ended &&
                    now_us >= t->scope.rule->delay_ns / 1000;
        if (!ends && (!t->crossed || t->reported))
            continue;
        t->reported = true;
        t->ended = t->ended || ends;
        out[n++] = (struct gate_crossing){
            .rule = t->scope.rule, .low = t->low, .high = t->high, .ends_run = ends};
    }
    pthread_mutex_unlock(&l->lock);
    return n;
}

void gate_live_state(struct gate_live *l, size_t rule, struct gate_state *out) {
    pthread_mutex_lock(&l->lock);
    const struct live_task *t = &l->tasks[rule];
    const struct gate_rule *r = t->scope.rule;
    double low = t->bounded ? t->low : (double)NAN, high = t->bounded ? t->high : (double)NAN;
    /* What may still change is shown as it is now. */
    if (r->aggregation == GATE_MIN)
        low = high;
    if (isinf(high))
        high = low;
    bool looked = t->bounded || t->next_window > 0;
    double margin = fmin(gate_margin(r->op, low, r->limit), gate_margin(r->op, high, r->limit));
    *out = (struct gate_state){.crossed = t->crossed,
                               .holds = looked && !t->crossed && !(margin < 0),
                               .low = low,
                               .high = high,
                               .margin = margin};
    pthread_mutex_unlock(&l->lock);
}
