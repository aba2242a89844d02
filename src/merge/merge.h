/*
 * merge: makes one run file of the parts of one load that ran on several machines.
 *
 * Each part is an ordinary run file that `run --shard I/N --start-at UTC` made. The merged file has
 * the rows of all, so its percentiles are exact. It is written under another name first and gets
 * its own name when it is complete: on failure there is no file. Parts are only read.
 *
 * It starts no machines, fetches no files, evaluates no thresholds and prints nothing. Ownership:
 * merge_whole_done() frees what a result has. Thread: one.
 */
#ifndef MERGE_MERGE_H
#define MERGE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* Appended to the name of a file that is not complete. */
#define MERGE_TEMPORARY ".merging"

struct merge_verdict {
    const char *word; /* VALID, SUSPECT or INVALID */
    char reason[768];
};

struct merge_whole {
    uint32_t parts; /* of the load */
    size_t given, missing;
    uint64_t rows;
    uint64_t requests, failed; /* as in the view `seconds` */
    struct merge_verdict verdict;
    /* For the exit code. */
    int signal;         /* that ended a part; 0: none did */
    bool unrecorded;    /* a part could not write its requests */
    bool unanswered;    /* no part had a complete response */
    int on_failure;     /* exit code of a run whose requests failed */
    uint64_t *failures; /* failed requests by endpoint */
    size_t endpoint_count;
};

void merge_whole_done(struct merge_whole *w);

/* Decides the exit code in the merged file, and may make the verdict worse for what only all rows
 * show. `path` is the merged file, complete but for these; it can be read, and has another name
 * later. */
typedef int merge_exit_fn(void *context, const char *path, struct merge_whole *w, int *exit_code,
                          struct err *e);

struct merge_options {
    const char *out; /* must not exist; missing folders are made */
    const char *const *parts;
    size_t part_count; /* at least 1 */
    bool partial;      /* merge also if a part is missing */
    merge_exit_fn *decide;
    void *context;
    /* Asked often; true: stop, and leave no file. */
    bool (*stop)(void);
};

/* *refused: all files could be read, but they are not all parts of one load, each once. */
int merge_run(const struct merge_options *o, struct merge_whole *whole, bool *refused,
              struct err *e);

#endif
