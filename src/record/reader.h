/*
 * reader: reads a run file that is finished, still growing or truncated.
 *
 * It streams rows and never collects them. It opens the file read-only and changes nothing that a
 * user would notice. If a run was killed, it reads what had been committed.
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
    int64_t duration_us; /* if the run was interrupted: up to its last row */
    uint32_t users_max;
    uint64_t seed;
    const char *verdict, *verdict_reason; /* "" if the run was interrupted */
    int exit_code;                        /* -1 if the run was interrupted */
    bool complete;                        /* false: killed, or still in progress */
};

struct reader_second {
    uint32_t second, users;
};

/* Separate errors say that the file is missing, is not a run file, or is of a newer version. */
int reader_open(const char *path, struct reader **out, struct err *e);

/* The same for a look at which run it is, without reading rows. A large file takes no longer than a
 * small one, because its pages are not looked at. */
int reader_peek(const char *path, struct reader **out, struct err *e);
void reader_close(struct reader *r);

const struct reader_run *reader_run(const struct reader *r);

/* The catalog has the numbers of the file. Old files have no tasks and no checks. */
const struct catalog *reader_catalog(const struct reader *r);
const char *reader_error(const struct reader *r, uint32_t error);

/* A part of a run. A request belongs to the time at which it ended, as in the view `seconds`. A
 * request that was not sent belongs to its intended time. */
struct reader_cut {
    int64_t from_us, to_us; /* [from, to) on the run's clock */
    const char *const *names;
    size_t name_count; /* endpoints with these names; 0: all */
    bool warm_only;    /* without the requests that the server log marks as cold */
};

#define READER_TO_THE_END INT64_MAX

/* Restricts the reader to a part of the run. From then on scans, users and the view `client` return
 * only this part, as if it were the whole run. The clock is 0 where the part begins, and
 * reader_run() has its duration and start time. The server side is not restricted. May be called
 * once per reader. The names are borrowed. Errors: the part is empty, no endpoint has one of the
 * names, or `warm_only` is set and the file cannot tell warm from cold requests. */
int reader_cut(struct reader *r, const struct reader_cut *cut, struct err *e);

/* The part that the reader is restricted to, with to_us resolved. NULL if it shows the whole
 * run. */
const struct reader_cut *reader_is_cut(const struct reader *r);

/* Start and end of a stage of the load. Stages count from 1. */
int reader_stage(struct reader *r, int64_t stage, int64_t *from_us, int64_t *to_us, struct err *e);

/* Calls fn for each request in order of id until fn returns non-zero; then returns that value.
 * Returns 0 at the end, or -1 with e set if the file cannot be read. Two scans see the same rows
 * even if the run is still in progress. */
typedef int reader_row_fn(void *context, const struct request *row);
int reader_scan(struct reader *r, reader_row_fn *fn, void *context, struct err *e);

/* As reader_scan(), but without DNS, connect, TLS and first-byte times and bytes sent (no value, or
 * 0). Takes two thirds of the time. For tables that need none of these columns. */
int reader_scan_brief(struct reader *r, reader_row_fn *fn, void *context, struct err *e);

/* The id of the last request. This is the number of requests, unless something else changed the
 * file. 0: there are none; -1: not known. */
int64_t reader_last_request(struct reader *r);

/* Users by second, in order. The caller frees *out with free(). */
int reader_users(struct reader *r, struct reader_second **out, size_t *count, struct err *e);

/* One second of the view `client`. READER_NO_VALUE marks a missing value. */
struct reader_client {
    uint32_t second;
    double cpu_max, cpu_sum, cpu_writer;
    int64_t loop_lag_mean_us, loop_lag_max_us;
    int64_t queued_max, lost, open_files, ports, retransmits;
    int64_t scheduled, late;
    int64_t dispatch_p50_us, dispatch_p99_us, dispatch_max_us;
};

/* Calls fn for each second in order. Calls it for none if the file's version did not record the
 * client. */
typedef void reader_client_fn(void *context, const struct reader_client *c);
int reader_client(struct reader *r, reader_client_fn *fn, void *context, struct err *e);

/* Calls fn for each key and value of the manifest, in order of key. */
typedef void reader_pair_fn(void *context, const char *key, const char *value);
int reader_manifest(struct reader *r, reader_pair_fn *fn, void *context, struct err *e);

#endif
