/* Knative's pod autoscaler (KPA). What it calls pods are instances here. */
#include <math.h>
#include <stdlib.h>

#include "emulator/autoscaler_internal.h"
#include "util/clock.h"

/* What an instance that never becomes ready gets beyond its progress deadline. */
#define ACTIVATION_SLACK_NS (10 * NS_PER_S)

int autoscaler_kpa_init(struct kpa *k, const struct autoscaler_options *o, struct err *e) {
    int64_t periods = (o->kpa_down_delay_ns + o->period_ns - 1) / o->period_ns;
    size_t n = periods > 1 ? (size_t)periods : 1;
    *k = (struct kpa){.panic_since_ns = NEVER,
                      .active_since_ns = NEVER,
                      .inactive_since_ns = NEVER,
                      .proxy_since_ns = NEVER,
                      .activating_since_ns = NEVER,
                      .wants = calloc(n, sizeof *k->wants),
                      .wants_n = n};
    return k->wants != NULL ? 0 : err_memory(e, "a scale-down delay of %zu ticks", n);
}

void autoscaler_kpa_done(struct kpa *k) {
    free(k->wants);
    k->wants = NULL;
}

/* Requests in flight (or requests/s) that an instance is for. */
static double target_of(const struct autoscaler_options *o) {
    double full = o->concurrency > 0 ? o->concurrency : o->kpa_target_default;
    if (o->kpa_metric == AUTOSCALER_KPA_RPS)
        full = o->kpa_rps_target;
    return full * o->kpa_target_share;
}

static int clamp(int x, int low, int high) {
    return x < low ? low : x > high ? high : x;
}

static void begin(int64_t *since, int64_t now_ns) {
    if (*since == NEVER)
        *since = now_ns;
}

/* The two windows' numbers, kept within the rates and above the activation scale. */
static void evaluate(const struct autoscaler *a, const struct autoscaler_tally *t,
                     double panic_load, struct autoscaler_decision *out, bool *over) {
    const struct autoscaler_options *o = &a->o;
    double target = target_of(o), stable_load = moving_mean_of(&a->load, o->kpa_stable_ns);
    int ready = t->ready > 1 ? (int)t->ready : 1;
    int most = autoscaler_whole(o->kpa_up_rate * ready);
    int least = (int)floor(ready / o->kpa_down_rate);
    int stable = autoscaler_whole(stable_load / target);
    int panic = autoscaler_whole(panic_load / target);
    *over = (double)panic / ready >= o->kpa_panic_threshold;
    stable = clamp(stable, least, most);
    panic = clamp(panic, least, most);
    int floor_at = (int)o->kpa_activation_scale;
    out->stable = stable > 0 && stable < floor_at ? floor_at : stable;
    out->panicky = panic > 0 && panic < floor_at ? floor_at : panic;
}

/* A panic is entered or extended while the short window is over the threshold, left a stable window
 * after; in it the number of instances never goes down. */
static unsigned with_panic(const struct autoscaler *a, struct kpa *k, int64_t now_ns, bool over,
                           const struct autoscaler_decision *d) {
    if (over) {
        k->panic_since_ns = now_ns;
    } else if (k->panic_since_ns != NEVER && k->panic_since_ns + a->o.kpa_stable_ns < now_ns) {
        k->panic_since_ns = NEVER;
        k->panic_max = 0;
    }
    unsigned want = (unsigned)d->stable;
    if (k->panic_since_ns == NEVER)
        return want;
    if (want < (unsigned)d->panicky)
        want = (unsigned)d->panicky;
    if (k->panic_max < want)
        k->panic_max = want;
    return k->panic_max;
}

/* The most that was wanted within the scale-down delay. */
static unsigned with_delay(const struct autoscaler *a, struct kpa *k, int64_t now_ns,
                           unsigned want) {
    int64_t period = now_ns / a->o.period_ns;
    int64_t next = k->wants_last + 1, oldest = period - (int64_t)k->wants_n + 1;
    for (int64_t p = next > oldest ? next : oldest; p <= period; p++)
        k->wants[(size_t)p % k->wants_n] = 0;
    if (period > k->wants_last)
        k->wants_last = period;
    unsigned *now = &k->wants[(size_t)period % k->wants_n];
    if (*now < want)
        *now = want;
    for (size_t i = 0; i < k->wants_n; i++)
        if (want < k->wants[i])
            want = k->wants[i];
    return want;
}

