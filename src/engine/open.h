/*
 * open: an executor of an open load: arrivals, and the pool of users that serves them.
 *
 * Each arrival goes to a free user at its time. If no user is free, it waits, first come first
 * served, and its response time is already counting. After the load's queue timeout it is dropped,
 * and its row says so. In every case, each arrival up to the end of the load (or to a signal)
 * becomes exactly one row. Arrivals that are waiting when the load ends are still sent within the
 * stop timeout.
 *
 * Waiting arrivals need no memory: they are the part of the schedule from the oldest arrival that
 * is neither sent nor abandoned, until now.
 *
 * The next user is the one that has been free longest. So all opened connections are used, and a
 * server that distributes work by connection uses all of them. A load can ask for the user that was
 * busy last instead. A session is opened if all other users are busy, or if there are fewer than
 * the load wants. The task of an arrival depends only on the seed and on its index, so neither
 * timing nor threads change what is sent.
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
    struct arrival head; /* oldest arrival that is neither sent nor abandoned */
    bool has_head;       /* false: no arrivals are left */
    bool serving;        /* serve() is running */
    bool shares;         /* it has a share of the arrivals */
    /* The pool of free users: the next one, and the last one (valid if there is any). */
    struct vuser *free;
    struct vuser *last_free;
    uint32_t opened;     /* users with a session */
    uint32_t opened_min; /* open this many before a user is reused */
    uint32_t spent;      /* users that are gone for good: a feeder has no row left for them */
};

/* Before the start: schedules the first arrival with the pacer. */
void open_start(struct executor *x);

/* Call when an arrival is due, when a waiting one reaches the queue timeout, or when the load
 * ends. */
void open_due(struct executor *x, int64_t now_ns);

/* The load has a new change at at_ns. */
void open_change(struct executor *x, int64_t at_ns);

/* A user has finished its task. */
void open_user_freed(struct executor *x, struct vuser *u);

/* A user has left for good. Once all have, arrivals no longer wait for one. */
void open_user_spent(struct executor *x);

/* Sends no new requests: waiting arrivals are dropped. From now on the pool is empty. */
void open_stop(struct executor *x, int64_t now_ns);

#endif
