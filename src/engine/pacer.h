/*
 * pacer: a timer queue with a precision of some tens of microseconds.
 *
 * It is a binary heap of due times and one timerfd on the worker's loop; libuv's own timers only
 * have milliseconds. On each wake it dispatches all items that are due, ordered by due time; ties
 * go in the order in which they were added. It never busy-waits.
 *
 * Ownership: items are embedded in the structs that wait, and belong to the caller. An item is in
 * one pacer at a time.
 * Thread: the loop's, except for pacer_lag().
 */
#ifndef ENGINE_PACER_H
#define ENGINE_PACER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "stats/hist.h"
#include "util/err.h"

/* Items dispatched in one turn of the loop. With more, responses to the first requests would
 * stay unread while the last requests are sent. */
#define PACER_TURN_MAX 16

struct pacer_item {
    int64_t due_ns; /* CLOCK_MONOTONIC */
    uint64_t order;
    size_t slot; /* position in the heap, from 1; 0: not waiting. Zero-initialise. */
};

typedef void pacer_due_fn(void *context, struct pacer_item *item, int64_t now_ns);

struct pacer {
    uv_poll_t poll;
    int fd;
    struct pacer_item **heap; /* heap[0] is unused */
    size_t count, capacity;
    uint64_t added;
    int64_t armed_ns; /* time the timerfd is set to; 0: not set */
    /* When the timerfd should wake us. If armed_ns was already past, this is when it was set. */
    int64_t expect_ns;
    bool dispatching;
    pacer_due_fn *due;
    void *context;

    /* How late it woke. Written by the pacer's thread; a reader may reset most_ns. */
    _Atomic uint64_t wakes;
    _Atomic int64_t late_ns, most_ns;
    /* Lag of each wake in nanoseconds. Borrowed; NULL: not wanted. Used by the pacer's thread
     * only. */
    struct hist *lags;
};

int pacer_init(struct pacer *p, uv_loop_t *loop, pacer_due_fn *due, void *context, struct err *e);

/* Stops watching. The memory of `p` must stay valid until after the loop's next turn. Items that
 * are still waiting are dropped. */
void pacer_done(struct pacer *p);

/* Reserves memory for n items, so that pacer_add() cannot fail for up to n items. */
int pacer_reserve(struct pacer *p, size_t n, struct err *e);

/* How late the pacer woke, measured at the first due item of each wake. */
struct pacer_lag {
    uint64_t wakes;  /* since the start */
    int64_t late_ns; /* sum over all wakes */
    int64_t most_ns; /* maximum since the last call */
};

/* Any thread, but one at a time; from pacer_init() on, and even after pacer_done(). */
void pacer_lag(struct pacer *p, struct pacer_lag *out);

void pacer_add(struct pacer *p, struct pacer_item *item, int64_t due_ns);
void pacer_remove(struct pacer *p, struct pacer_item *item); /* no-op if not waiting */

#endif
