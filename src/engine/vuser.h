/*
 * vuser: one virtual user, as a state machine.
 *
 * It asks for a task, sends it, hands the sample over, waits, and so on. It knows nothing of other users, threads or
 * the load; its worker starts and stops it.
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
    /* A request is under way; the transport's callback moves on, and it alone. */
    VUSER_BUSY,
    /* Between two requests; the pacer moves on to BUSY when the wait is over. */
    VUSER_WAITING,
    /* Told to stop while a request was under way: when that ends, it goes to ABSENT instead of WAITING. */
    VUSER_LEAVING
};

struct vuser {
    struct pacer_item wake; /* first: the pacer's callback finds the user by it */
    struct worker *worker;
    struct transport_session *session;
    struct rng rng;
    uint32_t index; /* over all workers; seeds the random choices */
    uint32_t task;  /* of the request under way */
    enum vuser_state state;
};

void vuser_init(struct vuser *u, struct worker *w, uint32_t index, uint64_t seed);

/* ABSENT to BUSY, with a new session; LEAVING back to BUSY. Nothing to do otherwise. */
int vuser_start(struct vuser *u, struct err *e);

/* Lets the request under way end first; ABSENT at once where there is none. */
void vuser_stop(struct vuser *u);

/* Gives the request under way up (a row with outcome cancelled) and goes to ABSENT. */
void vuser_cancel(struct vuser *u);

/* The wait is over. */
void vuser_wake(struct vuser *u);

#endif
