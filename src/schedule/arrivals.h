/*
 * arrivals: when the requests of an open load are due.
 *
 * The integral of the rate from the start of the run says how many arrivals a moment is worth.
 * Evenly spaced arrivals fall where it reaches 0, 1, 2, … (at a constant rate: arrival k at exactly
 * k/rate, to the nearest nanosecond); Poisson arrivals where it reaches the sums of exponential
 * gaps, so that they follow ramps as well. Where the rate is 0, time passes and nothing arrives;
 * the end of the load is no longer part of it: 10/s for 2 s are the arrivals 0 … 19.
 *
 * The arrivals of a trace are those that were recorded, at its speed: arrival k is row k mod n of
 * the trace.
 *
 * The integral is kept as an integer of 128 bits, so that nothing drifts: the count after any time
 * is exact, for years.
 *
 * One sequence belongs to the run, by load and seed. It is distributed: worker w of n gets the
 * arrivals w, w+n, w+2n, …, so what arrives does not depend on the number of workers. Pure; no
 * clock is read. Thread: plain data, owned by the caller.
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
    struct arrival last;     /* what arrivals_next() gave */
    uint64_t index;          /* of the next */
    arrivals_area position;  /* of the next, as an area under the rate */
    size_t stage;            /* the one that the search has reached */
    int64_t stage_ns;        /* where it begins */
    arrivals_area area;      /* before it */
};

/* For an open load. */
void arrivals_init(struct arrivals *a, const struct load *l, uint64_t seed, uint32_t worker,
                   uint32_t workers);

/* The worker's next arrival; false when there are no more. Constant time but for the stages that it
 * passes (and with Poisson arrivals a gap for each other worker). */
bool arrivals_next(struct arrivals *a, struct arrival *out);

#endif