/* Excess burst capacity: negative means that the activator has to stay in the path. */
static bool short_of_burst(const struct autoscaler_options *o, const struct autoscaler_tally *t,
                           double panic_load) {
    if (o->kpa_burst_capacity < 0)
        return true;
    if (o->kpa_burst_capacity == 0)
        return false;
    double each = o->concurrency > 0 ? o->concurrency : o->kpa_target_default;
    if (o->kpa_metric == AUTOSCALER_KPA_RPS)
        each = o->kpa_rps_target;
    return floor(t->ready * each - o->kpa_burst_capacity - panic_load) < 0;
}

/* Zero is reached in two steps: active for a stable window, then behind the activator for the grace
 * period. Until then the last instance stays. */
static unsigned down_to_zero(const struct autoscaler *a, struct kpa *k, int64_t now_ns,
                             const struct autoscaler_tally *t) {
    if (!a->o.kpa_scale_to_zero)
        return 1;
    if (t->n == 0)
        return 0;
    if (k->inactive_since_ns == NEVER) {
        if (k->active_since_ns == NEVER || now_ns - k->active_since_ns < a->o.kpa_stable_ns)
            return 1;
        k->active_since_ns = NEVER;
        k->inactive_since_ns = now_ns;
        begin(&k->proxy_since_ns, now_ns);
    }
    return now_ns - k->proxy_since_ns >= a->o.kpa_grace_ns ? 0 : 1;
}

/* Which of the states the service is in, from what there is and whether anything is wanted. */
static void follow(struct kpa *k, int64_t now_ns, const struct autoscaler_tally *t, bool wanted,
                   bool burst_short) {
    if (t->ready > 0) {
        k->activating_since_ns = NEVER;
        if (wanted)
            k->inactive_since_ns = NEVER;
        if (k->inactive_since_ns == NEVER)
            begin(&k->active_since_ns, now_ns);
    } else {
        k->active_since_ns = k->inactive_since_ns = NEVER;
        if (t->n > 0)
            begin(&k->activating_since_ns, now_ns);
        else
            k->activating_since_ns = NEVER;
    }
    if (burst_short || t->ready == 0 || k->inactive_since_ns != NEVER)
        begin(&k->proxy_since_ns, now_ns);
    else
        k->proxy_since_ns = NEVER;
}

/* It stays at zero only while nothing waits: a request that came since the last tick is one
 * poke. */
static unsigned with_poke(const struct autoscaler *a, const struct autoscaler_sample *s,
                          unsigned want) {
    unsigned poke = autoscaler_on_demand(&a->o, s);
    return want > poke ? want : poke;
}

unsigned autoscaler_kpa(struct autoscaler *a, int64_t now_ns, const struct autoscaler_sample *s,
                        size_t *stop_at, struct autoscaler_decision *out) {
    struct kpa *k = &a->kpa;
    struct autoscaler_tally t = autoscaler_tally(s);
    double share = (double)a->o.kpa_stable_ns * a->o.kpa_panic_window_share;
    int64_t panic_ns = llround(share) > AUTOSCALER_STEP_NS ? llround(share) : AUTOSCALER_STEP_NS;
    double panic_load = moving_mean_of(&a->load, panic_ns);
    if (!k->started) {
        k->started = true;
        /* A new autoscaler does not know what the instances it finds are for: it takes none
         * away. */
        if (t.ready > 1) {
            k->panic_since_ns = now_ns;
            k->panic_max = t.ready;
        }
    }
    bool over;
    evaluate(a, &t, panic_load, out, &over);
    unsigned want = with_delay(a, k, now_ns, with_panic(a, k, now_ns, over, out));
    want = with_poke(a, s, want);
    follow(k, now_ns, &t, want > 0, short_of_burst(&a->o, &t, panic_load));
    if (want == 0 && a->o.min == 0)
        want = down_to_zero(a, k, now_ns, &t);
    if (k->activating_since_ns != NEVER &&
        now_ns - k->activating_since_ns > a->o.kpa_progress_ns + ACTIVATION_SLACK_NS)
        want = 0;
    out->panic = k->panic_since_ns != NEVER;
    out->activator = k->proxy_since_ns != NEVER;
    out->concurrency = (int)want;
    out->wanted = autoscaler_clamp(&a->o, want);
    if (t.n > out->wanted) {
        autoscaler_order(s, stop_at);
        out->stop = t.n - out->wanted;
    }
    return want < a->o.max ? want : a->o.max;
}
