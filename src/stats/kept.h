/*
 * kept: the values behind a histogram, all of them, as long as they fit into a bound.
 *
 * A bucket keeps a word for each of its values while they are fewer than the bucket is wide, and
 * from then on a count for each value that it can hold. So a bucket takes at most min(values,
 * width) words, and whole microseconds of a run of any length take four bytes for each microsecond
 * between the fastest and the slowest at most.
 *
 * Several may share one bound: *room, in bytes. Where it is used up, the one that wants more lets
 * all of its values go, gives back what it had, and keeps nothing from then on. So does one that is
 * given a value too large for it.
 *
 * Ownership: kept_done frees all; one that is all zeros is fine and keeps nothing. Thread: plain
 * data.
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
    size_t bytes;       /* of it in use */
    unsigned bits;      /* of the histogram */
};

/* For a histogram of that many bits, before its first value. Where memory runs out it keeps
 * nothing. */
void kept_init(struct kept_values *k, unsigned bits, size_t *room);
void kept_done(struct kept_values *k);

static inline bool kept_any(const struct kept_values *k) {
    return k->buckets != NULL;
}

/* Adds a value that the histogram is about to count in this bucket. */
void kept_add(struct kept_values *k, const struct hist *h, size_t bucket, int64_t value);

/* The same values in `to`, which is empty, has the same bits and may have another bound. */
void kept_copy(struct kept_values *to, const struct kept_values *from, const struct hist *h);

/* Calls fn for each value in a bucket of the histogram, with how often it is there. */
typedef void kept_fn(void *context, int64_t value, uint64_t count);
void kept_each(const struct kept_values *k, const struct hist *h, size_t bucket, kept_fn *fn,
               void *context);

#endif
