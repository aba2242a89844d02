/*
 * container: one instance as processes: start, start-up probe, output, hold back, stop, end.
 *
 * Each has its own session and process group, a free port on 127.0.0.1 in PORT, and the environment
 * of Cloud Run. It is not isolated from the machine: no image, no file system of its own. It knows
 * no requests.
 *
 * Ownership: heap; the user frees nothing: `closed` says that the container is about to be gone.
 * Thread: the loop's.
 */
#ifndef EMULATOR_CONTAINER_H
#define EMULATOR_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "emulator/guard.h"
#include "emulator/limits.h"
#include "emulator/output.h"
#include "util/err.h"

enum container_state {
    CONTAINER_STARTING, /* runs, and is probed until it listens */
    CONTAINER_READY,    /* listens */
    CONTAINER_STOPPING, /* was sent SIGTERM; SIGKILL follows after the grace */
    CONTAINER_ENDED     /* its first process has ended, and the others were killed */
};

enum container_cause { /* why it ended */
                       CONTAINER_BY_ITSELF,
                       CONTAINER_STOPPED,  /* by container_stop() */
                       CONTAINER_NO_PROBE, /* did not listen in time */
                       CONTAINER_MEMORY
};

struct container;

struct container_options {
    char *const *argv;
    const char *service, *revision, *configuration;
    char *const *env; /* "NAME=value" besides the emulator's own environment; NULL: none */
    int64_t startup_limit_ns, grace_ns;
    int64_t cold_start_ns; /* what the platform needs before it runs the command */
    struct guard *guard;
    struct limits *limits;
    void *context;
    void (*ready)(void *context, struct container *c);
    void (*line)(void *context, struct container *c, bool is_stderr, const char *text, size_t n);
    void (*ended)(void *context, struct container *c);
    void (*closed)(void *context, struct container *c); /* nothing more comes; freed behind this */
};

struct container {
    void *owner; /* the user's */
    const struct container_options *options;
    enum container_state state;
    enum container_cause cause;
    pid_t pid; /* and group, and session; 0: the command does not run yet, or never will */
    int port;
    int port_fd;       /* keeps the port until the command runs; -1: none */
    unsigned attempts; /* of the probe */
    int64_t started_ns, ready_ns, sigterm_ns, ended_ns; /* monotonic; 0: not yet */
    int64_t run_ns;                                     /* the command was run */
    int64_t exit_status;
    int exit_signal;
    bool held;

    uv_loop_t *loop;
    uv_process_t process;
    uv_pipe_t pipes[2]; /* its stdout and stderr */
    struct output outputs[2];
    uv_timer_t timer; /* next attempt of the probe, or SIGKILL */
    uv_tcp_t *probe;  /* the current attempt */
    struct limits_group limits;
    int handles;
};

/* The options are borrowed until `closed`. Fails where the command cannot be run; then nothing is
 * left. With a cold start the command runs later: where it cannot, the instance ends by itself,
 * with a line of stderr that says why. */
int container_start(uv_loop_t *loop, const struct container_options *o, void *owner,
                    struct container **out, struct err *e);

/* SIGTERM, and SIGKILL after the grace. */
void container_stop(struct container *c);

/* SIGKILL now. */
void container_kill(struct container *c, enum container_cause cause);

/* Takes the CPU away and gives it back (SIGSTOP and SIGCONT to the group). */
void container_hold(struct container *c, bool held);

#endif
