/*
 * sweep: how many intervals overlap, at most and in sum, and the stretches that at least one of
 * them covers.
 *
 * Add intervals in order of their start. Intervals that touch make one stretch. Memory: the
 * intervals in progress and the stretches.
 *
 * Ownership: sweep_init allocates nothing, sweep_done frees. Thread: plain data.
 */
#ifndef STATS_SWEEP_H
#define STATS_SWEEP_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

struct sweep_stretch {
    int64_t from, to;
};

struct sweep {
    int64_t sum;  /* sum of all interval lengths */
    int64_t busy; /* sum of all stretch lengths */
    size_t most;  /* maximum at one time */
    struct sweep_stretch *stretches;
    size_t stretch_count;
    size_t stretch_cap; /* private, like the rest */
    int64_t *ends;      /* a heap with the earliest end first */
    size_t end_count, end_cap;
};

void sweep_init(struct sweep *s);
void sweep_done(struct sweep *s);
void sweep_clear(struct sweep *s); /* keeps the memory */

/* An interval that ends before it begins is empty and counts for nothing. */
int sweep_add(struct sweep *s, int64_t from, int64_t to, struct err *e);

#endif
