/*
 * engine: the life of a run: start the workers, watch them, stop them, say how it went.
 *
 * It does not open the run file, print or decide an exit code: the caller gives it a started
 * `struct record`, and gets progress by a callback and a result at the end.
 *
 * What ends a run before its time is the caller's order, which it gives when it is asked at a tick.
 * Thread: main; callbacks come on it.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"
#include "scenario/scenario.h"
#include "transport/transport.h"
#include "util/err.h"

#define ENGINE_THREADS_MAX 256

/* Above this share of a core a thread has no room left: it answers late, and the lateness is
 * measured as the target's. */
#define ENGINE_BUSY_SHARE 0.9

/* A loop that woke this much too late stood still: the process was stopped, the machine asleep or
 * starved. */
#define ENGINE_STALL_NS (500 * INT64_C(1000000))

struct engine_progress {
    int64_t elapsed_ns;
    int64_t duration_ns; /* of the load */
    uint32_t users;
    uint32_t users_max;
    bool stopping; /* no new requests; requests in progress may finish */
    bool stopped;  /* before the load's end: by an order, or because a user could not go on */
};

enum engine_wish {
    ENGINE_GO_ON,
    ENGINE_FINISH, /* no new requests; requests in progress have the stop timeout to finish */
    ENGINE_CANCEL  /* cancel requests in progress */
};

struct engine_order {
    enum engine_wish wish;
    int signal; /* SIGINT or SIGTERM where that is why; it is in the result */
};

/* Ten times a second: what is to be done from now on. `now` is NULL before and after the load,
 * while requests of the setup or teardown are sent: there each wish ends them. */
typedef struct engine_order engine_tick_fn(void *context, const struct engine_progress *now);

struct engine_options {
    const struct scenario *scenario; /* with a target, where it needs one */
    const struct transport_ops *transport;
    struct record *record; /* opened with worker_count = threads */
    uint32_t threads;
    uint64_t seed;
    int64_t stop_timeout_ns;
    const char *user_agent;
    const char *trace_run; /* see transport/traceparent.h; NULL: no traceparent */
    bool trace_sampled;
    bool kernel_clock;    /* see transport_options */
    engine_tick_fn *tick; /* NULL: it runs its course */
    void *tick_context;
};

struct engine_result {
    int64_t duration_ns; /* until the last worker was done */
    int signal;          /* of the order that ended the run; 0: none did, or it had none */
    bool record_failed;  /* it was ended because rows could no longer be written */
    /* The largest CPU share of a worker over any 5 s (or the whole run, if shorter): 0 .. 1. */
    double busiest_core;
    uint32_t busiest_worker;
    int64_t longest_stall_ns; /* the most that a loop of ours was late */
    int64_t loop_lag_p99_ns;  /* of all wakes of our loops, within 0.8 %; -1: there was none */
    uint64_t shortages
        [TRANSPORT_LIMIT_COUNT]; /* requests that this machine could not send, by what it lacked */
    struct err teardown;         /* why the teardown failed; "": it did not */
};

/* Makes room for the open files that the run needs (RLIMIT_NOFILE up to its hard limit). -1 where
 * it cannot. */
int engine_raise_limits(const struct scenario *s, uint32_t threads, struct err *e);

/* -1 where a file of http.ca, cert or key cannot be used as what it should be. */
int engine_check_files(const struct scenario *s, struct err *e);

/* Runs the setup, the loads to their end, and the teardown. -1 where the setup failed, the loads
 * could not start, or a worker failed while running. */
int engine_run(const struct engine_options *options, struct engine_result *result, struct err *e);

#endif
