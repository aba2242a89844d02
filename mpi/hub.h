/*
 * hub: what rank 0 does for all parts: it brings them to a common start, sums what they report,
 * ends them together and collects their files.
 *
 * Nothing is sent before all parts are ready and have the same scenario, options and files. After
 * the start the hub only takes messages; it waits for none of them. A part that is silent is named,
 * and does not hold up the others.
 *
 * It does not start load processes (agent.h) and does not merge (result.h).
 * Ownership: heap. Thread: the one that called MPI_Init().
 */
#ifndef MPI_HUB_H
#define MPI_HUB_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"
#include "launch.h"
#include "mail.h"
#include "util/buf.h"
#include "util/err.h"

struct hub;

struct hub_options {
    const struct args *args;
    struct launch_job job;
    const char *folder; /* for the collected files; it exists */
    int64_t ready_timeout_ns;
    bool stop_when_lost;
};

int hub_new(const struct hub_options *o, struct mail *m, struct hub **out, struct err *e);
void hub_free(struct hub *h);

/* A message of an agent. */
void hub_message(struct hub *h, int from, const char *text, size_t n);

/* Call it often. */
void hub_turn(struct hub *h);

/* Whether load is being sent, so that only a few calls per second are allowed. */
bool hub_is_quiet(const struct hub *h);

/* Everything is collected, or the run was refused. */
bool hub_is_over(const struct hub *h);

/* What came of it. */
struct hub_result {
    int code;           /* EXIT_OK: there are files to merge; else the run was refused */
    const char **files; /* of the parts; owned by the hub */
    size_t file_count;
    bool partial; /* files are missing */
    bool lost;    /* a rank did not answer at the end: MPI cannot be finalized */
};

void hub_result(struct hub *h, struct hub_result *out);

#endif
