/*
 * worker: one thread with one loop, one transport and its share of the users.
 *
 * Worker w of n owns the users w, w+n, w+2n, …, so that every worker ramps evenly. It follows the load by itself, from the
 * common start time; the engine only tells it to stop early. It writes to its own queue and to nothing else of the run's.
 *
 * Ownership: the engine's; the scenario, record and options are borrowed. Thread: worker_init(), worker_start(),
 * worker_join() and worker_done() on the engine's; worker_stop() and the atomics on any; all else on the worker's own.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <uv.h>

#include "engine/open.h"
#include "engine/pacer.h"
#include "engine/vuser.h"
#include "record/record.h"
#include "scenario/model.h"
#include "transport/transport.h"
#include "util/buf.h"

enum worker_order {
    WORKER_RUN,
    WORKER_FINISH, /* no new requests; those under way end, up to the stop timeout */
    WORKER_ABORT   /* requests under way are cancelled */
};

struct worker_setup {
    const struct scenario *scenario;
    const struct transport_ops *transport_ops;
    const struct transport_options *transport_options;
    const struct transport_request *requests; /* one per task */
    struct record *record;
    uint32_t index, count;
    uint64_t seed;
    int64_t stop_timeout_ns;
    uv_async_t *left; /* sent when the thread's loop has ended */
};

struct worker {
    const struct scenario *scenario;
    const struct transport_ops *transport_ops;
    struct transport *transport;
    struct worker_setup setup;
    struct queue *queue;
    void **compiled;
    uint64_t *weight_sums; /* weight_sums[i] = weights of the tasks 0 .. i */
    int64_t start_ns;      /* CLOCK_MONOTONIC, common to all workers */

    struct pacer pacer;
    struct pacer_item ramp; /* the next change of the load, or its next arrival */
    struct pacer_item give_up;
    struct pacer_item beat; /* so that the lag of a loop is seen where nothing else is timed */
    struct vuser **users;   /* by index / count; NULL until first started */
    uint32_t user_max;
    uint32_t wanted; /* users that a closed load wants of this worker */
    struct open_load open;
    bool finishing;

    struct buf masked; /* an error text without secrets */
    char *last_error;
    uint16_t last_error_id;

    uv_loop_t loop;
    uv_async_t wake;
    uv_thread_t thread;
    bool loop_ready, wake_ready, pacer_ready;

    _Atomic enum worker_order order;
    atomic_uint active; /* users that are not ABSENT; in an open load those that are busy */
    atomic_bool ended;
    _Atomic int64_t cpu_ns; /* of the thread, up to about its last wake; final once it ended */
    clockid_t cpu_clock;
    atomic_bool cpu_clock_known;
    struct err failure; /* set before `ended` where the worker could not do its work */
    bool failed;
};

/* Prepares everything that can fail, so that a run fails before its first request or not at all. */
int worker_init(struct worker *w, const struct worker_setup *setup, struct err *e);
void worker_done(struct worker *w);

int worker_start(struct worker *w, int64_t start_ns, struct err *e);
void worker_join(struct worker *w);
void worker_stop(struct worker *w, enum worker_order order);

/* For vuser.c and open.c. */
uint32_t worker_draw_task(const struct worker *w, struct rng *rng);
void worker_record(struct worker *w, const struct vuser *u, const struct transport_result *result);
void worker_record_not_sent(struct worker *w, uint32_t task, int64_t intended_ns, bool waited);
void worker_user_came(struct worker *w);
void worker_user_left(struct worker *w);

/* The user in this slot, made where it was never there. NULL when memory runs out, with `failure` set. */
struct vuser *worker_user(struct worker *w, uint32_t slot);

/* Cannot go on, and `failure` says why: users leave as their requests end. */
void worker_fail(struct worker *w);

/* No new requests from here on; those under way have until `until_ns`. */
void worker_finish(struct worker *w, int64_t now_ns, int64_t until_ns);

#endif
