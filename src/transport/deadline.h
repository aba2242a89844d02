/*
 * deadline: one timer for many requests with the same time limit.
 *
 * Since all limits are the same, requests expire in the order in which they began. Adding and
 * removing is a list operation, and the timer is only set again when it fires. Its precision is
 * that of the loop's timers: milliseconds, never early.
 *
 * Ownership: items are embedded in what has the limit. Thread: the loop's.
 */
#ifndef TRANSPORT_DEADLINE_H
#define TRANSPORT_DEADLINE_H

#include <stdint.h>
#include <uv.h>

struct deadline {
    struct deadline *before, *after;
    int64_t due_ns; /* 0: not in a list */
};

typedef void deadline_passed_fn(void *context, struct deadline *d);

struct deadlines {
    uv_timer_t timer;
    const int64_t *limit_ns;
    struct deadline *first, *last;
    deadline_passed_fn *passed;
    void *context;
};

/* `limit_ns` is borrowed. */
void deadlines_init(struct deadlines *l, uv_loop_t *loop, const int64_t *limit_ns,
                    deadline_passed_fn *passed, void *context);

/* The list must be empty. `closed` gets the timer's handle, whose data is `context`. */
void deadlines_close(struct deadlines *l, uv_close_cb closed);

/* The limit counts from `from_ns`, which may be in the past. The later it is, the faster the
 * add. */
void deadline_add(struct deadlines *l, struct deadline *d, int64_t from_ns);
void deadline_remove(struct deadlines *l, struct deadline *d); /* no-op if not in a list */

#endif
