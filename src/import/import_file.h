/*
 * import_file: imports one exported file into the run file.
 *
 * Internal to import.c. Ownership: the caller owns everything. Thread: one.
 */
#ifndef IMPORT_IMPORT_FILE_H
#define IMPORT_IMPORT_FILE_H

#include "import/import.h"

#define IMPORT_SERVICES_MAX 64

/* How much of what was imported belongs to one service. */
struct import_tally {
    char service[256];
    uint64_t own; /* requests with a trace of this run */
    uint64_t requests, rest;
};

struct import_job {
    struct server_file *file;
    const char *service, *revision; /* NULL: any */
    int64_t from_us, to_us;         /* on the server's clock, as far as it is known */
    bool has_trace;
    uint8_t trace_run[8];
    struct import_tally tallies[IMPORT_SERVICES_MAX];
    size_t tally_count;
    struct buf buckets;
    bool unusable; /* a file of which nothing could be used failed the import */
};

/* Fails if the file cannot be read, has no entries, or has something else. */
int import_file(struct import_job *job, bool metrics, struct import_source *s, struct err *e);

#endif
