/*
 * wait: the pause of a virtual user between two requests.
 *
 * Counted from the end of a request to the start of the next, as Locust does. Thread: any.
 */
#ifndef SCHEDULE_WAIT_H
#define SCHEDULE_WAIT_H

#include <stdint.h>

#include "util/rng.h"

enum wait_kind { WAIT_NONE, WAIT_CONSTANT, WAIT_BETWEEN };

struct wait {
    enum wait_kind kind;
    int64_t low_ns;  /* the constant, or the least */
    int64_t high_ns; /* the most, for WAIT_BETWEEN */
};

/* Draws the next pause, in ns. */
int64_t wait_next(const struct wait *w, struct rng *r);

#endif
