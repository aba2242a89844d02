/*
 * launch: the command line of a rank's load process, and where its run file goes.
 *
 * The file goes to a local disk of the host, $TMPDIR or /tmp, because SQLite's WAL is not for
 * network file systems. Its name has the number of the part, so ranks of one host do not collide.
 *
 * Ownership: launch_done() frees. Thread: one.
 */
#ifndef MPI_LAUNCH_H
#define MPI_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/command.h"
#include "util/buf.h"
#include "util/err.h"

/* What rank 0 decides for all. */
struct launch_job {
    uint64_t seed;
    char trace[17]; /* 16 hexadecimal digits; also in the names of files */
};

/* --seed, or a random one; and a random name. */
void launch_choose(struct launch_job *job, const struct args *a);

struct launch {
    char program[4096]; /* coldswarm */
    char folder[4096], path[4096 + 64];
    struct buf words; /* of the command line, each followed by NUL */
    char **argv;
};

int launch_init(struct launch *l, const struct args *a, const struct launch_job *job, int part,
                int parts, struct err *e);
void launch_done(struct launch *l);

/* The path of coldswarm: $COLDSWARM, else next to this program, else to be looked for in PATH. */
void launch_program(char *out, size_t size);

#endif
