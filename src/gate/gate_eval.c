#include "gate/gate_eval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/gate_window.h"
#include "stats/interval.h"
#include "stats/quantile.h"
#include "stats/select.h"
#include "stats/wilson.h"
#include "util/clock.h"
#include "util/units.h"

#define CONFIDENCE 0.95
#define KEPT_MAX (1u << 21) /* times of percentiles: 32 MiB */

/* A time of the first reading, so that a run of usual length needs no second one. */
struct kept {
    int64_t at_us, time;
};

struct task {
    struct gate_scope scope;
    bool quantile;   /* of the whole range: select.h finds it */
    bool by_seconds; /* windows, or a gauge */
    uint64_t seen;   /* whatever was there that the rule is about */
    int64_t shift;   /* of the slots: the first time */
    struct gate_slot whole;
    struct select select;
    uint64_t ranks[4]; /* lower and upper of the percentile, then of its interval */
    bool bounded;
    struct quantile_rank at;
    struct gate_window window;
    struct kept *kept;
    size_t kept_count, kept_cap;
    int64_t before_at; /* of a gauge: its last level before the range */
    double before;
    bool has_before;
};

struct gate_eval {
    struct task *tasks;
    size_t count;
    struct gate_range range;
    bool again;      /* the second reading */
    bool overflowed; /* not all times are kept */
    size_t kept;
};

static int task_init(struct task *t, const struct gate_rule *r, const struct gate_subject *s,
                     const struct gate_range *range, struct err *e) {
    *t = (struct task){.quantile = r->aggregation == GATE_QUANTILE && r->over_ns == 0};
    if (gate_scope_init(&t->scope, r, s, range->duration_us, e) != 0 ||
        (t->quantile && select_init(&t->select, e) != 0))
        return -1;
    t->by_seconds = r->over_ns != 0 || t->scope.metric->kind == GATE_GAUGE;
    int64_t range_us = t->scope.finish_us - t->scope.begin_us;
    return t->by_seconds ? gate_window_init(&t->window, r, range_us, e) : 0;
}

static void task_done(struct task *t) {
    gate_scope_done(&t->scope);
    select_done(&t->select);
    gate_window_done(&t->window);
    free(t->kept);
}

int gate_eval_new(const struct gate_rules *rules, const struct gate_subject *subject,
                  const struct gate_range *range, struct gate_eval **out, struct err *e) {
    struct gate_eval *v = calloc(1, sizeof *v);
    if (v != NULL)
        v->tasks = calloc(rules->count + 1, sizeof *v->tasks);
    if (v == NULL || v->tasks == NULL) {
        gate_eval_free(v);
        return err_memory(e, "%zu thresholds", rules->count);
    }
    v->range = *range;
    for (size_t i = 0; i < rules->count; i++) {
        v->count = i + 1;
        if (task_init(&v->tasks[i], &rules->items[i], subject, range, e) != 0) {
            gate_eval_free(v);
            return -1;
        }
    }
    *out = v;
    return 0;
}

void gate_eval_free(struct gate_eval *v) {
    if (v == NULL)
        return;
    for (size_t i = 0; i < v->count; i++)
        task_done(&v->tasks[i]);
    free(v->tasks);
    free(v);
}

bool gate_eval_wants(const struct gate_eval *v, enum gate_source source) {
    for (size_t i = 0; i < v->count; i++)
        if (v->tasks[i].scope.metric->source == source)
            return true;
    return false;
}

bool gate_eval_wants_phases(const struct gate_eval *v) {
    for (size_t i = 0; i < v->count; i++) {
        enum gate_metric m = v->tasks[i].scope.rule->metric;
        if (m <= GATE_HTTP_REQ_RECEIVING || m == GATE_DATA_SENT)
            return true;
    }
    return false;
}

/* ---- what is given ---- */

static void forget(struct gate_eval *v) {
    v->overflowed = true;
    for (size_t i = 0; i < v->count; i++) {
        free(v->tasks[i].kept);
        v->tasks[i].kept = NULL;
    }
}

static void keep(struct gate_eval *v, struct task *t, int64_t at_us, int64_t time) {
    if (v->overflowed)
        return;
    if (t->kept_count == t->kept_cap) {
        size_t cap = t->kept_cap == 0 ? 1024 : 2 * t->kept_cap;
        struct kept *kept = v->kept >= KEPT_MAX ? NULL : realloc(t->kept, cap * sizeof *kept);
        if (kept == NULL) {
            forget(v);
            return;
        }
        t->kept = kept;
        v->kept += cap - t->kept_cap;
        t->kept_cap = cap;
    }
    t->kept[t->kept_count++] = (struct kept){at_us, time};
}

