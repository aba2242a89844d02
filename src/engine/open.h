/*
 * open: a executor of an open load: arrivals, and the pool of users that serves them.
 *
 * Each arrival is given to a free user at its time. When none is free it waits with its clock
 * running, first come first served; after the load's queue timeout it is not sent, and its row says
 * so. Whatever happens, each arrival up to the end of the load (or the moment of a signal) becomes
 * exactly one row. Arrivals that wait when the load ends are still sent within the stop timeout.
 *
 * What waits takes no memory: it is the part of the schedule between the oldest arrival that is
 * neither sent nor abandoned, and now.
 *
 * The user that has been free longest comes first, so that every connection that was opened is used
 * and a server that deals its work out by connections has all of them at it; where the load says
 * so, the user that was busy last. A session is opened when all others are busy, and while there
 * are fewer than the load wants. The task of an arrival follows from the seed and its index alone,
 * so neither timing nor threads change what is sent.
 *
 * Ownership: embedded in the executor, whose users it borrows. Thread: the worker's.
 */
#ifndef ENGINE_OPEN_H
#define ENGINE_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "schedule/arrivals.h"

struct executor;
struct vuser;

struct open_load {
    struct arrivals arrivals;
    struct arrival head; /* the oldest that is neither sent nor abandoned */
    bool has_head;       /* false: there are no more */
    bool serving;        /* serve() is giving out arrivals */
    struct vuser *free;  /* the next one first; and the last of them, where there is any */
    struct vuser *last_free;
    uint32_t opened;     /* users with a session */
    uint32_t opened_min; /* this many before one is used again */
    uint32_t spent;      /* users for whom a feeder has no row left: they do not come again */
};

/* Before the start: asks the pacer for the first arrival. */
void open_start(struct executor *x);

/* An arrival is due, the time of a waiting one is up, or the load ends. */
void open_due(struct executor *x, int64_t now_ns);

/* A user has done what it was given. */
void open_user_freed(struct executor *x, struct vuser *u);

/* A user has left for good. Once all have, an arrival has nobody to wait for. */
void open_user_spent(struct executor *x);

/* No new requests: what is due and waits is not sent any more. The pool is empty from here on. */
void open_stop(struct executor *x, int64_t now_ns);

#endif
