/*
 * vuser: one virtual user, a state machine over the steps of its programs.
 *
 * A user's life has three parts: the start, tasks again and again, and the stop. In a closed load a
 * user draws a task, runs its steps, waits, and repeats. In an open load it runs the task that it
 * is given, and is free in between. It knows nothing about other users, threads or the load. Its
 * executor starts and stops it.
 *
 * The random choices of a user depend only on the seed and on its index. After a task that sent
 * nothing (its condition was false, or a value was missing) there is a short pause, so that the
 * user does not spin.
 *
 * Ownership: heap, owned by the executor. Thread: the worker's.
 */
#ifndef ENGINE_VUSER_H
#define ENGINE_VUSER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/flow.h"
#include "engine/pacer.h"
#include "scenario/scenario.h"
#include "stream/asked.h"
#include "transport/transport.h"
#include "util/rng.h"

struct executor;

enum vuser_state {
    /* No session, nothing in progress. The first and the last state of a user. */
    VUSER_ABSENT,
    /* Open loads only: has a session and nothing to do. It is in the executor's pool; an arrival
     * moves it to BUSY. */
    VUSER_FREE,
    /* A request of the current step is in progress. Only the transport's callback leaves this
     * state: to the next step (BUSY or PAUSED), or at the end of the part to the next part,
     * WAITING, FREE or ABSENT. */
    VUSER_BUSY,
    /* Between two steps of a part. When the wait is over, the pacer starts the next step. */
    VUSER_PAUSED,
    /* Closed loads only: between two tasks. When the wait is over, the pacer starts the next
     * task. */
    VUSER_WAITING,
    /* Was told to stop during a request. When the request ends, the user skips the rest of this
     * part and goes to its last part. */
    VUSER_LEAVING
};

enum vuser_part { VUSER_STARTING, VUSER_TASK, VUSER_STOPPING };

#define VUSER_NOTHING_INTENDED INT64_MIN

struct vuser {
    struct pacer_item wake; /* first member: the pacer's callback finds the user by it */
    struct executor *executor;
    const struct scenario_class *class;
    struct transport_session *session;
    struct flow *flow; /* NULL if the scenario needs none */
    struct rng rng;
    uint32_t index;     /* over all loads; seeds the random choices */
    uint32_t sent;      /* requests so far, over all its sessions */
    uint32_t task;      /* current or last task */
    uint32_t step, end; /* of the current part */
    uint32_t iteration; /* tasks so far */
    uint64_t arrival;   /* open loads: index of the arrival that it serves */
    /* CLOCK_MONOTONIC: scheduled start of the current or next task. */
    int64_t intended_ns;
    struct stream_asked asked; /* by the stream in progress */
    int64_t began_ns;          /* start of the current task, if it has a row of its own */
    struct vuser *next_free;   /* in the pool, if FREE */
    enum vuser_state state;
    enum vuser_part part;
    /* The next request is the first of its task, so the scheduled time applies to it. */
    bool first;
    /* The current task was due while no user was free, so the target caused its delay. */
    bool waited;
    bool good;    /* nothing has failed in the current task */
    bool quiet;   /* nothing was sent in it yet */
    bool counted; /* included in the worker's active users */
    bool again;   /* to be started again although it is leaving */
    bool spent;   /* a feeder has no row left for it */
};

/* Creates a user of this executor, in ABSENT. Returns NULL if memory runs out. */
struct vuser *vuser_new(struct executor *l, uint32_t index_in_load, struct err *e);
void vuser_free(struct vuser *u);

/* Closed loads: ABSENT to BUSY, with a new session, or LEAVING back to BUSY. Does nothing in
 * other states. `intended_ns` is where a wait that counts from start to start begins. */
int vuser_start(struct vuser *u, int64_t intended_ns, struct err *e);

/* Open loads: ABSENT to FREE, with a new session. */
int vuser_open(struct vuser *u, struct err *e);

/* Open loads: FREE to BUSY. A new user runs its start part first, while the task waits. */
struct vuser_arrival {
    uint64_t index; /* number of the arrival in the load */
    uint32_t task;
    int64_t intended_ns;
    bool waited; /* was due while no user was free */
};
void vuser_send(struct vuser *u, const struct vuser_arrival *a);

/* Lets the current request end, then runs the user's stop part. */
void vuser_stop(struct vuser *u);

/* Cancels the current request (its row has the outcome cancelled) and goes to ABSENT at once. */
void vuser_cancel(struct vuser *u);

/* Call when the wait is over. */
void vuser_wake(struct vuser *u);

#endif
