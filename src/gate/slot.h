/*
 * slot: what a rule has counted in one second, one window, or its whole range.
 *
 * It has counts, and the sums and extremes of times, but no percentiles. Times are in the unit of
 * gate_gain.time. Internal to gate/. Thread: plain data.
 */
#ifndef GATE_SLOT_H
#define GATE_SLOT_H

#include "gate/gate_scope.h"

struct gate_slot {
    uint64_t amount;    /* of a counter; of a share, the hits */
    uint64_t total;     /* number of samples behind `amount` */
    uint64_t n;         /* number of times */
    double sum, square; /* of the times minus `shift`, so that their variance stays exact */
    int64_t min, max;   /* of the times; 0 while there are none */
};

/* `shift` is the first time that was counted. It must be the same for all slots that will be
 * joined. */
void gate_slot_add(struct gate_slot *s, const struct gate_gain *gain, int64_t shift);

void gate_slot_join(struct gate_slot *s, const struct gate_slot *more);

/* Mean, and its interval of 95 % if there are at least 30 times; else *low and *high are unchanged.
 * n > 0. */
void gate_slot_mean(const struct gate_slot *s, int64_t shift, double *mean, double *low,
                    double *high);

#endif
