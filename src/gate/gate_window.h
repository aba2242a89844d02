/*
 * gate_window: the seconds of one rule's range, and the windows of whole seconds in it.
 *
 * First every second counts what ended in it; then, for percentiles, the times of a second are
 * gathered until all that were counted are there, and each window is looked at as soon as its
 * seconds are complete, after which its first second lets its times go. Internal to gate/.
 *
 * Ownership: gate_window_done frees. Thread: plain data.
 */
#ifndef GATE_GATE_WINDOW_H
#define GATE_GATE_WINDOW_H

#include "gate/gate_judge.h"
#include "gate/slot.h"

struct gate_second {
    struct gate_slot slot;
    double level, lowest, highest; /* of a gauge: the last of the second, the least, the most */
    bool known;                    /* it has one */
    uint64_t seen;
    int64_t *values;
};

struct gate_window {
    const struct gate_rule *rule;
    struct gate_second *seconds;
    size_t count; /* of seconds that have begun */
    size_t whole; /* of those that have ended */
    size_t width;
    size_t next; /* the first window that was not looked at */
    int64_t shift;
    bool failed; /* no memory, or the second reading differs */

    size_t windows, crossed, empty;
    size_t first_empty, worst;
    double badness; /* of the worst */
    bool any;       /* there is a worst */
    double value, low, high;
    uint64_t samples;
};

int gate_window_init(struct gate_window *w, const struct gate_rule *rule, int64_t range_us,
                     struct err *e);
void gate_window_done(struct gate_window *w);

/* The second in which `us` from the start of the range lies; it is in the range. */
struct gate_second *gate_window_at(struct gate_window *w, int64_t us);

void gate_window_gather(struct gate_window *w, int64_t us, int64_t value);

/* Looks at all windows that are complete. */
void gate_window_advance(struct gate_window *w);

#endif
