#include "gate/live.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "stats/hist.h"
#include "stats/quantile.h"

#define US_PER_S 1000000
#define WHOLE_BITS 9u
#define SECOND_BITS 8u

/* What was seen in a second, or in all of them. */
struct slot {
    uint64_t amount, total;
    uint64_t n;
    double sum;
    int64_t min, max;
    struct hist hist; /* with percentiles only */
};

struct live_task {
    const struct gate_rule *rule;
    int64_t begin_us, finish_us;
    bool *fits;       /* by endpoint: what the rule is of */
    bool *others_fit; /* by task with steps, or by check */
    struct slot whole;
    struct slot *slots; /* a ring, of the newest seconds; NULL without windows */
    size_t slot_count;
    int64_t newest;      /* second in the ring; -1: none */
    int64_t next_window; /* not looked at yet */
    double level, level_sum, level_min, level_max;
    uint64_t levels;
    bool crossed, told, ended;
    double low, high;
};

struct gate_live {
    pthread_mutex_t lock;
    struct live_task *tasks;
    size_t count;
    size_t endpoint_count, iteration_count, check_count;
    struct hist merged; /* scratch */
};

static int slot_init(struct slot *s, bool quantile, unsigned bits, struct err *e) {
    return quantile ? hist_init(&s->hist, bits, e) : 0;
}

static void slot_clear(struct slot *s) {
    struct hist h = s->hist;
    if (h.counts != NULL)
        hist_reset(&h);
    *s = (struct slot){.hist = h};
}

static bool is_named(const char *wanted, const char *name) {
    return wanted == NULL || strcmp(wanted, name) == 0;
}

/* Which endpoints, tasks with steps, or checks a rule is of. */
static int set_fits(struct live_task *t, const struct gate_subject *s) {
    const struct gate_rule *r = t->rule;
    enum gate_source source = gate_metrics[r->metric].source;
    size_t endpoints = s->endpoint_count;
    bool *fits = t->fits = calloc(endpoints + 1, sizeof *fits);
    t->others_fit = calloc(s->iteration_count + s->check_count + 1, sizeof *t->others_fit);
    if (fits == NULL || t->others_fit == NULL)
        return -1;
    if (source == GATE_FROM_REQUESTS || (source == GATE_FROM_ITERATIONS && s->singles == NULL))
        for (size_t i = 0; i < endpoints; i++)
            fits[i] = gate_fits(r, s->endpoints[i].name, s->endpoints[i].method);
    else if (source == GATE_FROM_ITERATIONS)
        for (size_t i = 0; i < s->iteration_count; i++) {
            bool fit = is_named(r->name, s->iterations[i]);
            if (s->singles[i] == GATE_STEPS)
                t->others_fit[i] = fit;
            else if (s->singles[i] < endpoints)
                fits[s->singles[i]] = fit;
        }
    else if (source == GATE_FROM_CHECKS && s->checked != NULL)
        for (size_t i = 0; i < s->check_count; i++)
            t->others_fit[i] = is_named(r->name, s->checks[i]) && s->checked[i] < endpoints &&
                               is_named(r->request, s->endpoints[s->checked[i]].name);
    return 0;
}

static int task_init(struct live_task *t, const struct gate_rule *r, const struct gate_subject *s,
                     struct err *e) {
    bool quantile = r->aggregation == GATE_QUANTILE;
    *t = (struct live_task){.rule = r, .finish_us = INT64_MAX, .newest = -1};
    if (r->stage != 0) {
        t->begin_us = s->stages[r->stage - 1];
        t->finish_us = s->stages[r->stage];
    }
    /* After the load users leave. */
    if (gate_metrics[r->metric].kind == GATE_GAUGE && s->duration_us > 0 &&
        s->duration_us < t->finish_us)
        t->finish_us = s->duration_us;
    t->begin_us += r->from_ns / 1000;
    if (set_fits(t, s) != 0)
        return err_set(e, "out of memory for thresholds");
    if (r->over_ns == 0)
        return slot_init(&t->whole, quantile, WHOLE_BITS, e);
    size_t n = (size_t)(r->over_ns / 1000000000) + 2 * GATE_LATE_S + 2;
    t->slots = calloc(n, sizeof *t->slots);
    if (t->slots == NULL)
        return err_set(e, "out of memory for thresholds");
    t->slot_count = n;
    for (size_t i = 0; i < n; i++)
        if (slot_init(&t->slots[i], quantile, SECOND_BITS, e) != 0)
            return -1;
    return 0;
}

