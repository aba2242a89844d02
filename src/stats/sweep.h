/*
 * sweep: how many intervals cover a moment, at most and on average, and the stretches that any of
 * them covers.
 *
 * Intervals come in the order of their begin. Those that touch make one stretch. Memory: those
 * in progress and the stretches.
 *
 * Ownership: sweep_init needs no allocation, sweep_done frees. Thread: plain data.
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
    int64_t sum;  /* of all lengths */
    int64_t busy; /* of all stretches */
    size_t most;  /* at a moment */
    struct sweep_stretch *stretches;
    size_t stretch_count;
    size_t stretch_cap; /* private, like the rest */
    int64_t *ends;      /* a heap: the earliest end first */
    size_t end_count, end_cap;
};

void sweep_init(struct sweep *s);
void sweep_done(struct sweep *s);
void sweep_clear(struct sweep *s); /* the memory stays */

/* One that ends before it begins is taken as empty: it counts for nothing. */
int sweep_add(struct sweep *s, int64_t from, int64_t to, struct err *e);

#endif
