/*
 * reader: reads a run file, finished, growing or cut short.
 *
 * Rows are streamed, never collected. It opens the file read-only and changes nothing that a user
 * would notice; a file left behind by a killed run is read with what was committed.
 *
 * Ownership: strings belong to the reader and live until reader_close(). Thread: one reader, one
 * thread.
 */
#ifndef RECORD_READER_H
#define RECORD_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/catalog.h"
#include "util/err.h"
#include "util/request.h"

#define READER_NO_VALUE REQUEST_NO_VALUE

struct reader;

struct reader_run {
    const char *name, *started_utc, *scenario, *target, *version;
    int64_t duration_us; /* a cut-short run: up to its last row */
    uint32_t users_max;
    uint64_t seed;
    const char *verdict, *verdict_reason; /* "" if the run was interrupted */
    int exit_code;                        /* -1 if the run was interrupted */
    bool complete;                        /* false: killed, or still in progress */
};

struct reader_second {
    uint32_t second, users;
};

/* The error tells a missing file, a file that is no run file, and one of a newer version apart. */
int reader_open(const char *path, struct reader **out, struct err *e);
void reader_close(struct reader *r);

const struct reader_run *reader_run(const struct reader *r);

/* The numbers in it are those of the file. Tasks and checks are missing in old files. */
const struct catalog *reader_catalog(const struct reader *r);
const char *reader_error(const struct reader *r, uint32_t error);

/* A part of a run. A request is of the time in which it ended, as in the view `seconds`; one that
 * was not sent, of the time for which it was intended. */
struct reader_cut {
    int64_t from_us, to_us; /* [from, to) on the run's clock */
    const char *const *names;
    size_t name_count; /* endpoints of these names; 0: all */
    bool warm_only;    /* without the requests that the server's log labels cold */
};

#define READER_TO_THE_END INT64_MAX

/* From here on the reader shows the cut alone, as if it were a run: scans, users and the view
 * `client` give what is of it, on a clock that is 0 where it begins; reader_run() has its duration
 * and the moment that it began. The server's side is not cut. Once a reader; the names are
 * borrowed. Errors: nothing can be in it, a name that no endpoint has, no labels to tell warm from
 * cold. */
int reader_cut(struct reader *r, const struct reader_cut *cut, struct err *e);

/* NULL where the reader shows the whole run; to_us is then known. */
const struct reader_cut *reader_is_cut(const struct reader *r);

/* Where a stage of the run's load begins and ends; stages count from 1. */
int reader_stage(struct reader *r, int64_t stage, int64_t *from_us, int64_t *to_us, struct err *e);

/* Calls fn for each request in the order of ids until it returns non-zero (then that is returned);
 * 0 at the end, -1 with e set where the file cannot be read. Two scans see the same rows even while
 * the run goes on. */
typedef int reader_row_fn(void *context, const struct request *row);
int reader_scan(struct reader *r, reader_row_fn *fn, void *context, struct err *e);

/* The same rows without DNS, connecting, TLS, first byte and bytes sent (no value, or 0), for
 * tables that need none of them: it takes two thirds of the time. */
int reader_scan_brief(struct reader *r, reader_row_fn *fn, void *context, struct err *e);

/* The id of the last request, which is how many there are in a file that nobody else changed; 0:
 * none, -1: not known. */
int64_t reader_last_request(struct reader *r);

/* Users by second, in order; *out is the caller's to free(). */
int reader_users(struct reader *r, struct reader_second **out, size_t *count, struct err *e);

/* A second of the view `client`; READER_NO_VALUE if there is none. */
struct reader_client {
    uint32_t second;
    double cpu_max, cpu_sum, cpu_writer;
    int64_t loop_lag_mean_us, loop_lag_max_us;
    int64_t queued_max, lost, open_files, ports, retransmits;
    int64_t scheduled, late;
    int64_t dispatch_p50_us, dispatch_p99_us, dispatch_max_us;
};

/* Calls fn for each second of it, in order; for none where a version made the file that did not
 * watch itself. */
typedef void reader_client_fn(void *context, const struct reader_client *c);
int reader_client(struct reader *r, reader_client_fn *fn, void *context, struct err *e);

/* Calls fn for each pair of the manifest, by key. */
typedef void reader_pair_fn(void *context, const char *key, const char *value);
int reader_manifest(struct reader *r, reader_pair_fn *fn, void *context, struct err *e);

#endif
