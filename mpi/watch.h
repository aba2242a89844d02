/*
 * watch: which ranks have gone silent between two loads of a search, when no hub listens to them.
 *
 * An agent says every second that it is there, also without a load. Time in which rank 0 did not
 * look, because it read a file, counts against nobody.
 *
 * Ownership: watch_done() frees. Thread: one.
 */
#ifndef MPI_WATCH_H
#define MPI_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

#define WATCH_SILENT_NS (3 * INT64_C(1000000000))
#define WATCH_LOST_NS (10 * INT64_C(1000000000))

struct watch_rank {
    char host[65]; /* "": it has not said hello yet */
    int64_t heard_ns;
    bool silent;
};

struct watch {
    struct watch_rank *ranks;
    int count;
    int64_t look_ns; /* the last look */
};

int watch_init(struct watch *w, int count, struct err *e);
void watch_done(struct watch *w);

/* A message of an agent. */
void watch_heard(struct watch *w, int from, const char *text);

/* Says who is silent, and who is back. Call it often. Returns false if a rank is lost; *why says
 * which. A rank that has never said hello is not waited for here. */
bool watch_look(struct watch *w, struct err *why);

#endif
