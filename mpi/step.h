/*
 * step: the command line of one load of a search, which rank 0 makes and every rank reads.
 *
 * Ownership: step_done() frees; all zeros is allowed. Thread: one.
 */
#ifndef MPI_STEP_H
#define MPI_STEP_H

#include <stddef.h>

#include "cli/command.h"
#include "util/buf.h"
#include "util/err.h"

struct step {
    struct buf words; /* each followed by NUL */
    char **argv;
    struct args *args; /* of coldswarm-mpi run */
};

int step_read(struct step *s, const char *words, size_t n, struct err *e);
void step_done(struct step *s);

#endif
