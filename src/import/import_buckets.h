/*
 * import_buckets: several distributions put together, and what can be said of their values.
 *
 * Count and mean are exact. A percentile is an estimate: within a bucket values are taken to lie
 * evenly, so it is off by less than the width of its bucket; what lies above all bounds is put at
 * the last one. A single value is known exactly, by the mean, and so are values that are all 0.
 *
 * Ownership: all zero is empty; import_buckets_done() frees. Thread: plain data.
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
    bool no_shape; /* one of them came without buckets */
};

void import_buckets_done(struct import_buckets *b);
void import_buckets_clear(struct import_buckets *b);

/* `text`: "from to count" lines, as server.sql keeps them; "": no buckets. Lines that are not that
 * are ignored. */
int import_buckets_add(struct import_buckets *b, int64_t count, double mean, const char *text,
                       struct err *e);

/* The smallest x with a share of at least p of the values at or below it; false where there are no
 * values, or no buckets to tell. */
bool import_buckets_quantile(const struct import_buckets *b, double p, double *out);

#endif
