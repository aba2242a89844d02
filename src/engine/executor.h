/*
 * executor: runs a worker's share of one load: its users, when they come and go, or its arrivals.
 *
 * It follows the load's schedule by itself, from the load's start to its end, and is over when it
 * has told its users to leave. open.h is the half of it for loads by rate.
 *
 * Ownership: embedded in the worker, which it borrows. Thread: the worker's.
 */
#ifndef ENGINE_EXECUTOR_H
#define ENGINE_EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/open.h"
#include "engine/pacer.h"
#include "scenario/scenario.h"
#include "util/err.h"

struct vuser;
struct worker;

struct executor {
    struct pacer_item ramp; /* the next change of the load, or its next arrival */
    struct pacer_item give_up;
    struct worker *worker;
    const struct scenario_load *load;
    const uint16_t *spread; /* the class of each of the load's users; NULL: there is only one */
    uint32_t number;        /* of the load */
    uint32_t first_user;    /* of the load, over all loads */
    int64_t start_ns;       /* CLOCK_MONOTONIC, from worker_start() on */
    struct vuser **users;   /* by index / count; NULL until first started */
    uint32_t user_max;
    uint32_t wanted; /* users that a closed load wants of this worker */
    struct open_load open;
    bool over; /* no new requests */
};

int executor_init(struct executor *x, struct worker *w, uint32_t number, uint32_t first_user,
                  const uint16_t *spread, struct err *e);
void executor_done(struct executor *x);

/* Asks the pacer for the beginning; the worker's start_ns is set. */
void executor_start(struct executor *x);

/* Its `ramp` or `give_up` is due. */
void executor_due(struct executor *x, const struct pacer_item *item, int64_t now_ns);

/* No new requests from here on; those in progress have until `until_ns`. */
void executor_finish(struct executor *x, int64_t now_ns, int64_t until_ns);

/* Cancels what is in progress. */
void executor_cancel(struct executor *x);

/* The user in this slot, made where it was never there. NULL when memory runs out, with the
 * worker's `failure` set. */
struct vuser *executor_user(struct executor *x, uint32_t slot);

#endif
