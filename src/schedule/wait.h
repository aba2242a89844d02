/*
 * wait: the pause of a virtual user between two requests.
 *
 * WAIT_CONSTANT and WAIT_BETWEEN count from the end of a request to the start of the next, as
 * Locust does: a slow answer delays all that follow, and no moment is intended for a request.
 *
 * WAIT_PACING and WAIT_POISSON count from one intended start to the next, so a user keeps its own
 * schedule whatever the answers take. It has one request at a time: one that is still in progress
 * at the next intended start makes the next late, and late requests follow each other at once until
 * the schedule is reached again. Unlike Locust's constant_pacing, which forgets what it missed, the
 * lateness counts in the response time. Thread: any.
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
    WAIT_PACING, /* always the same time from start to start */
    WAIT_POISSON /* an exponential time from start to start */
};

struct wait {
    enum wait_kind kind;
    int64_t low_ns;  /* the constant, the least, the time from start to start or its mean */
    int64_t high_ns; /* the most, for WAIT_BETWEEN */
};

/* True where pauses are counted from intended start to intended start. */
bool wait_is_paced(const struct wait *w);

/* Draws the next pause, in ns. */
int64_t wait_next(const struct wait *w, struct rng *r);

#endif
