/*
 * executor: runs one worker's share of one load: it starts and stops users, or serves arrivals.
 *
 * It follows the load's schedule on its own, from the load's start to its end. It is over when it
 * has told its users to leave. Loads with an arrival rate use open.h as well.
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
#include "schedule/part.h"
#include "util/err.h"

struct vuser;
struct worker;

struct executor {
    struct pacer_item ramp; /* next change of the load, or its next arrival */
    struct pacer_item give_up;
    struct worker *worker;
    const struct scenario_load *load;
    struct load now;        /* the load with its changes so far; owned */
    const uint16_t *spread; /* class of each user of the load; NULL: there is only one class */
    uint32_t number;        /* index of the load */
    uint32_t first_user;    /* index, over all loads, of this load's first user */
    struct part part;       /* of the load's users, counted from its first */
    int64_t start_ns;       /* CLOCK_MONOTONIC, from worker_start() on */
    struct vuser **users;   /* by number / part.count; NULL until first started */
    uint32_t user_max;
    uint32_t wanted; /* closed load: users that this worker should run now */
    struct open_load open;
    bool over; /* sends no new requests */
};

int executor_init(struct executor *x, struct worker *w, uint32_t number, uint32_t first_user,
                  const uint16_t *spread, struct err *e);
void executor_done(struct executor *x);

/* Schedules the start of the load with the pacer. The worker's start_ns is set. */
void executor_start(struct executor *x);

/* Call when the item `ramp` or `give_up` is due. */
void executor_due(struct executor *x, const struct pacer_item *item, int64_t now_ns);

/* Changes the load, at a time of it that should not be past. Returns -1 if memory runs out; the
 * worker's `failure` is then set. */
int executor_change(struct executor *x, const struct load_change *change);

/* Sends no new requests from now on. Requests in progress have until `until_ns`. */
void executor_finish(struct executor *x, int64_t now_ns, int64_t until_ns);

/* Cancels the requests in progress. */
void executor_cancel(struct executor *x);

/* Returns the user in this slot, and creates it on first use. Returns NULL if memory runs out;
 * the worker's `failure` is then set. */
struct vuser *executor_user(struct executor *x, uint32_t slot);

#endif
