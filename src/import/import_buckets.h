/*
 * import_buckets: merges several distributions and estimates quantiles of their values.
 *
 * Count and mean are exact. A percentile is an estimate. It assumes that values are spread evenly
 * within a bucket, so its error is less than the width of the bucket. Values above all bounds count
 * as the last bound. A single value is known exactly, from the mean, and so are values that are all
 * 0.
 *
 * Ownership: all zeros is empty; import_buckets_done() frees. Thread: plain data.
 */
#ifndef IMPORT_IMPORT_BUCKETS_H
#define IMPORT_IMPORT_BUCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

struct import_bucket {
    double from, to, count;
};

struct import_buckets {
    struct import_bucket *v;
    size_t n, cap;
    int64_t count;
    double mean;
    bool no_shape; /* one of the distributions had no buckets */
};

void import_buckets_done(struct import_buckets *b);
void import_buckets_clear(struct import_buckets *b);

/* `text` has lines of "from to count", as in server.sql; "": no buckets. Other lines are
 * ignored. */
int import_buckets_add(struct import_buckets *b, int64_t count, double mean, const char *text,
                       struct err *e);

/* The smallest x so that at least a share p of the values is at or below it. Returns false if there
 * are no values, or no buckets to estimate from. */
bool import_buckets_quantile(const struct import_buckets *b, double p, double *out);

#endif
