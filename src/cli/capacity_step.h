/*
 * capacity_step: one step of a search for capacity: `coldswarm run` as a process of its own, with
 * the load and the time of the step. Others may make the steps too, such as coldswarm-mpi.
 *
 * A process of its own, so that a step that fails takes nothing with it. Signals that end a run are
 * passed on to it, and it ends in order; its file is complete up to there. If the search itself is
 * killed, the kernel ends the step with SIGTERM.
 *
 * Ownership: plain data. Thread: main.
 */
#ifndef CLI_CAPACITY_STEP_H
#define CLI_CAPACITY_STEP_H

#include <stdint.h>
#include <sys/types.h>

#include "capacity/capacity_result.h"
#include "cli/command.h"
#include "util/buf.h"
#include "util/err.h"

struct capacity_step {
    const struct args *args; /* of `capacity` */
    const char *scenario;
    enum capacity_unit unit;
    double load;
    int64_t ramp_ns, settle_ns, measure_ns; /* the ramp is part of settling */
    uint64_t seed;
    const char *path; /* of the run file */
};

struct capacity_step_end {
    int code;   /* of `coldswarm run` */
    int signal; /* that ended the search, or 0 */
    int64_t spent_ns;
    struct err said; /* what the run printed to stderr at its end; "": nothing */
};

/* The largest command line of a step. */
#define CAPACITY_STEP_WORDS_BYTES ((size_t)16 << 20)

/* The command line of the step, each word followed by NUL: that of `coldswarm run`. */
void capacity_step_words(struct buf *words, const struct capacity_step *s);

/* The search decides on the load: what the environment says of it would reach `run`, such as
 * COLDSWARM_RATE. Removes it, before the first thread. */
void capacity_step_environment(void);

/* Who makes the steps: this machine, or the ranks of coldswarm-mpi. */
struct capacity_maker {
    unsigned parts; /* of each load */
    void *context;
    /* Makes a step; its file is at the path then. Fails if the step could not be started, or
     * crashed. */
    int (*run)(void *context, const struct capacity_step *s, struct capacity_step_end *out,
               struct err *e);
    /* Waits, as between two steps. Returns the signal that ended the wait, or 0. */
    int (*wait)(void *context, int64_t ns);
    /* Why no more steps can be made, whatever the service does; NULL: they can. May be NULL. */
    const char *(*broken)(void *context);
    const char *more; /* how to send more, if the client is the limit */
};

/* By a process of this machine. capacity_step_block() must have been called. */
extern const struct capacity_maker capacity_here;

/* SIGINT, SIGTERM and SIGHUP are blocked from here on: capacity_here takes them. */
void capacity_step_block(void);

#endif
