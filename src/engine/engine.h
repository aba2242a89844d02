/*
 * engine: the life of a run. It starts the workers, watches them, stops them and reports how the
 * run went.
 *
 * It does not open the run file, print, or choose an exit code. The caller passes a started `struct
 * record`, gets progress through a callback, and gets a result at the end.
 *
 * The caller can end a run early: the tick callback returns an order. Thread: main; callbacks run
 * on it too.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"
#include "scenario/scenario.h"
#include "schedule/part.h"
#include "transport/transport.h"
#include "util/err.h"

#define ENGINE_THREADS_MAX 256

/* A thread that uses more than this share of a core has no reserve left. It handles responses
 * late, and the delay is measured as the target's. */
#define ENGINE_BUSY_SHARE 0.9

/* A loop that woke this late did not run at all: the process was stopped, or the machine slept
 * or was starved of CPU. */
#define ENGINE_STALL_NS (500 * INT64_C(1000000))

struct engine_progress {
    int64_t elapsed_ns;
    int64_t duration_ns; /* of the load */
    uint32_t users;
    uint32_t users_max;
    bool stopping; /* no new requests; requests in progress may finish */
    /* The load ended early: the caller ordered it, or a worker could not continue. */
    bool stopped;
    /* As in the result, so far. */
    double busiest_core;
    uint32_t busiest_worker;
    int64_t longest_stall_ns;
};

enum engine_wish {
    ENGINE_GO_ON,
    ENGINE_FINISH, /* no new requests; requests in progress have the stop timeout to finish */
    ENGINE_CANCEL  /* cancel requests in progress */
};

struct engine_order {
    enum engine_wish wish;
    int signal; /* SIGINT or SIGTERM, if a signal is the reason; copied to the result */
    /* The load becomes another one at change.at_ns. Only if it can be changed: engine_no_change().
     */
    bool changes;
    struct load_change change;
};

/* Called ten times a second; returns what to do from now on. `now` is NULL before and after the
 * load, while the requests of the setup or teardown are sent. There, any order except
 * ENGINE_GO_ON ends the setup or teardown. */
typedef struct engine_order engine_tick_fn(void *context, const struct engine_progress *now);

enum engine_stage { ENGINE_SETUP, ENGINE_LOAD, ENGINE_TEARDOWN };

/* Of a run that is one of several. */
struct engine_start {
    int64_t mono_ns, real_ns; /* when the load starts; 0: as soon as it can */
    /* By slot of the scenario's variables: what the setup has captured. The caller may add values:
     * from malloc(), which the engine frees. */
    struct bytes *values;
};

/* Asked again and again until the stage may begin; the tick is called in between. `start` is of
 * the load. */
typedef bool engine_proceed_fn(void *context, enum engine_stage stage, struct engine_start *start);

struct engine_options {
    const struct scenario *scenario; /* with a target, if it needs one */
    const struct transport_ops *transport;
    struct record *record; /* opened with worker_count = threads */
    uint32_t threads;
    /* This machine's part of the load; all zeros: the whole. Only part 0 sends the requests of
     * setup and teardown. */
    struct part part;
    /* CLOCK_REALTIME at which the load starts; 0: as soon as it can. */
    int64_t start_at_ns;
    uint64_t seed;
    int64_t stop_timeout_ns;
    const char *user_agent;
    const char *trace_run; /* see transport/traceparent.h; NULL: no traceparent */
    bool trace_sampled;
    bool kernel_clock;    /* see transport_options */
    engine_tick_fn *tick; /* NULL: the run is never ended early */
    void *tick_context;
    engine_proceed_fn *proceed; /* gets tick_context; NULL: a stage begins as soon as it can */
};

struct engine_result {
    int64_t duration_ns; /* until the last worker ended */
    /* signal of the order that ended the run; 0: no order did, or it had no signal */
    int signal;
    bool unstarted;     /* an order ended the run before its load */
    bool record_failed; /* the run ended because rows could no longer be written */
    /* The largest CPU share of a worker over any 5 s (or the whole run, if shorter): 0 .. 1. */
    double busiest_core;
    uint32_t busiest_worker;
    int64_t longest_stall_ns; /* the latest that one of our loops woke */
    int64_t loop_lag_p99_ns;  /* over all wakes of our loops, within 0.8 %; -1: no wakes */
    /* Requests that this machine could not send, by the resource that it lacked. */
    uint64_t shortages[TRANSPORT_LIMIT_COUNT];
    /* After a failure: by how much start_at_ns was missed; 0: it was not. Nothing was sent then,
     * except by the setup. */
    int64_t late_ns;
    struct err teardown; /* why the teardown failed; "": it did not fail */
};

/* The most users that a change of the load may ask for. */
#define ENGINE_CHANGE_USERS_MAX 100000

/* How many users this process has open files for, at most ENGINE_CHANGE_USERS_MAX. */
uint32_t engine_users_possible(void);

/* Returns NULL if the load of a run can be changed while it goes on, else why not. */
const char *engine_no_change(const struct scenario *s);

/* How many users of all loads are of the part. */
uint32_t engine_users(const struct scenario *s, struct part part);

/* Raises RLIMIT_NOFILE, up to its hard limit, to the number of open files that the run needs.
 * Returns -1 if that is not possible. */
int engine_raise_limits(const struct scenario *s, struct part part, uint32_t threads,
                        struct err *e);

/* Returns -1 if a file of http.ca, http.cert or http.key cannot be used for its purpose. */
int engine_check_files(const struct scenario *s, struct err *e);

/* Runs the setup, then the loads to their end, then the teardown. Returns -1 if the setup
 * failed, the loads could not start, or a worker failed during the run. */
int engine_run(const struct engine_options *options, struct engine_result *result, struct err *e);

#endif
