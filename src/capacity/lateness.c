#include "capacity/lateness.h"

#include <math.h>

#define OF_LIMIT 0.01 /* of the smallest time limit */
#define OF_BEYOND 0.1 /* of the requests that may be beyond the limit */

/* Takes a limit of a time, and the share of the requests that may be beyond it. */
static void take(struct lateness *l, double limit_ms, double beyond) {
    l->limit_ms = fmin(l->limit_ms, OF_LIMIT * limit_ms); /* of NAN and a number: the number */
    l->share = fmin(l->share, OF_BEYOND * beyond);
}

static bool is_upper(enum gate_op op) {
    return op == GATE_LT || op == GATE_LE;
}

static void take_rule(struct lateness *l, const struct gate_rule *r) {
    if (gate_metrics[r->metric].kind == GATE_TREND)
        take(l, r->limit, r->aggregation != GATE_QUANTILE ? 0 : is_upper(r->op) ? 1 - r->p : r->p);
    for (int i = 0; r->metric == GATE_GOODPUT && i < GATE_LIMITS; i++)
        if ((r->filters & GATE_WITHIN(i)) != 0)
            take(l, r->within[i].limit, is_upper(r->op) ? r->limit : 1 - r->limit);
}

void lateness_allowed(const struct gate_rules *slos, struct lateness *out) {
    *out = (struct lateness){.limit_ms = (double)NAN, .share = 1};
    for (size_t i = 0; i < slos->count; i++)
        take_rule(out, &slos->items[i]);
}

bool lateness_is_harmless(const struct lateness *l, uint64_t late, uint64_t sent) {
    return !isnan(l->limit_ms) && (double)late <= l->share * (double)sent;
}
