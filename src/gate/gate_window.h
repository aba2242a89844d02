/*
 * gate_window: the seconds of one rule's range, and the windows of whole seconds in it.
 *
 * First, each second counts what ended in it. Then, for percentiles, each second gathers its times
 * until it has as many as it counted. Each window is evaluated as soon as its seconds are complete;
 * then the times of its first second are freed. Internal to gate/.
 *
 * Ownership: gate_window_done frees. Thread: plain data.
 */
#ifndef GATE_GATE_WINDOW_H
#define GATE_GATE_WINDOW_H

#include "gate/gate_eval.h"
#include "gate/slot.h"

struct gate_second {
    struct gate_slot slot;
    double level, lowest, highest; /* of a gauge: last, lowest and highest of the second */
    bool known;                    /* the gauge has a value */
    uint64_t seen;
    int64_t *values;
};

struct gate_window {
    const struct gate_rule *rule;
    struct gate_second *seconds;
    size_t count; /* of the seconds that have begun */
    size_t whole; /* of the seconds that have ended */
    size_t width;
    size_t next; /* the first window that was not evaluated */
    int64_t shift;
    bool failed; /* no memory, or the second reading differs */

    size_t windows, crossed, empty;
    size_t first_empty, worst;
    double badness; /* of the worst window */
    bool any;       /* there is a worst window */
    double value, low, high;
    uint64_t samples;
};

int gate_window_init(struct gate_window *w, const struct gate_rule *rule, int64_t range_us,
                     struct err *e);
void gate_window_done(struct gate_window *w);

/* The second that contains `us`, which counts from the start of the range and must be in it. */
struct gate_second *gate_window_at(struct gate_window *w, int64_t us);

void gate_window_gather(struct gate_window *w, int64_t us, int64_t value);

/* Evaluates all complete windows. */
void gate_window_advance(struct gate_window *w);

#endif
