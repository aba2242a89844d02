/*
 * hub: what rank 0 does for all parts: it brings them to a common start, sums what they report,
 * ends them together and collects their files.
 *
 * Nothing is sent before all parts are ready and have the same scenario, options and files. After
 * the start the hub only takes messages; it waits for none of them. A part that is silent is named,
 * and does not hold up the others. With --web, it shows a page of the whole.
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
#include "record/reader.h"
#include "report/thresholds.h"
#include "util/buf.h"
#include "util/err.h"
#include "watch.h"

struct hub;

struct hub_options {
    const struct args *args; /* of this load */
    const struct buf *words; /* its command line, for the agents; NULL: they have it */
    struct launch_job job;
    const char *out;    /* the merged file that will be */
    const char *folder; /* for the collected files; it exists */
    /* The ranks that a search has heard of before this load; NULL: this is the only load. */
    const struct watch *known;
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

/* The first signal that any rank has got; 0: none. */
int hub_signal(const struct hub *h);

/* From now on, the load is only to end: no files are collected, and the hosts remove them. */
void hub_discard(struct hub *h);

/* What came of it. */
struct hub_result {
    int code;           /* EXIT_OK: there are files to merge; else the run was refused */
    const char **files; /* of the parts; owned by the hub */
    size_t file_count;
    bool partial; /* files are missing */
    bool lost;    /* a rank did not answer at the end: MPI cannot be finalized */
    int worst;    /* the exit code of a load process that was not 0, the largest up to 3; else 0 */
    char broken
        [256]; /* a part without a file, or whose load process was killed: which, and why; "": none */
    const char *said; /* the last note for people, or "" */
};

void hub_result(struct hub *h, struct hub_result *out);

/* All who follow the run see the end: of the merged run, with its thresholds (NULL: none), or why
 * there is none (then run is NULL). Receivers of metrics have up to two seconds to take it. */
void hub_conclude(struct hub *h, const struct reader_run *run, const struct thresholds *thresholds,
                  int code);

/* Adds what only rank 0 knows to the events of the merged file. */
void hub_keep_notes(struct hub *h, const char *path);

/* The page stays for --web-linger. */
void hub_linger(struct hub *h, int code);

/* Ends the page and the others who follow the run, and says what receivers have missed. */
void hub_close_views(struct hub *h);

#endif
