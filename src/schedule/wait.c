#include "schedule/wait.h"

bool wait_is_paced(const struct wait *w) {
    return w->kind == WAIT_PACING || w->kind == WAIT_POISSON;
}

int64_t wait_next(const struct wait *w, struct rng *r) {
    switch (w->kind) {
    case WAIT_CONSTANT:
    case WAIT_PACING:
        return w->low_ns;
    case WAIT_BETWEEN:
        return w->low_ns + (int64_t)(rng_unit(r) * (double)(w->high_ns - w->low_ns));
    case WAIT_POISSON:
        return (int64_t)(rng_exponential(r) * (double)w->low_ns);
    case WAIT_NONE:
        break;
    }
    return 0;
}
