/*
 * merge_part: the run file of one part of a load: which part it is, its manifest, and how it went.
 *
 * It reads; it compares nothing and copies no rows. Internal to this folder. Ownership:
 * merge_part_done() frees what a part has; the path is borrowed, and `run` is the reader's.
 * Thread: one.
 */
#ifndef MERGE_MERGE_PART_H
#define MERGE_MERGE_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "merge/merge_db.h"
#include "record/reader.h"
#include "util/err.h"

#define MERGE_PARTS_MAX 100000
#define MERGE_HOST_BYTES 65
#define MERGE_NAME_BYTES (MERGE_HOST_BYTES + 64)

struct merge_pair {
    char *key, *value;
};

/* Some numbers may be unknown: READER_NO_VALUE. */
struct merge_part {
    const char *path;
    struct reader *reader;
    struct merge_db db; /* the reader's connection */
    const struct reader_run *run;
    struct merge_pair *pairs; /* the manifest, in order of key */
    size_t pair_count, pair_room;
    uint32_t index, count;       /* which part of how many; the first is 0 */
    char host[MERGE_HOST_BYTES]; /* "": its file does not say */
    char name[MERGE_NAME_BYTES]; /* "part 2 of 8 (host b)"; UTF-8 */
    int64_t start_at_ns;         /* since 1970; the same in all parts */
    double cpu_max;              /* negative: unknown */
    int64_t loop_lag_max_us;
    int64_t lost;   /* requests that are not in its file */
    bool signalled; /* a signal ended it */
    bool stopped;   /* by a signal, or by a threshold that did not end all parts */
    /* Set by merge_rows. */
    uint64_t requests, failures; /* as in the view `seconds` */
};

/* An error says that the file cannot be read. *refused: it can be read, but is not of a part. */
int merge_part_open(const char *path, struct merge_part *out, bool *refused, struct err *e);
void merge_part_done(struct merge_part *p);

/* The value of a key of the manifest; NULL: there is none. */
const char *merge_part_value(const struct merge_part *p, const char *key);

/* The same as a number; READER_NO_VALUE: there is none. */
int64_t merge_part_number(const struct merge_part *p, const char *key);

#endif
