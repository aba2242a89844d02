/*
 * pacer: wakes things at their time, to some tens of microseconds.
 *
 * A binary heap of due times and one timerfd on the worker's loop: libuv's own timers are whole
 * milliseconds. On each wake all that is due is dispatched, in order of due time, ties in the order
 * they were added. Nothing spins.
 *
 * Ownership: items are embedded in what waits and belong to the caller; an item is in one pacer at
 * a time.
 * Thread: the loop's, but for pacer_lag().
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

/* Items dispatched in one turn of the loop: with more, the answers to the first lie unread while
 * the last are sent. */
#define PACER_TURN_MAX 16

struct pacer_item {
    int64_t due_ns; /* CLOCK_MONOTONIC */
    uint64_t order;
    size_t slot; /* place in the heap from 1 on; 0: not waiting. Zero-initialise. */
};

typedef void pacer_due_fn(void *context, struct pacer_item *item, int64_t now_ns);

struct pacer {
    uv_poll_t poll;
    int fd;
    struct pacer_item **heap; /* heap[0] is unused */
    size_t count, capacity;
    uint64_t added;
    int64_t armed_ns;  /* what the timerfd is set to; 0: nothing */
    int64_t expect_ns; /* when that should wake us: not before it was set, though due earlier */
    bool dispatching;
    pacer_due_fn *due;
    void *context;

    /* How late it woke; its own thread's to write, but for most_ns, which a reader sets back. */
    _Atomic uint64_t wakes;
    _Atomic int64_t late_ns, most_ns;
    /* How late each wake was, in nanoseconds; borrowed, NULL: not wanted. Its own thread's. */
    struct hist *lags;
};

int pacer_init(struct pacer *p, uv_loop_t *loop, pacer_due_fn *due, void *context, struct err *e);

/* Stops watching; the memory of `p` must outlive the loop's next turn. Items still waiting are
 * forgotten. */
void pacer_done(struct pacer *p);

/* Makes room for n items, so that pacer_add() never fails for as many. */
int pacer_reserve(struct pacer *p, size_t n, struct err *e);

/* How late the pacer woke for the first of what was due. */
struct pacer_lag {
    uint64_t wakes;  /* since the start */
    int64_t late_ns; /* all of them together */
    int64_t most_ns; /* since the last call */
};

/* On any thread, one at a time, from pacer_init() on and even after pacer_done(). */
void pacer_lag(struct pacer *p, struct pacer_lag *out);

void pacer_add(struct pacer *p, struct pacer_item *item, int64_t due_ns);
void pacer_remove(struct pacer *p, struct pacer_item *item); /* nothing where it is not waiting */

#endif
