/*
 * import: adds the server side to a run: exported logs and metrics of Cloud Run.
 *
 * Files of any size are read entry by entry. Entries of another service, outside the time of the
 * run, or not understood are counted and reported; they are never fatal. The whole import is one
 * transaction. Importing the same files again changes nothing.
 *
 * It fetches nothing and prints nothing. Ownership: import_result_done() frees what a result holds.
 * Thread: one.
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/server.h"
#include "util/buf.h"
#include "util/err.h"

#define IMPORT_COMPLAINTS 5 /* kept per file */

struct import_options {
    const char *const *logs, *const *metrics;
    size_t log_count, metrics_count;
    /* NULL for `service`: that of an earlier import (unless `replace` is set), else the one with
     * traces of this run, else the one with the most entries. NULL for `revision`: any. */
    const char *service, *revision;
    int64_t margin_us;     /* before the start of the run and after its end */
    int64_t idle_limit_us; /* 0: idle instances never end */
    bool all;              /* take entries of any time */
    bool replace;          /* remove what earlier imports added */
};

/* What was done with a file. The counts are of log entries or metric points. */
struct import_source {
    const char *kind, *file; /* kind: "logs" or "metrics" */
    uint64_t entries, used;
    uint64_t added; /* of `used`: not in the run file before */
    uint64_t output, elsewhere, outside, unknown, bad;
    bool cut_short;
    int64_t outside_first_us, outside_last_us; /* since 1970; valid if outside > 0 */
    struct buf complaints;                     /* one per line */
    size_t complaint_count;
};

struct import_result {
    bool unusable; /* only after a failure: a file is of another kind, nothing of it is used */
    struct import_source *sources; /* logs first, in the order given */
    size_t source_count;
    char service[256];                 /* "": no entry names a service */
    char others[512];                  /* names of ignored services, separated by commas */
    uint64_t requests, events, points; /* now in the run file */
    uint64_t instances;
    /* Series that the file now has, imported or derived. */
    bool has_instance_count, has_billable, has_request_count, has_latency, has_cpu, has_memory;
    int64_t step_us; /* of the series derived from the log; 0: none */
    struct server_join join;
};

int import_run(const char *run_file, const struct import_options *o, struct import_result *out,
               struct err *e);
void import_result_done(struct import_result *r);

#endif
