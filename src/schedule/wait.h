/*
 * wait: the pause of a virtual user between two requests.
 *
 * WAIT_CONSTANT and WAIT_BETWEEN count from the end of a request to the start of the next, as in
 * Locust: a slow response delays all later requests, and requests have no scheduled time.
 *
 * WAIT_PACING and WAIT_POISSON count from one scheduled start to the next, so a user keeps its own
 * schedule however long responses take. It has one request at a time: if one is still in progress
 * at the next scheduled start, the next is late. Late requests follow each other at once until the
 * user is on schedule again. Locust's constant_pacing forgets missed starts; here, the delay counts
 * in the response time. Thread: any.
 */
#ifndef SCHEDULE_WAIT_H
#define SCHEDULE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/rng.h"

enum wait_kind {
    WAIT_NONE,
    WAIT_CONSTANT,
    WAIT_BETWEEN,
    WAIT_PACING, /* constant time from start to start */
    WAIT_POISSON /* exponential time from start to start */
};

struct wait {
    enum wait_kind kind;
    int64_t low_ns;  /* constant, minimum, or (mean) time from start to start */
    int64_t high_ns; /* maximum, for WAIT_BETWEEN */
};

/* True if pauses count from scheduled start to scheduled start. */
bool wait_is_paced(const struct wait *w);

/* Draws the next pause, in ns. */
int64_t wait_next(const struct wait *w, struct rng *r);

#endif
