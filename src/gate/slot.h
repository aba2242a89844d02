/*
 * slot: what a rule has counted in a second, in a window, or in its whole range.
 *
 * It has counts, and the sums and extremes of times. It has no percentiles. Times are in what
 * gate_gain.time is in. Internal to gate/. Thread: plain data.
 */
#ifndef GATE_SLOT_H
#define GATE_SLOT_H

#include "gate/gate_scope.h"

struct gate_slot {
    uint64_t amount;    /* of a counter; hits of a share */
    uint64_t total;     /* what was counted for them */
    uint64_t n;         /* times */
    double sum, square; /* of the times, less `shift`, so that their variance survives */
    int64_t min, max;   /* of the times; 0 while there is none */
};

/* `shift` is the same for all slots that will be joined: the first time that was counted. */
void gate_slot_add(struct gate_slot *s, const struct gate_gain *gain, int64_t shift);

void gate_slot_join(struct gate_slot *s, const struct gate_slot *more);

/* Mean and, from 30 times on, its interval of 95 %; n > 0. */
void gate_slot_mean(const struct gate_slot *s, int64_t shift, double *mean, double *low,
                    double *high);

#endif