/* The second reading: only the times of percentiles are wanted. */
static void add_again(struct task *t, int64_t at_us, int64_t time) {
    if (t->quantile)
        select_collect(&t->select, time);
    else if (t->scope.rule->aggregation == GATE_QUANTILE)
        gate_window_gather(&t->window, at_us - t->scope.begin_us, time);
}

static void add(struct gate_eval *v, struct task *t, const struct gate_gain *gain) {
    if (v->again) {
        if (gain->timed)
            add_again(t, gain->at_us, gain->time);
        return;
    }
    t->seen += gain->seen;
    if (gain->timed) {
        if (t->scope.rule->aggregation == GATE_QUANTILE)
            keep(v, t, gain->at_us, gain->time);
        if (t->whole.n == 0)
            t->shift = t->window.shift = gain->time;
        if (t->quantile)
            select_count(&t->select, gain->time);
    }
    gate_slot_add(&t->whole, gain, t->shift);
    if (t->by_seconds)
        gate_slot_add(&gate_window_at(&t->window, gain->at_us - t->scope.begin_us)->slot, gain,
                      t->shift);
}

void gate_eval_request(struct gate_eval *v, const struct request *x) {
    struct gate_gain gain;
    for (size_t i = 0; i < v->count; i++)
        if (gate_scope_request(&v->tasks[i].scope, x, &gain))
            add(v, &v->tasks[i], &gain);
}

void gate_eval_answer(struct gate_eval *v, const struct request *x, const struct gate_answer *a) {
    struct gate_gain gain;
    for (size_t i = 0; i < v->count; i++) {
        const char *at = a->gaps;
        if (!gate_scope_answer(&v->tasks[i].scope, x, a, &gain))
            continue;
        do
            add(v, &v->tasks[i], &gain);
        while (gate_scope_gap(&v->tasks[i].scope, x, a, &at, &gain));
    }
}

void gate_eval_iteration(struct gate_eval *v, uint32_t task, int64_t end_us, int64_t took_us) {
    struct gate_gain gain;
    for (size_t i = 0; i < v->count; i++)
        if (gate_scope_iteration(&v->tasks[i].scope, task, end_us, took_us, &gain))
            add(v, &v->tasks[i], &gain);
}

void gate_eval_check(struct gate_eval *v, uint32_t check, int64_t second, uint64_t passes,
                     uint64_t fails) {
    struct gate_gain gain;
    for (size_t i = 0; i < v->count; i++)
        if (gate_scope_check(&v->tasks[i].scope, check, second, passes, fails, &gain))
            add(v, &v->tasks[i], &gain);
}

void gate_eval_gauge(struct gate_eval *v, enum gate_metric metric, int64_t at_us, double value) {
    for (size_t i = 0; i < v->count && !v->again; i++) {
        struct task *t = &v->tasks[i];
        if (t->scope.rule->metric != metric || at_us > t->scope.finish_us)
            continue;
        if (at_us >= t->scope.begin_us) {
            struct gate_second *s = gate_window_at(&t->window, at_us - t->scope.begin_us);
            s->lowest = s->known ? fmin(s->lowest, value) : value;
            s->highest = s->known ? fmax(s->highest, value) : value;
            s->level = value;
            s->known = true;
            t->seen++;
        } else if (!t->has_before || at_us >= t->before_at) {
            t->has_before = true;
            t->before_at = at_us;
            t->before = value;
            t->seen++;
        }
    }
}

void gate_eval_time(struct gate_eval *v, enum gate_metric metric, int64_t at_us, int64_t us) {
    const struct gate_gain gain = {
        .at_us = at_us, .seen = 1, .timed = true, .time = us > 0 ? us : 0};
    for (size_t i = 0; i < v->count; i++)
        if (v->tasks[i].scope.rule->metric == metric && gate_scope_has(&v->tasks[i].scope, at_us))
            add(v, &v->tasks[i], &gain);
}

/* ---- between and after ---- */

static int plan_ranks(struct task *t, struct err *e) {
    uint64_t n = t->whole.n;
    t->at = quantile_rank(t->scope.rule->p, n);
    t->ranks[0] = t->at.lower;
    t->ranks[1] = t->at.upper;
    t->bounded = t->scope.rule->p > 0 && t->scope.rule->p < 1 &&
                 interval_quantile(t->scope.rule->p, n, CONFIDENCE, &t->ranks[2], &t->ranks[3]);
    return select_want(&t->select, t->ranks, t->bounded ? 4 : 2, e);
}

/* A gauge stays what it was until it is something else. */
static void carry(struct task *t) {
    double level = t->before;
    bool known = t->has_before;
    for (size_t i = 0; i < t->window.count; i++) {
        struct gate_second *s = &t->window.seconds[i];
        if (!s->known && known) {
            s->level = s->lowest = s->highest = level;
            s->known = true;
        }
        known = known || s->known;
        level = s->level;
    }
}