static void task_done(struct live_task *t) {
    for (size_t i = 0; i < t->slot_count; i++)
        hist_done(&t->slots[i].hist);
    free(t->slots);
    hist_done(&t->whole.hist);
    free(t->fits);
    free(t->others_fit);
}

int gate_live_new(const struct gate_rules *rules, const struct gate_subject *subject,
                  struct gate_live **out, struct err *e) {
    struct gate_live *l = calloc(1, sizeof *l);
    if (l == NULL)
        return err_set(e, "out of memory for thresholds");
    if (pthread_mutex_init(&l->lock, NULL) != 0) {
        free(l);
        return err_set(e, "no mutex for thresholds");
    }
    l->endpoint_count = subject->endpoint_count;
    l->iteration_count = subject->iteration_count;
    l->check_count = subject->check_count;
    l->tasks = calloc(rules->count + 1, sizeof *l->tasks);
    if (l->tasks == NULL) {
        gate_live_free(l);
        return err_set(e, "out of memory for thresholds");
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

/* The slot of a second, or NULL where the ring has gone on. */
static struct slot *slot_at(struct live_task *t, int64_t second) {
    int64_t oldest = t->newest - (int64_t)t->slot_count + 1;
    if (second < oldest)
        return NULL;
    for (int64_t i = second - (int64_t)t->slot_count >= t->newest
                         ? second - (int64_t)t->slot_count + 1
                         : t->newest + 1;
         i <= second; i++)
        slot_clear(&t->slots[(size_t)i % t->slot_count]);
    if (second > t->newest)
        t->newest = second;
    return &t->slots[(size_t)second % t->slot_count];
}

static void slot_add(struct slot *s, enum gate_kind kind, const struct gate_gain *gain) {
    if (kind != GATE_TREND) {
        s->amount += kind == GATE_RATE ? gain->hit : gain->amount;
        s->total++;
        return;
    }
    if (s->n == 0 || gain->us < s->min)
        s->min = gain->us;
    if (s->n == 0 || gain->us > s->max)
        s->max = gain->us;
    s->n++;
    s->sum += (double)gain->us;
    if (s->hist.counts != NULL)
        hist_record(&s->hist, gain->us);
}

/* Where what ended then is counted; NULL: nowhere. */
static struct slot *slot_of(struct live_task *t, int64_t at_us) {
    if (at_us < t->begin_us || at_us >= t->finish_us)
        return NULL;
    return t->slots == NULL ? &t->whole : slot_at(t, (at_us - t->begin_us) / US_PER_S);
}

static void add(struct live_task *t, const struct gate_sample *s) {
    struct gate_gain gain = gate_gain_of(t->rule, s);
    struct slot *slot = gain.any ? slot_of(t, s->at_us) : NULL;
    if (slot != NULL)
        slot_add(slot, gate_metrics[t->rule->metric].kind, &gain);
}

void gate_live_add(struct gate_live *l, const struct gate_sample *samples, size_t n) {
    pthread_mutex_lock(&l->lock);
    for (size_t k = 0; k < l->count; k++) {
        struct live_task *t = &l->tasks[k];
        enum gate_source source = gate_metrics[t->rule->metric].source;
        if (source != GATE_FROM_REQUESTS && source != GATE_FROM_ITERATIONS)
            continue;
        for (size_t i = 0; i < n; i++)
            if (samples[i].endpoint < l->endpoint_count && t->fits[samples[i].endpoint])
                add(t, &samples[i]);
    }
    pthread_mutex_unlock(&l->lock);
}

void gate_live_iteration(struct gate_live *l, uint32_t iteration, int64_t end_us, int64_t took_us) {
    struct gate_gain gain = {.any = true, .amount = 1, .us = took_us < 0 ? 0 : took_us};
    pthread_mutex_lock(&l->lock);
    for (size_t k = 0; k < l->count; k++) {
        struct live_task *t = &l->tasks[k];
        if (gate_metrics[t->rule->metric].source != GATE_FROM_ITERATIONS ||
            iteration >= l->iteration_count || !t->others_fit[iteration])
            continue;
        struct slot *slot = slot_of(t, end_us);
        if (slot != NULL)
            slot_add(slot, gate_metrics[t->rule->metric].kind, &gain);
    }
    pthread_mutex_unlock(&l->lock);
}

void gate_live_check(struct gate_live *l, uint32_t check, uint32_t second, uint32_t passes,
                     uint32_t fails) {
    pthread_mutex_lock(&l->lock);
    for (size_t k = 0; k < l->count; k++) {
        struct live_task *t = &l->tasks[k];
        if (gate_metrics[t->rule->metric].source != GATE_FROM_CHECKS || check >= l->check_count ||
            !t->others_fit[check])
            continue;
        struct slot *slot = slot_of(t, gate_check_at(second, t->begin_us));
        if (slot == NULL)
            continue;
        slot->amount += passes;
        slot->total += (uint64_t)passes + fails;
    }
    pthread_mutex_unlock(&l->lock);
}

void gate_live_gauge(struct gate_live *l, enum gate_metric metric, double value) {
    pthread_mutex_lock(&l->lock);
    for (size_t k = 0; k < l->count; k++)
        if (l->tasks[k].rule->metric == metric)
            l->tasks[k].level = value;
    pthread_mutex_unlock(&l->lock);
}

/* ---- what is judged ---- */

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

static void bound_quantile(const struct hist *h, double p, double *low, double *high) {
    struct quantile_rank at = quantile_rank(p, h->total);
    double lower[2], upper[2];
    bound_rank(h, at.lower, &lower[0], &lower[1]);
    bound_rank(h, at.upper, &upper[0], &upper[1]);
    *low = (lower[0] + (upper[0] - lower[0]) * at.fraction) / 1000;
    *high = (lower[1] + (upper[1] - lower[1]) * at.fraction) / 1000;
}

/* Between which numbers a time is; false where there is none. `open`: more of it is to come. */
static bool bound_trend(const struct live_task *t, const struct slot *s, bool open, double *low,
                        double *high) {
    if (s->n == 0)
        return false;
    switch ((int)t->rule->aggregation) {
    case GATE_AVG:
        *low = *high = s->sum / (double)s->n / 1000;
        break;
    case GATE_MIN:
        *low = open ? 0 : (double)s->min / 1000;
        *high = (double)s->min / 1000;
        break;
    case GATE_MAX:
        *low = (double)s->max / 1000;
        *high = open ? HUGE_VAL : (double)s->max / 1000;
        break;
    default:
        bound_quantile(&s->hist, t->rule->p, low, high);
    }
    return true;
}

static bool bound_gauge(const struct live_task *t, double *low, double *high) {
    if (t->levels == 0)
        return false;
    *low = *high = t->level;
    if (t->rule->aggregation == GATE_AVG)
        *low = *high = t->level_sum / (double)t->levels;
    else if (t->rule->aggregation == GATE_MIN) {
        *low = 0;
        *high = t->level_min;
    } else if (t->rule->aggregation == GATE_MAX) {
        *low = t->level_max;
        *high = HUGE_VAL;
    }
    return true;
}

/* All of the range so far. */
static bool bound_whole(const struct live_task *t, int64_t now_us, double *low, double *high) {
    const struct slot *s = &t->whole;
    double elapsed = (double)((now_us < t->finish_us ? now_us : t->finish_us) - t->begin_us) / 1e6;
    bool over = now_us >= t->finish_us && now_us - t->finish_us >= (int64_t)GATE_LATE_S * US_PER_S;
    switch (gate_metrics[t->rule->metric].kind) {
    case GATE_COUNTER:
        if (t->rule->aggregation == GATE_COUNT) {
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
        return bound_trend(t, s, !over, low, high);
    }
    return false;
}

static void join(struct gate_live *l, struct live_task *t, int64_t window, struct slot *all) {
    int64_t width = t->rule->over_ns / 1000000000;
    hist_reset(&l->merged);
    *all = (struct slot){0};
    for (int64_t i = window; i < window + width && i <= t->newest; i++) {
        const struct slot *s = &t->slots[(size_t)i % t->slot_count];
        all->amount += s->amount;
        all->total += s->total;
        if (s->n > 0) {
            all->min = all->n == 0 || s->min < all->min ? s->min : all->min;
            all->max = all->n == 0 || s->max > all->max ? s->max : all->max;
        }
        all->n += s->n;
        all->sum += s->sum;
        if (s->hist.counts != NULL)
            hist_merge(&l->merged, &s->hist);
    }
    all->hist = l->merged;
}

/* False where the window is empty. */
static bool bound_window(struct gate_live *l, struct live_task *t, int64_t window, double *low,
                         double *high) {
    struct slot all;
    enum gate_kind kind = gate_metrics[t->rule->metric].kind;
    join(l, t, window, &all);
    if (kind == GATE_TREND)
        return bound_trend(t, &all, false, low, high);
    *low = *high = (double)all.amount;
    if (kind == GATE_RATE && all.total == 0)
        return false;
    if (kind == GATE_RATE)
        *low = *high = (double)all.amount / (double)all.total;
    else if (t->rule->aggregation == GATE_PER_SECOND)
        *low = *high = (double)all.amount / ((double)t->rule->over_ns / 1e9);
    return true;
}

/* The windows that ended long enough ago; one that is crossed stays so. */
static void look_at_windows(struct gate_live *l, struct live_task *t, int64_t now_us) {
    int64_t width_us = t->rule->over_ns / 1000;
    for (;;) {
        int64_t end_us = t->begin_us + t->next_window * US_PER_S + width_us;
        if (t->crossed || end_us > t->finish_us ||
            end_us + (int64_t)GATE_LATE_S * US_PER_S > now_us)
            return;
        double low = (double)NAN, high = (double)NAN;
        slot_at(t, t->next_window + width_us / US_PER_S - 1);
        bool there = t->next_window > t->newest - (int64_t)t->slot_count;
        if (there && (!bound_window(l, t, t->next_window, &low, &high) ||
                      surely_crossed(t->rule->op, low, high, t->rule->limit))) {
            t->crossed = true;
            t->low = low;
            t->high = high;
        }
        t->next_window++;
    }
}

static void look(struct gate_live *l, struct live_task *t, int64_t now_us) {
    enum gate_source source = gate_metrics[t->rule->metric].source;
    bool gauge = gate_metrics[t->rule->metric].kind == GATE_GAUGE;
    if (source == GATE_FROM_SERVER || now_us < t->begin_us)
        return;
    if (gauge && now_us < t->finish_us) {
        t->level_min = t->levels == 0 ? t->level : fmin(t->level_min, t->level);
        t->level_max = t->levels == 0 ? t->level : fmax(t->level_max, t->level);
        t->level_sum += t->level;
        t->levels++;
    }
    if (t->slots != NULL && !gauge) {
        look_at_windows(l, t, now_us);
        return;
    }
    if (t->rule->over_ns != 0)
        return; /* windows of a gauge: at the end */
    double low = 0, high = 0;
    t->crossed = bound_whole(t, now_us, &low, &high) &&
                 surely_crossed(t->rule->op, low, high, t->rule->limit);
    t->low = low;
    t->high = high;
}

size_t gate_live_look(struct gate_live *l, int64_t now_us, struct gate_crossing *out, size_t max) {
    size_t n = 0;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->count && n < max; i++) {
        struct live_task *t = &l->tasks[i];
        look(l, t, now_us);
        bool ends =
            t->crossed && t->rule->abort_on_fail && !t->ended && now_us >= t->rule->delay_ns / 1000;
        if (!ends && (!t->crossed || t->told))
            continue;
        t->told = true;
        t->ended = t->ended || ends;
        out[n++] = (struct gate_crossing){
            .rule = t->rule, .low = t->low, .high = t->high, .ends_run = ends};
    }
    pthread_mutex_unlock(&l->lock);
    return n;
}
