/*
 * import: adds the server's side to a run: Cloud Run's logs and metrics, as they were exported.
 *
 * Files of any size are read entry by entry. What is not of the service, not of the run's time or
 * not to be understood is counted and named, never fatal. All of it is one transaction. Importing
 * the same again changes nothing.
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

#define IMPORT_COMPLAINTS 5                       /* that are kept of a file */
#define IMPORT_ENTRY_MAX_BYTES ((size_t)64 << 20) /* a longer entry is a bad one */

struct import_options {
    const char *const *logs, *const *metrics;
    size_t log_count, metrics_count;
    const char *service, *revision; /* NULL: the one that is there; any */
    int64_t margin_us;              /* before the run's start and after its end */
    int64_t idle_limit_us;          /* 0: idle instances are never taken away */
    bool all;                       /* entries of all times */
    bool replace;                   /* take out what earlier imports have added */
};

/* What became of a file. The counts are of entries, for metrics of points. */
struct import_source {
    const char *kind, *file; /* kind: "logs" or "metrics" */
    uint64_t entries, used;
    uint64_t added; /* of `used`: not there before */
    uint64_t output, elsewhere, outside, unknown, bad;
    bool cut_short;
    int64_t outside_first_us, outside_last_us; /* since 1970; where outside > 0 */
    struct buf complaints;                     /* a line each */
    size_t complaint_count;
};

struct import_result {
    struct import_source *sources; /* logs first, in their order */
    size_t source_count;
    char service[256]; /* "": none was named */
    char others[512];  /* names of services that were ignored, with commas between */
    uint64_t requests, events, points; /* in the run file now */
    uint64_t instances;
    /* Series that there are now, given or derived. */
    bool has_instance_count, has_billable, has_request_count, has_latency, has_cpu, has_memory;
    int64_t step_us; /* of the series that were derived from the log; 0: none */
    struct server_join join;
};

int import_run(const char *run_file, const struct import_options *o, struct import_result *out,
               struct err *e);
void import_result_done(struct import_result *r);

#endif