int gate_eval_plan(struct gate_eval *v, bool *again, struct err *e) {
    *again = false;
    for (size_t i = 0; i < v->count; i++) {
        struct task *t = &v->tasks[i];
        if (t->scope.metric->kind == GATE_GAUGE)
            carry(t);
        if (t->whole.n == 0 || t->scope.rule->aggregation != GATE_QUANTILE)
            continue;
        if (t->quantile && plan_ranks(t, e) != 0)
            return -1;
        *again = *again || !t->quantile || select_needs_collecting(&t->select);
    }
    v->again = true;
    for (size_t i = 0; i < v->count && *again && !v->overflowed; i++)
        for (size_t k = 0; k < v->tasks[i].kept_count; k++)
            add_again(&v->tasks[i], v->tasks[i].kept[k].at_us, v->tasks[i].kept[k].time);
    *again = *again && v->overflowed;
    return 0;
}

static void sum_up_time(struct task *t, struct gate_result *x) {
    const struct gate_rule *r = t->scope.rule;
    x->samples = t->whole.n;
    if (x->samples == 0)
        return;
    if (r->aggregation == GATE_AVG)
        gate_slot_mean(&t->whole, t->shift, &x->value, &x->low, &x->high);
    else if (r->aggregation == GATE_QUANTILE) {
        x->value = quantile_between(select_value(&t->select, t->at.lower),
                                    select_value(&t->select, t->at.upper), t->at.fraction);
        if (t->bounded) {
            x->low = (double)select_value(&t->select, t->ranks[2]);
            x->high = (double)select_value(&t->select, t->ranks[3]);
        }
    } else
        x->value = (double)(r->aggregation == GATE_MIN ? t->whole.min : t->whole.max);
    double per_ms = gate_per_ms(r->metric);
    x->value /= per_ms;
    x->low /= per_ms;
    x->high /= per_ms;
}

static void sum_up_gauge(struct task *t, struct gate_result *x) {
    struct gate_window *w = &t->window;
    double sum = 0, low = HUGE_VAL, high = -HUGE_VAL, last = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (!w->seconds[i].known)
            continue;
        last = w->seconds[i].level;
        sum += last;
        low = fmin(low, w->seconds[i].lowest);
        high = fmax(high, w->seconds[i].highest);
        x->samples++;
    }
    if (x->samples == 0)
        return;
    enum gate_aggregation of = t->scope.rule->aggregation;
    x->value = of == GATE_VALUE ? last
               : of == GATE_MIN ? low
               : of == GATE_MAX ? high
                                : sum / (double)x->samples;
}

/* The value over the whole range. */
static void sum_up(struct task *t, struct gate_result *x) {
    double seconds = (double)(t->scope.finish_us - t->scope.begin_us) / 1e6;
    switch (t->scope.metric->kind) {
    case GATE_COUNTER:
        x->samples = t->whole.total;
        if (t->seen > 0 && t->scope.rule->aggregation == GATE_COUNT)
            x->value = (double)t->whole.amount;
        else if (t->seen > 0 && seconds > 0)
            x->value = (double)t->whole.amount / seconds;
        break;
    case GATE_RATE:
        x->samples = t->whole.total;
        if (t->whole.total == 0)
            break;
        x->value = (double)t->whole.amount / (double)t->whole.total;
        wilson_interval(t->whole.amount, t->whole.total, WILSON_Z95, &x->low, &x->high);
        break;
    case GATE_GAUGE:
        sum_up_gauge(t, x);
        break;
    case GATE_TREND:
        sum_up_time(t, x);
        break;
    }
}

static int sum_up_windows(struct task *t, struct gate_result *x, struct err *e) {
    struct gate_window *w = &t->window;
    gate_window_advance(w);
    if (w->failed)
        return err_set(e, "the rows changed while they were read, or out of memory");
    x->windows = w->windows;
    x->crossed = w->crossed;
    if (!w->any || t->seen == 0)
        return 0;
    x->value = w->value;
    x->low = w->low;
    x->high = w->high;
    x->samples = w->samples;
    x->from_us = t->scope.begin_us + (int64_t)w->worst * 1000000;
    x->to_us = x->from_us + (int64_t)w->width * 1000000;
    return 0;
}

