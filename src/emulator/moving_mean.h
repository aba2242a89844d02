/*
 * moving_mean: the mean of a quantity over the most recent time, in fixed memory.
 *
 * Time is divided into steps, counted from the first addition. A mean over n steps uses the current
 * step and the n - 1 before it. So it is exact if additions end on a step's edge; otherwise it
 * covers up to one step less. Time before the first addition does not count as zero. It reads no
 * clock.
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
    int64_t origin_ns; /* start of step 0 */
    int64_t last;      /* the current step; the n - 1 before it are kept */
    struct moving_mean_step *steps;
};

/* Keeps length_ns of time, in steps of step_ns; both > 0. */
int moving_mean_init(struct moving_mean *w, int64_t length_ns, int64_t step_ns, struct err *e);
void moving_mean_done(struct moving_mean *w);

/* The quantity was `value` from from_ns to to_ns. from_ns must not be before the end of the last
 * addition. */
void moving_mean_add(struct moving_mean *w, int64_t from_ns, int64_t to_ns, double value);

/* Returns the mean over the newest length_ns, limited to the time that is kept; 0 if nothing was
 * added. */
double moving_mean_of(const struct moving_mean *w, int64_t length_ns);

#endif
