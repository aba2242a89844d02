/*
 * window: the mean of a quantity over the newest stretch of time, in fixed memory.
 *
 * Time is cut into steps, counted from the first addition. A mean over n steps takes the step under
 * way and the n - 1 before it, so it is exact where additions end on a step's edge and otherwise
 * looks back up to one step less. Time before the first addition does not count as zero. It reads
 * no clock.
 *
 * Ownership: window_init allocates, window_done frees. Thread: plain data, owned by the caller.
 */
#ifndef CLOUDRUN_WINDOW_H
#define CLOUDRUN_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

struct window_step {
    double area; /* value x seconds */
    double seconds;
};

struct window {
    int64_t step_ns;
    size_t n;
    bool any;
    int64_t origin_ns; /* where step 0 begins */
    int64_t last;      /* the step under way; of the others, the n - 1 before it are kept */
    struct window_step *steps;
};

/* Keeps length_ns in steps of step_ns; both > 0. */
int window_init(struct window *w, int64_t length_ns, int64_t step_ns, struct err *e);
void window_done(struct window *w);

/* The quantity was `value` from from_ns to to_ns; not earlier than what was added before. */
void window_add(struct window *w, int64_t from_ns, int64_t to_ns, double value);

/* Over the newest length_ns of what was added, at most what is kept; 0 where nothing was. */
double window_mean(const struct window *w, int64_t length_ns);

#endif
