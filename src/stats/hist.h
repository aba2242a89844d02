/*
 * hist: a log-linear histogram of non-negative integers, with fixed memory and a proven error
 * bound.
 *
 * With b bits, each value below 2^(b+1) has its own bucket. Above, each octave [2^e, 2^(e+1)) is
 * divided into 2^b buckets of equal width w = 2^(e-b). The middle of a bucket is at most w/2 from
 * any of its values, and its values are at least 2^e, so the relative error is at most
 *
 *     (w / 2) / 2^e = 2^(e-b-1) / 2^e = 2^-(b+1):   6 bits 0.8 %, 9 bits 0.1 %.
 *
 * The (64 - b) * 2^b counters cover all of int64, so no value is clamped or lost. In a large
 * histogram (9 bits: 220 kB), pages that no value has touched cost address space but no memory. It
 * has no units, no decay and no negative values.
 *
 * Ownership: hist_init allocates, hist_done frees. Thread: plain data, owned by the caller.
 */
#ifndef STATS_HIST_H
#define STATS_HIST_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define HIST_BITS_MAX 12u

struct hist {
    unsigned bits;
    uint64_t total;
    int64_t min, max; /* exact; undefined while total is 0 */
    uint64_t *counts;
};

int hist_init(struct hist *h, unsigned bits, struct err *e);
void hist_done(struct hist *h);
void hist_reset(struct hist *h);

/* value >= 0. */
void hist_record(struct hist *h, int64_t value);
/* The same if the bucket is already known. */
void hist_record_in(struct hist *h, size_t bucket, int64_t value);

/* Adds the counts of `from`. Both must have the same bits. */
void hist_merge(struct hist *into, const struct hist *from);

/* The value of rank floor(p * (total - 1)), within the error bound and within [min, max]. total >
 * 0, 0 <= p <= 1. */
int64_t hist_quantile(const struct hist *h, double p);

/* Buckets, for code that refines them: see select.h and kept.h. */
size_t hist_buckets(unsigned bits);
size_t hist_bucket(const struct hist *h, int64_t value);
int64_t hist_bucket_lowest(const struct hist *h, size_t bucket);
uint64_t hist_bucket_width(const struct hist *h, size_t bucket);

#endif
