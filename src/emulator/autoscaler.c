#include "emulator/autoscaler.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "emulator/autoscaler_internal.h"

struct autoscaler_tally autoscaler_tally(const struct autoscaler_sample *s) {
    struct autoscaler_tally t = {.n = (unsigned)s->n};
    for (size_t i = 0; i < s->n; i++) {
        const struct autoscaler_instance *one = &s->instances[i];
        t.ready += one->ready;
        t.in_flight += one->in_flight;
        t.in_flight_mean += one->in_flight_mean;
        t.cpus_used += one->cpus_used;
    }
    t.starting = t.n - t.ready;
    return t;
}

int autoscaler_whole(double x) {
    x = ceil(x - 1e-9);
    if (!(x > 0))
        return 0;
    return x < AUTOSCALER_INSTANCES_MAX ? (int)x : (int)AUTOSCALER_INSTANCES_MAX;
}

unsigned autoscaler_clamp(const struct autoscaler_options *o, unsigned wanted) {
    return wanted < o->min ? o->min : wanted > o->max ? o->max : wanted;
}

static int compare(const void *pa, const void *pb, void *context) {
    const struct autoscaler_sample *const *s = context;
    size_t at = *(const size_t *)pa, bt = *(const size_t *)pb;
    const struct autoscaler_instance *a = &(*s)->instances[at], *b = &(*s)->instances[bt];
    if (a->ready != b->ready)
        return a->ready ? 1 : -1;
    if (a->in_flight != b->in_flight)
        return a->in_flight < b->in_flight ? -1 : 1;
    if (a->in_flight == 0 && a->idle_since_ns != b->idle_since_ns)
        return a->idle_since_ns < b->idle_since_ns ? -1 : 1;
    return at < bt ? -1 : at > bt;
}

void autoscaler_order(const struct autoscaler_sample *s, size_t *stop_at) {
    for (size_t i = 0; i < s->n; i++)
        stop_at[i] = i;
    if (s->n > 1)
        qsort_r(stop_at, s->n, sizeof *stop_at, compare, &s);
}

static int set_up(struct autoscaler *a, const struct autoscaler_options *o, struct err *e) {
    a->o = *o;
    int64_t length = o->policy == AUTOSCALER_KPA ? o->kpa_stable_ns : o->window_ns;
    if (moving_mean_init(&a->load, length, AUTOSCALER_STEP_NS, e) != 0)
        return -1;
    if (moving_mean_init(&a->cpus, length, AUTOSCALER_STEP_NS, e) != 0)
        return -1;
    return autoscaler_kpa_init(&a->kpa, o, e);
}

int autoscaler_new(struct autoscaler **out, const struct autoscaler_options *o, struct err *e) {
    if (autoscaler_check(o, e) != 0)
        return -1;
    struct autoscaler *a = calloc(1, sizeof *a);
    if (a == NULL)
        return err_memory(e, "the autoscaler");
    if (set_up(a, o, e) != 0) {
        autoscaler_free(a);
        return -1;
    }
    *out = a;
    return 0;
}

void autoscaler_free(struct autoscaler *a) {
    if (a == NULL)
        return;
    moving_mean_done(&a->load);
    moving_mean_done(&a->cpus);
    autoscaler_kpa_done(&a->kpa);
    free(a);
}

static void remember(struct autoscaler *a, int64_t now_ns, const struct autoscaler_sample *s) {
    struct autoscaler_tally t = autoscaler_tally(s);
    double load = t.in_flight_mean;
    if (a->o.policy == AUTOSCALER_KPA) {
        /* The activator reports what waits in it as the instances report what they work on. */
        load += s->pending_mean;
        if (a->o.kpa_metric == AUTOSCALER_KPA_RPS)
            load = s->requests_per_s;
    }
    if (a->ticked) {
        moving_mean_add(&a->load, a->last_ns, now_ns, load);
        moving_mean_add(&a->cpus, a->last_ns, now_ns, t.cpus_used);
    }
    a->ticked = true;
    a->last_ns = now_ns;
}

void autoscaler_tick(struct autoscaler *a, int64_t now_ns, const struct autoscaler_sample *sample,
                     size_t *stop_at, struct autoscaler_decision *out) {
    assert(sample->n <= AUTOSCALER_INSTANCES_MAX);
    bool first = !a->ticked;
    assert(first || now_ns >= a->last_ns);
    remember(a, now_ns, sample);
    struct autoscaler_decision d = {.cpu = AUTOSCALER_NONE,
                                    .concurrency = AUTOSCALER_NONE,
                                    .on_demand = AUTOSCALER_NONE,
                                    .stable = AUTOSCALER_NONE,
                                    .panicky = AUTOSCALER_NONE};
    unsigned have = (unsigned)sample->n;
    unsigned called_for = a->o.policy == AUTOSCALER_KPA
                              ? autoscaler_kpa(a, now_ns, sample, stop_at, &d)
                              : autoscaler_cloudrun(a, now_ns, sample, stop_at, &d);
    if (d.wanted > have)
        d.start = d.wanted - have;
    unsigned without_min = called_for > have ? called_for - have : 0;
    if (d.start > without_min)
        d.start_min = d.start - without_min;
    *out = d;
}

/* Waiting requests fill up the ready instances, then the starting ones; the rest needs new ones. */
static unsigned call_for(const struct autoscaler_options *o, const struct autoscaler_tally *t,
                         unsigned pending) {
    uint64_t room = (uint64_t)t->ready * o->concurrency;
    uint64_t short_of = pending, spare = room > t->in_flight ? room - t->in_flight : 0;
    short_of -= short_of < spare ? short_of : spare;
    uint64_t each = (uint64_t)floor(o->concurrency * o->on_demand_fill + 1e-9);
    if (each == 0)
        each = 1;
    uint64_t coming = t->starting * each;
    short_of -= short_of < coming ? short_of : coming;
    uint64_t need = (short_of + each - 1) / each, left = o->max > t->n ? o->max - t->n : 0;
    return (unsigned)(need < left ? need : left);
}

unsigned autoscaler_on_demand(const struct autoscaler_options *o,
                              const struct autoscaler_sample *sample) {
    struct autoscaler_tally t = autoscaler_tally(sample);
    if (o->policy != AUTOSCALER_KPA)
        return call_for(o, &t, sample->pending);
    /* The activator pokes the autoscaler only for a service that is at zero. */
    if (sample->pending == 0 || t.n > 0)
        return 0;
    unsigned one = o->kpa_activation_scale > 1 ? o->kpa_activation_scale : 1;
    return autoscaler_clamp(o, one);
}

int64_t autoscaler_pending_limit_ns(const struct autoscaler_options *o, int64_t mean_startup_ns) {
    if (o->policy == AUTOSCALER_KPA)
        return INT64_MAX;
    double startups = o->pending_startups * (double)mean_startup_ns;
    if (startups >= (double)INT64_MAX)
        return INT64_MAX;
    int64_t long_ns = llround(startups);
    return long_ns > o->pending_min_ns ? long_ns : o->pending_min_ns;
}
