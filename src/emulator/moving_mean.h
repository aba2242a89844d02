/*
 * moving_mean: the mean of a quantity over the newest stretch of time, in fixed memory.
 *
 * Time is cut into steps, counted from the first addition. A mean over n steps takes the current
 * step and the n - 1 before it, so it is exact where additions end on a step's edge and otherwise
 * looks back up to one step less. Time before the first addition does not count as zero. It reads
 * no clock.
 *
 * Ownership: moving_mean_init allocates, moving_mean_done frees. Thread: plain data, owned by the
 * caller.
 */
#ifndef EMULATOR_MOVING_MEAN_H
#define EMULATOR_MOVING_MEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

struct moving_mean_step {
    double area; /* value x seconds */
    double seconds;
};

struct moving_mean {
    int64_t step_ns;
    size_t n;
    bool any;
    int64_t origin_ns; /* where step 0 begins */
    int64_t last;      /* the current step; of the others, the n - 1 before it are kept */
    struct moving_mean_step *steps;
};

/* Keeps length_ns in steps of step_ns; both > 0. */
int moving_mean_init(struct moving_mean *w, int64_t length_ns, int64_t step_ns, struct err *e);
void moving_mean_done(struct moving_mean *w);

/* The quantity was `value` from from_ns to to_ns; not earlier than what was added before. */
void moving_mean_add(struct moving_mean *w, int64_t from_ns, int64_t to_ns, double value);

/* Over the newest length_ns of what was added, at most what is kept; 0 where nothing was. */
double moving_mean_of(const struct moving_mean *w, int64_t length_ns);

#endif
