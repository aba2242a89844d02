/* Cloud Run's two mechanisms. Metrics-based scaling takes the larger result of the CPU and the
 * concurrency driver. On-demand scaling is for requests that find no capacity. The 2022 rules
 * only differ in the values of the options. */
#include <math.h>

#include "emulator/autoscaler_internal.h"

/* Instances so that each uses `target` of what it can. */
static int driver(const struct autoscaler *a, const struct moving_mean *use, double capacity,
                  double target, unsigned have) {
    if (target == 0)
        return AUTOSCALER_NONE;
    double want = moving_mean_of(use, a->o.window_ns) / (capacity * target);
    if (have > 0 && fabs(want / have - 1) <= a->o.tolerance + 1e-9)
        return (int)have;
    return autoscaler_whole(want);
}

static unsigned most(unsigned a, int b) {
    return b > 0 && (unsigned)b > a ? (unsigned)b : a;
}

/* Only those that have been idle for long enough go, and never more than what is wanted allows. */
static size_t choose(const struct autoscaler *a, int64_t now_ns, const struct autoscaler_sample *s,
                     unsigned wanted, size_t *stop_at) {
    autoscaler_order(s, stop_at);
    size_t go = 0;
    for (size_t i = 0; i < s->n && s->n - go > wanted; i++) {
        const struct autoscaler_instance *one = &s->instances[stop_at[i]];
        if (one->ready && one->in_flight == 0 && now_ns - one->idle_since_ns >= a->o.idle_ns)
            stop_at[go++] = stop_at[i];
    }
    return go;
}

unsigned autoscaler_cloudrun(const struct autoscaler *a, int64_t now_ns,
                             const struct autoscaler_sample *s, size_t *stop_at,
                             struct autoscaler_decision *out) {
    struct autoscaler_tally t = autoscaler_tally(s);
    bool processing = s->pending > 0 || t.in_flight > 0;
    out->cpu = driver(a, &a->cpus, a->o.cpus, a->o.cpu_target, t.n);
    out->concurrency = driver(a, &a->load, a->o.concurrency, a->o.concurrency_target, t.n);
    unsigned wanted = most(most(0, out->cpu), out->concurrency);
    /* From zero only a request leads; to zero, only that none is being processed. */
    if (wanted <= 1 || (t.n == 0 && s->pending == 0))
        wanted = processing ? 1 : 0;
    if (s->pending > 0) {
        /* Also those that start already, and none goes while requests wait. */
        out->on_demand = (int)(t.n + autoscaler_on_demand(&a->o, s));
        wanted = most(wanted, out->on_demand);
    }
    out->wanted = autoscaler_clamp(&a->o, wanted);
    out->stop = choose(a, now_ns, s, out->wanted, stop_at);
    return wanted < a->o.max ? wanted : a->o.max;
}
