/*
 * worker: one thread with one loop, one transport and its share of the users.
 *
 * It owns its part of the users (schedule/part.h), so that all workers ramp evenly. Its
 * executors follow the loads on their own, from the common start time. The engine only tells it to
 * stop early. The only shared output that it writes is its own queue.
 *
 * Ownership: the engine's; the scenario, record and options are borrowed. Thread: worker_init(),
 * worker_start(), worker_join() and worker_done() on the engine's; worker_stop() and the atomics on
 * any; the rest on the worker's own.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <uv.h>

#include "engine/checker.h"
#include "engine/executor.h"
#include "engine/flow.h"
#include "engine/pacer.h"
#include "engine/vuser.h"
#include "record/record.h"
#include "scenario/scenario.h"
#include "schedule/part.h"
#include "transport/transport.h"
#include "util/buf.h"

#define WORKER_REPORTED_MAX 10 /* unsendable requests that get an event, per request and thread */

enum worker_order {
    WORKER_RUN,
    WORKER_FINISH, /* no new requests; those in progress may end, up to the stop timeout */
    WORKER_ABORT   /* requests in flight are cancelled */
};

struct worker_setup {
    const struct scenario *scenario;
    const struct transport_ops *transport_ops;
    const struct transport_options *transport_options;
    const struct transport_request *requests; /* one for each request of the scenario */
    const uint16_t *const *spreads;           /* by load: see scenario_spread(); NULL: one class */
    const struct bytes *values;               /* initial values of users, by slot */
    struct checker_bodies *bodies;
    bool flows; /* users need a flow */
    struct record *record;
    uint32_t thread;  /* number of this worker; its queue */
    uint32_t threads; /* that share the machine's part of the load */
    struct part part; /* of the load: the worker's own */
    uint64_t seed;
    int64_t stop_timeout_ns;
    uv_async_t *left; /* signalled when the thread's loop has ended, or the run is to end */
};

#define WORKER_LAG_BITS 6u /* within 0.8 % */

struct worker {
    const struct scenario *scenario;
    const struct transport_ops *transport_ops;
    struct transport *transport;
    struct worker_setup setup;
    struct queue *queue;
    void **compiled;  /* compiled requests of the endpoints */
    int64_t start_ns; /* CLOCK_MONOTONIC, common to all workers */

    struct pacer pacer;
    /* Lag of its wakes over the run, in nanoseconds. Read it after worker_join(). */
    struct hist lags;
    /* A periodic wake, so that the lag of the loop is seen even if no other timer runs. */
    struct pacer_item beat;
    struct executor *executors;
    uint32_t executor_count;
    struct flow_work flows;
    struct checker checker;
    uint64_t empty_feeders; /* feeders already reported as empty */
    uint8_t *reported;      /* by request: events written for unsendable ones */
    /* Requests that this machine could not send, by the resource that it lacked. */
    uint64_t shortages[TRANSPORT_LIMIT_COUNT];
    bool streams_noted; /* the server's limit of streams has held a request back */
    struct err last_reported;

    struct buf masked; /* an error text with its secrets masked */
    char *last_error;
    uint16_t last_error_id;

    uv_loop_t loop;
    uv_async_t wake;
    uv_thread_t thread;
    bool loop_ready, wake_ready, pacer_ready;

    pthread_mutex_t change_lock; /* the next two */
    struct load_change *changes; /* of the load, not yet made */
    size_t change_count;
    atomic_bool changed; /* there are some */

    _Atomic enum worker_order order;
    atomic_uint active; /* users that are not ABSENT; in open loads, the busy ones */
    atomic_bool ended;
    atomic_bool ends_run;   /* a feeder that ends the run is empty */
    _Atomic int64_t cpu_ns; /* of the thread, up to about its last wake; final once it has ended */
    clockid_t cpu_clock;
    atomic_bool cpu_clock_known;
    struct err failure; /* set before `ended`, if the worker failed */
    bool failed;
};

/* Prepares everything that can fail, so that a failure comes before the run's first request. */
int worker_init(struct worker *w, const struct worker_setup *setup, struct err *e);
void worker_done(struct worker *w);

int worker_start(struct worker *w, int64_t start_ns, struct err *e);
void worker_join(struct worker *w);
void worker_stop(struct worker *w, enum worker_order order);
/* Changes the only load of the scenario. -1: no memory; then the worker does not change. */
int worker_change(struct worker *w, const struct load_change *change, struct err *e);

/* ---- for vuser.c, executor.c and open.c ---- */

/* Makes the changes that have come. Call before anything that is due: a thread that wakes late must
 * not send by the old load what follows a change. */
void worker_make_changes(struct worker *w);

/* Reserves what all users of all executors need at once. */
int worker_reserve(struct worker *w, struct err *e);

uint32_t worker_draw_task(const struct worker *w, const struct scenario_class *c, struct rng *rng);

/* The first request of a task, or of another part. */
uint32_t worker_first_request(const struct worker *w, const struct scenario_steps *steps);

/* Checks the response to the user's current step and writes its row. Returns false if the
 * request failed. */
bool worker_record(struct worker *w, struct vuser *u, const struct transport_result *result);

/* Writes the row of an arrival that is not sent. `why` may be "". `waited`: the delay was not
 * caused by the client. */
void worker_record_not_sent(struct worker *w, uint32_t request, int64_t intended_ns, bool waited,
                            const char *why);

/* Writes the row of a request that cannot be built. `why` is the same text for all requests with
 * the same cause. `seen` may be ""; it says what this request was built from, and is stored for
 * the first few of each request. intended_ns may be VUSER_NOTHING_INTENDED. */
void worker_record_unsendable(struct worker *w, const struct vuser *u, uint32_t request,
                              int64_t intended_ns, const char *why, const char *seen);
void worker_record_iteration(struct worker *w, const struct vuser *u, int64_t end_ns);
void worker_user_came(struct worker *w);
void worker_user_left(struct worker *w);

/* A feeder has no row left, for this user or for all. */
void worker_feeder_empty(struct worker *w, size_t feeder, uint32_t user);

/* The worker cannot continue; `failure` says why. Users leave when their requests end. */
void worker_fail(struct worker *w);

#endif
