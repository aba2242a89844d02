/*
 * gate_live_internal: what gate_live counts, for its two files: gate_live.c counts and evaluates,
 * gate_live_share.c passes counts from one process to another.
 *
 * Thread: gate_live.lock is held by the callers of both functions.
 */
#ifndef GATE_GATE_LIVE_INTERNAL_H
#define GATE_GATE_LIVE_INTERNAL_H

#include <pthread.h>

#include "gate/gate_live.h"
#include "gate/slot.h"
#include "stats/hist.h"

/* What was seen in a second, or in all of them. */
struct live_counted {
    struct gate_slot slot;
    struct hist hist; /* with percentiles only */
};

struct live_task {
    struct gate_scope scope;
    struct live_counted whole;
    struct live_counted *seconds; /* a ring, of the newest; NULL without windows */
    size_t second_count;
    int64_t shift;       /* of the slots: the first time */
    bool any;            /* there was one */
    int64_t newest;      /* second in the ring; -1: none */
    int64_t next_window; /* not looked at yet */
    double level, level_sum, level_min, level_max;
    uint64_t levels;
    bool crossed, reported, ended;
    bool bounded; /* low and high were computed from what was counted */
    double low, high;
};

struct gate_live {
    pthread_mutex_t lock;
    struct live_task *tasks;
    size_t count;
    struct hist merged; /* scratch */
};

/* What is counted of a second; NULL: the ring has gone on. */
struct live_counted *gate_live_second(struct live_task *t, int64_t second);

void gate_live_clear(struct live_counted *c);

#endif
