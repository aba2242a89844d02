/*
 * kept: all values behind a histogram, as long as they fit into a memory limit.
 *
 * While a bucket has fewer values than it is wide, it keeps one word per value. From then on it
 * keeps a count for each value that it can hold. So a bucket takes at most min(values, width)
 * words. Whole microseconds take at most four bytes for each microsecond between the fastest and
 * the slowest, however long the run.
 *
 * Several of them may share one limit: *room, in bytes. When it is used up, the one that needs more
 * drops all of its values, returns its bytes, and keeps nothing from then on. The same happens if a
 * value is too large for it.
 *
 * Ownership: kept_done frees all. All zeros is allowed and keeps nothing. Thread: plain data.
 */
#ifndef STATS_KEPT_H
#define STATS_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/hist.h"

struct kept_values {
    uint32_t **buckets; /* NULL: it keeps nothing */
    size_t *room;       /* borrowed */
    size_t bytes;       /* bytes taken from *room */
    unsigned bits;      /* of the histogram */
};

/* For a histogram with that many bits; call it before the first value. If memory runs out, it keeps
 * nothing. */
void kept_init(struct kept_values *k, unsigned bits, size_t *room);
void kept_done(struct kept_values *k);

static inline bool kept_any(const struct kept_values *k) {
    return k->buckets != NULL;
}

/* Adds a value that the histogram is about to count in this bucket. Call it before the histogram
 * counts the value. */
void kept_add(struct kept_values *k, const struct hist *h, size_t bucket, int64_t value);

/* Copies the values to `to`, which must be empty and have the same bits; its limit may differ. */
void kept_copy(struct kept_values *to, const struct kept_values *from, const struct hist *h);

/* Calls fn for the values in a bucket of the histogram, each with a count. The same value may come
 * several times. */
typedef void kept_fn(void *context, int64_t value, uint64_t count);
void kept_each(const struct kept_values *k, const struct hist *h, size_t bucket, kept_fn *fn,
               void *context);

#endif
