/*
 * engine: the life of a run: start the workers, watch them and the signals, stop them, say how it went.
 *
 * It does not open the run file, print or decide an exit code: the caller gives it a started `struct record`, and gets
 * progress by a callback and a result at the end.
 *
 * SIGINT and SIGTERM are handled while engine_run() is running: the first lets requests under way finish within the stop
 * timeout, the second cancels them. Thread: main; callbacks come on it.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"
#include "scenario/model.h"
#include "transport/transport.h"
#include "util/err.h"

#define ENGINE_THREADS_MAX 256

/* Above this share of a core a thread has no room left: it answers late, and the lateness is measured as the target's. */
#define ENGINE_BUSY_SHARE 0.9

/* A loop that woke this much too late stood still: the process was stopped, the machine asleep or starved. */
#define ENGINE_STALL_NS (500 * INT64_C(1000000))

struct engine_progress {
    int64_t elapsed_ns;
    int64_t duration_ns; /* of the load */
    uint32_t users;
    uint32_t users_max;
    bool stopping; /* no new requests; waiting for those under way */
    int signal;    /* that made it stop; 0: none */
};

/* Asked at each tick: true ends the load as a first signal would, and is no signal. */
typedef bool engine_stop_fn(void *context, const struct engine_progress *p);

typedef void engine_progress_fn(void *context, const struct engine_progress *p);

struct engine_options {
    const struct scenario *scenario; /* with a target */
    const struct transport_ops *transport;
    struct record *record; /* opened with worker_count = threads */
    uint32_t threads;
    uint64_t seed;
    int64_t stop_timeout_ns;
    const char *user_agent;
    const char *trace_run; /* see transport/trace.h; NULL: no traceparent */
    bool trace_sampled;
    bool kernel_clock;            /* see transport_options */
    engine_progress_fn *progress; /* several times a second; NULL: none */
    void *progress_context;
    engine_stop_fn *stop; /* NULL: never */
    void *stop_context;
};

struct engine_result {
    int64_t duration_ns; /* until the last worker was done */
    int signal;          /* SIGINT or SIGTERM where that ended the run; 0: it ran its course */
    bool record_failed;  /* it was ended because rows could no longer be written */
    double
        busiest_core; /* the largest CPU share of a worker over any 5 s (or the whole run, if shorter): 0 .. 1 */
    uint32_t busiest_worker;
    int64_t longest_stall_ns; /* the most that a loop of ours was late */
    struct err teardown;      /* why the teardown failed; "": it did not */
};

/* Makes room for the open files that the run needs (RLIMIT_NOFILE up to its hard limit). -1 where it cannot. */
int engine_raise_limits(const struct scenario *s, uint32_t threads, struct err *e);

/* The URL that a request goes to: the path behind the target, or the path itself where it is a whole URL; where the path varies,
 * only its scheme and host and a "/". The caller frees it; NULL when memory runs out. */
char *engine_url(const struct scenario *s, const struct scenario_request *r);

/* Runs the setup, the loads to their end, and the teardown. -1 where the setup failed, the loads could not start, or a worker failed
 * while running. */
int engine_run(const struct engine_options *options, struct engine_result *result, struct err *e);

#endif
