/*
 * shard_series: the requests per second of the parts of a merged run, for the figure.
 *
 * A figure has room for a few lines. So of many parts it has those with the fewest requests, where
 * something may be wrong, and the mean of all. A request counts in the second in which it ended, by
 * the clock of its part. Missing parts have no line. Memory is a few counts per second.
 *
 * Ownership: heap, shard_series_free(NULL) is allowed. Thread: plain data.
 */
#ifndef REPORT_SHARD_SERIES_H
#define REPORT_SHARD_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reader.h"
#include "util/err.h"

#define SHARD_SERIES_MAX 6
#define SHARD_SERIES_NAME_BYTES 32

struct shard_series {
    size_t count; /* of lines */
    bool chosen;  /* line 0 is the mean of all, and the others are the parts with the fewest */
    char names[SHARD_SERIES_MAX][SHARD_SERIES_NAME_BYTES];   /* "part 3", "mean of all 40" */
    char columns[SHARD_SERIES_MAX][SHARD_SERIES_NAME_BYTES]; /* "part_3", "mean" */
    /* Internal: */
    uint32_t parts, files; /* of the load; that are there */
    uint8_t *line_of;      /* of each part; SHARD_SERIES_MAX: none */
    uint32_t *counts[SHARD_SERIES_MAX];
    size_t seconds;
};

/* *out is NULL if the run is not merged from several parts. */
int shard_series_new(struct reader *r, struct shard_series **out, struct err *e);
void shard_series_free(struct shard_series *s);

/* A request of this user that ended. */
int shard_series_add(struct shard_series *s, int64_t user, int64_t end_us, struct err *e);

/* Requests per second of a line in a second. */
double shard_series_at(const struct shard_series *s, size_t line, size_t second);

#endif
