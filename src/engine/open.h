/*
 * open: a lane of an open load: arrivals, and the pool of users that serves them.
 *
 * Each arrival is given to a free user at its time. When none is free it waits with its clock running, first come first served; after
 * the load's queue timeout it is not sent, and its row says so. Whatever happens, each arrival up to the end of the load (or the
 * moment of a signal) becomes exactly one row. Arrivals that wait when the load ends are still sent within the stop timeout.
 *
 * What waits takes no memory: it is the part of the schedule between the oldest arrival that is neither sent nor given up, and now.
 *
 * The user that was busy last is used first, since its connection is the least likely to be stale. A session is opened when all
 * others are busy. The task of an arrival follows from the seed and its index alone, so neither timing nor threads change what
 * is sent.
 *
 * Ownership: embedded in the lane, whose users it borrows. Thread: the worker's.
 */
#ifndef ENGINE_OPEN_H
#define ENGINE_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "schedule/arrivals.h"

struct lane;
struct vuser;

struct open_load {
    struct arrivals arrivals;
    struct arrival head; /* the oldest that is neither sent nor given up */
    bool has_head;       /* false: there are no more */
    struct vuser *free;  /* the one that was busy last first */
    uint32_t opened;     /* users with a session */
};

/* Before the start: asks the pacer for the first arrival. */
void open_start(struct lane *l);

/* An arrival is due, the time of a waiting one is up, or the load ends. */
void open_due(struct lane *l, int64_t now_ns);

/* A user has done what it was given. */
void open_user_freed(struct lane *l, struct vuser *u);

/* No new requests: what is due and waits is not sent any more. The pool is empty from here on. */
void open_stop(struct lane *l, int64_t now_ns);

#endif
