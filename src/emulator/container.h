/*
 * container: one instance as processes: start, start-up probe, output, CPU hold, stop, end.
 *
 * Each has its own session and process group, a free port on 127.0.0.1 in PORT, and the environment
 * of Cloud Run. It is not isolated from the machine: it has no image and no file system of its own.
 * It knows nothing about requests.
 *
 * Ownership: heap. The user frees nothing: after the callback `closed` the container is gone.
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
    CONTAINER_STARTING, /* running; probed until it listens */
    CONTAINER_READY,    /* listens */
    CONTAINER_STOPPING, /* got SIGTERM; gets SIGKILL after the grace period */
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
    char *const *env; /* "NAME=value", added to the emulator's own environment; NULL: none */
    int64_t startup_limit_ns, grace_ns;
    int64_t cold_start_ns; /* time that the platform takes before it runs the command */
    struct guard *guard;
    struct limits *limits;
    void *context;
    void (*ready)(void *context, struct container *c);
    void (*line)(void *context, struct container *c, bool is_stderr, const char *text, size_t n);
    void (*ended)(void *context, struct container *c);
    /* The last callback; the container is freed after it. */
    void (*closed)(void *context, struct container *c);
};

struct container {
    void *owner; /* the user's */
    const struct container_options *options;
    enum container_state state;
    enum container_cause cause;
    pid_t pid; /* also group and session; 0: the command does not run yet, or never will */
    int port;
    int port_fd;       /* reserves the port until the command runs; -1: none */
    unsigned attempts; /* of the probe */
    int64_t started_ns, ready_ns, sigterm_ns, ended_ns; /* monotonic; 0: not yet */
    int64_t run_ns;                                     /* when the command was started */
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

/* The options are borrowed until `closed`. Fails if the command cannot be run; nothing is left
 * then. With a cold start, the command is run later: if that fails, the instance ends by itself,
 * with a line on stderr that says why. */
int container_start(uv_loop_t *loop, const struct container_options *o, void *owner,
                    struct container **out, struct err *e);

/* Sends SIGTERM, and SIGKILL after the grace period. */
void container_stop(struct container *c);

/* Sends SIGKILL now. */
void container_kill(struct container *c, enum container_cause cause);

/* Takes the CPU away, or gives it back (SIGSTOP and SIGCONT to the group). */
void container_hold(struct container *c, bool held);

#endif
