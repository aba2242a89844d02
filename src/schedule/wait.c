#include "schedule/wait.h"

int64_t wait_next(const struct wait *w, struct rng *r) {
    switch (w->kind) {
    case WAIT_CONSTANT:
        return w->low_ns;
    case WAIT_BETWEEN:
        return w->low_ns + (int64_t)(rng_unit(r) * (double)(w->high_ns - w->low_ns));
    case WAIT_NONE:
        break;
    }
    return 0;
}
