/*
 * arrivals: when the requests of an open load are due.
 *
 * The integral of the rate over time is the number of arrivals up to a moment. Evenly spaced
 * arrivals are due where the integral reaches 0, 1, 2, … (at a constant rate: arrival k at exactly
 * k/rate, to the nearest nanosecond). Poisson arrivals are due where it reaches the sums of
 * exponential gaps, so they follow ramps as well. While the rate is 0, nothing arrives. The end of
 * the load is excluded: 10/s for 2 s are the arrivals 0 … 19.
 * The arrivals of a trace are the recorded ones, at the load's speed: arrival k is row k mod n of
 * the trace.
 *
 * The integral is a 128-bit integer, so nothing drifts: the count after any time is exact, for
 * years.
 * There is one sequence per run, determined by load and seed. Worker w of n gets the arrivals w,
 * w+n, w+2n, …, so the arrivals do not depend on the number of workers. Pure; reads no clock.
 * Thread: plain data, owned by the caller.
 */
#ifndef SCHEDULE_ARRIVALS_H
#define SCHEDULE_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schedule/load.h"
#include "util/rng.h"

__extension__ typedef __int128 arrivals_area;

struct arrival {
    uint64_t index; /* over all workers, from 0 */
    int64_t at_ns;  /* from the start of the run; never decreases */
};

struct arrivals {
    const struct load *load; /* borrowed */
    int64_t end_ns;          /* its duration */
    uint32_t step;           /* number of workers */
    struct rng gaps;         /* for Poisson arrivals */
    struct arrival last;     /* the last result of arrivals_next() */
    bool taken;              /* the arrival at `position` was returned */
    uint64_t index;          /* of the arrival at `position` */
    arrivals_area position;  /* of this arrival, as an area under the rate */
    size_t stage;            /* stage that the search has reached */
    int64_t stage_ns;        /* start of that stage */
    arrivals_area area;      /* area before that stage */
};

/* `l` must be an open load. */
void arrivals_init(struct arrivals *a, const struct load *l, uint64_t seed, uint32_t worker,
                   uint32_t workers);

/* Returns the worker's next arrival, or false if there are no more. Constant time, plus the
 * stages that it passes (and, with Poisson arrivals, a gap for each other worker). */
bool arrivals_next(struct arrivals *a, struct arrival *out);

/* The load, which must not be a trace, has a new change at at_ns. `unused`: the last arrival was
 * not sent. True where it is due at at_ns or later, and so follows the change: arrivals_next()
 * returns it again, with its new time. */
bool arrivals_change(struct arrivals *a, int64_t at_ns, bool unused);

#endif
