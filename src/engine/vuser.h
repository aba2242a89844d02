/*
 * vuser: one virtual user, as a state machine.
 *
 * In a closed load it asks for a task, sends it, hands the sample over, waits, and so on. In an open load it sends what it
 * is given, one request at a time, and is free in between. It knows nothing of other users, threads or the load; its
 * worker starts and stops it.
 *
 * Ownership: embedded in the worker's list. Thread: the worker's.
 */
#ifndef ENGINE_VUSER_H
#define ENGINE_VUSER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/pacer.h"
#include "transport/transport.h"
#include "util/rng.h"

struct worker;

enum vuser_state {
    /* Not there: no session, nothing under way. Where a user begins, and where it ends. */
    VUSER_ABSENT,
    /* Open loads only: has a session and nothing to do. In the worker's pool, from which an arrival takes it to BUSY. */
    VUSER_FREE,
    /* A request is under way; the transport's callback moves on, and it alone. */
    VUSER_BUSY,
    /* Closed loads only: between two requests; the pacer moves on to BUSY when the wait is over. */
    VUSER_WAITING,
    /* Told to stop while a request was under way: when that ends, it goes to ABSENT instead of WAITING or FREE. */
    VUSER_LEAVING
};

#define VUSER_NOTHING_INTENDED INT64_MIN

struct vuser {
    struct pacer_item wake; /* first: the pacer's callback finds the user by it */
    struct worker *worker;
    struct transport_session *session;
    struct rng rng;
    uint32_t index; /* over all workers; seeds the random choices */
    uint32_t task;  /* of the request under way */
    uint32_t sent;  /* requests so far, over all its sessions */
    int64_t
        intended_ns; /* CLOCK_MONOTONIC: when the schedule wants the request under way or the next one sent */
    bool
        waited; /* the request under way was due while no user was free: its lateness is the target's */
    struct vuser *next_free; /* in the pool, where FREE */
    enum vuser_state state;
};

void vuser_init(struct vuser *u, struct worker *w, uint32_t index, uint64_t seed);

/* Closed loads: ABSENT to BUSY, with a new session; LEAVING back to BUSY. Nothing to do otherwise. A wait that is counted from
 * start to start begins with `intended_ns`. */
int vuser_start(struct vuser *u, int64_t intended_ns, struct err *e);

/* Open loads: ABSENT to FREE, with a new session. */
int vuser_open(struct vuser *u, struct err *e);

/* Open loads: FREE to BUSY. */
void vuser_send(struct vuser *u, uint32_t task, int64_t intended_ns, bool waited);

/* Lets the request under way end first; ABSENT at once where there is none. */
void vuser_stop(struct vuser *u);

/* Gives the request under way up (a row with outcome cancelled) and goes to ABSENT. */
void vuser_cancel(struct vuser *u);

/* The wait is over. */
void vuser_wake(struct vuser *u);

#endif
