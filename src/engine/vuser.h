/*
 * vuser: one virtual user, as a state machine over the steps of its programs.
 *
 * It has three parts: what runs at its start, its tasks over and over, and what runs before it
 * leaves. In a closed load it draws a task, goes through its steps, waits, and so on. In an open
 * load it does the task that it is given, and is free in between. It knows nothing of other users,
 * threads or the load; its executor starts and stops it.
 *
 * What a user draws follows from the seed and its index alone. A task that sent nothing (its
 * condition did not hold, a value was missing) is followed by a short pause, so that nothing spins.
 *
 * Ownership: heap, the executor's. Thread: the worker's.
 */
#ifndef ENGINE_VUSER_H
#define ENGINE_VUSER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/flow.h"
#include "engine/pacer.h"
#include "scenario/scenario.h"
#include "transport/transport.h"
#include "util/rng.h"

struct executor;

enum vuser_state {
    /* Not there: no session, nothing in progress. Where a user begins, and where it ends. */
    VUSER_ABSENT,
    /* Open loads only: has a session and nothing to do. In the executor's pool, from which an
     * arrival takes it to BUSY. */
    VUSER_FREE,
    /* A request of the current step is in progress; the transport's callback moves on, and it
     * alone: to the next step, which may be BUSY or PAUSED again, or at the end of the part to the
     * next part, WAITING, FREE or ABSENT. */
    VUSER_BUSY,
    /* Between two steps of a part; the pacer moves on to the next step when the wait is over. */
    VUSER_PAUSED,
    /* Closed loads only: between two tasks; the pacer moves on to the next task when the wait is
     * over. */
    VUSER_WAITING,
    /* Told to stop while a request was in progress: when that ends, the user goes to its last part,
     * the rest of this one is left out. */
    VUSER_LEAVING
};

enum vuser_part { VUSER_STARTING, VUSER_TASK, VUSER_STOPPING };

#define VUSER_NOTHING_INTENDED INT64_MIN

struct vuser {
    struct pacer_item wake; /* first: the pacer's callback finds the user by it */
    struct executor *executor;
    const struct scenario_class *class;
    struct transport_session *session;
    struct flow *flow; /* NULL where the scenario needs none */
    struct rng rng;
    uint32_t index;     /* over all loads; seeds the random choices */
    uint32_t sent;      /* requests so far, over all its sessions */
    uint32_t task;      /* the current or the last one */
    uint32_t step, end; /* of the current part */
    uint32_t iteration; /* tasks so far */
    uint64_t arrival;   /* open loads: the number of the one that it serves */
    /* CLOCK_MONOTONIC: when the schedule wants the current task or the next one to begin. */
    int64_t intended_ns;
    int64_t began_ns;        /* the current task, where it has a row of its own */
    struct vuser *next_free; /* in the pool, where FREE */
    enum vuser_state state;
    enum vuser_part part;
    bool first; /* the next request is the first of its task, which is what the schedule is about */
    /* The current task was due while no user was free: its lateness is the target's. */
    bool waited;
    bool good;    /* nothing has failed in the current task */
    bool quiet;   /* nothing was sent in it yet */
    bool counted; /* among the worker's active users */
    bool again;   /* wanted back while it was on its way out */
    bool spent;   /* a feeder has no row for it any more */
};

/* A user of this executor, ABSENT. NULL when memory runs out. */
struct vuser *vuser_new(struct executor *l, uint32_t index_in_load, struct err *e);
void vuser_free(struct vuser *u);

/* Closed loads: ABSENT to BUSY, with a new session; LEAVING back to BUSY. Nothing to do otherwise.
 * A wait that is counted from start to start begins with `intended_ns`. */
int vuser_start(struct vuser *u, int64_t intended_ns, struct err *e);

/* Open loads: ABSENT to FREE, with a new session. */
int vuser_open(struct vuser *u, struct err *e);

/* Open loads: FREE to BUSY. A new user starts first, while the task waits. */
struct vuser_arrival {
    uint64_t index; /* of the load's arrivals */
    uint32_t task;
    int64_t intended_ns;
    bool waited; /* was due while no user was free */
};
void vuser_send(struct vuser *u, const struct vuser_arrival *a);

/* Lets the current request end first, then what runs before a user leaves. */
void vuser_stop(struct vuser *u);

/* Cancels the current request (a row with outcome cancelled) and goes to ABSENT at once. */
void vuser_cancel(struct vuser *u);

/* The wait is over. */
void vuser_wake(struct vuser *u);

#endif