static void explain_streams(const struct task *t, struct gate_result *x) {
    enum gate_metric m = t->scope.rule->metric;
    const char *lacks = m == GATE_TTFT   ? "of these answers, none had a token and a response time"
                        : m == GATE_TTFO ? "of these answers, none had output besides reasoning"
                        : m == GATE_GOODPUT ? "all of these answers were cancelled"
                                            : "of these answers, none had two token events";
    bool part = t->scope.begin_us > 0 || t->scope.finish_us < t->scope.duration_us;
    snprintf(x->reason, sizeof x->reason, "no data: %s",
             t->seen > 0 ? lacks
             : part      ? "of the answers that ended in its range, none was read as a stream"
                         : "no answer to these requests was read as a stream; is \"stream\" in the "
                           "scenario, and does the server stream?");
}

static void explain(const struct task *t, struct gate_result *x) {
    const struct gate_rule *r = t->scope.rule;
    const struct gate_window *w = &t->window;
    const char *what = r->metric == GATE_CHECKS                          ? "check"
                       : t->scope.metric->source == GATE_FROM_REQUESTS   ? "request"
                       : t->scope.metric->source == GATE_FROM_ITERATIONS ? "iteration"
                       : t->scope.metric->source == GATE_FROM_STREAMS    ? "answer"
                                                                         : "value";
    char a[UNITS_BYTES], b[UNITS_BYTES];
    if (x->verdict == GATE_PENDING)
        snprintf(x->reason, sizeof x->reason,
                 "it needs the server's side; run `coldswarm import`, then `coldswarm gate`");
    else if (t->scope.finish_us <= t->scope.begin_us)
        snprintf(x->reason, sizeof x->reason,
                 "no data: the run ended after %s, before its range began",
                 units_seconds_text(t->scope.finish_us * 1000, a));
    else if (r->over_ns != 0 && w->windows == 0)
        snprintf(x->reason, sizeof x->reason, "no data: its range of %s is shorter than %s",
                 units_seconds_text((t->scope.finish_us - t->scope.begin_us) * 1000, a),
                 units_seconds_text(r->over_ns, b));
    else if (isnan(x->value) && t->scope.metric->source == GATE_FROM_SERVER)
        snprintf(
            x->reason, sizeof x->reason,
            "no data: the server's side is not in the run file; add it with `coldswarm import`");
    else if (isnan(x->value) && t->scope.metric->source == GATE_FROM_STREAMS)
        explain_streams(t, x);
    else if (isnan(x->value))
        snprintf(x->reason, sizeof x->reason, "no data: there was no such %s", what);
    else if (r->over_ns != 0 && w->empty > 0)
        snprintf(
            x->reason, sizeof x->reason,
            "%zu of %zu windows failed, %zu of them without any %s, the first from %s", w->crossed,
            w->windows, w->empty, what,
            units_seconds_text((t->scope.begin_us + (int64_t)w->first_empty * US_PER_S) * 1000, a));
    else if (r->over_ns != 0)
        snprintf(x->reason, sizeof x->reason, "%zu of %zu windows failed", w->crossed, w->windows);
    else
        snprintf(x->reason, sizeof x->reason, "the value is outside the limit");
}

static int conclude(const struct gate_eval *v, struct task *t, struct gate_result *x,
                    struct err *e) {
    const struct gate_rule *r = t->scope.rule;
    *x = (struct gate_result){.rule = r,
                              .value = (double)NAN,
                              .low = (double)NAN,
                              .high = (double)NAN,
                              .margin = (double)NAN,
                              .from_us = t->scope.begin_us,
                              .to_us = t->scope.finish_us};
    if (t->quantile && t->whole.n > 0 && select_finish(&t->select, e) != 0)
        return -1;
    if (t->scope.finish_us > t->scope.begin_us) {
        if (r->over_ns == 0)
            sum_up(t, x);
        else if (sum_up_windows(t, x, e) != 0)
            return -1;
    }
    bool holds = !isnan(x->value) && gate_holds(r->op, x->value, r->limit) &&
                 (r->over_ns == 0 || x->crossed == 0);
    x->margin = isnan(x->value) ? (double)NAN : gate_margin(r->op, x->value, r->limit);
    x->verdict = holds ? GATE_HOLDS : GATE_CROSSED;
    if (v->range.server_pending && t->scope.metric->source == GATE_FROM_SERVER)
        x->verdict = GATE_PENDING;
    if (x->verdict != GATE_HOLDS)
        explain(t, x);
    return 0;
}

int gate_eval_finish(struct gate_eval *v, struct gate_result **out, struct err *e) {
    struct gate_result *all = calloc(v->count + 1, sizeof *all);
    if (all == NULL)
        return err_memory(e, "%zu thresholds", v->count);
    for (size_t i = 0; i < v->count; i++) {
        if (conclude(v, &v->tasks[i], &all[i], e) != 0) {
            free(all);
            return -1;
        }
    }
    *out = all;
    return 0;
}
