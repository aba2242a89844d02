/*
 * select: exact order statistics of a stream that can be read twice, without holding it; of one
 * whose values fit into a bound, by one reading.
 *
 * Pass 1 counts every value into a histogram, which tells for each rank the bucket that holds it.
 * select_want() says which ranks matter. Pass 2 keeps only what falls into those buckets: a count
 * for each of the bucket's values, or the values themselves where they are fewer than that. Then
 * the value of a wanted rank is exact. With select_keep() the values are kept while they fit (see
 * kept.h), and where they did, pass 2 can be left out.
 *
 *     select_init  select_keep  select_count()...  select_want  select_take
 *     select_collect()...  select_finish  select_value()...  select_done
 *
 * Memory: the histogram, and at most min(values in it, width of it) words per wanted bucket, where
 * a bucket is 1/512 of its octave (20 s in microseconds: 32768 values wide). Minimum and maximum
 * cost nothing. It does not interpolate: see quantile.h.
 *
 * Ownership: select_done frees all. Thread: plain data, owned by the caller.
 */
#ifndef STATS_SELECT_H
#define STATS_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/hist.h"
#include "stats/kept.h"
#include "util/err.h"

#define SELECT_BITS 9u

struct select_cell;

struct select {
    struct hist hist;          /* pass 1: total, min and max are exact */
    struct kept_values kept;   /* its values; nothing without select_keep(), or beyond the bound */
    struct select_cell *cells; /* private: the wanted buckets, in order */
    size_t cell_count;
    bool differs; /* private: pass 2 saw what pass 1 had not */
};

int select_init(struct select *s, struct err *e);
void select_done(struct select *s); /* one that is all zeros is fine */

/* Before the first value: keep them while *room lasts, in bytes, which several may share. */
void select_keep(struct select *s, size_t *room);

/* Pass 1; value >= 0. */
void select_count(struct select *s, int64_t value);

/* Between the passes, once: the ranks to be asked for, 0 for the minimum, in any order; each below
 * hist.total. */
int select_want(struct select *s, const uint64_t *ranks, size_t n, struct err *e);

/* All that `from` has counted, and keeps, goes into `s`, which has counted nothing yet. */
void select_copy(struct select *s, const struct select *from);

/* Takes what was kept instead of pass 2: `from` is s itself, or one of those that were merged into
 * its histogram. Nothing where `from` does not keep. */
void select_take(struct select *s, const struct select *from);

/* Is there something that pass 2 has to tell? Else it may be left out. */
bool select_needs_collecting(const struct select *s);

/* Pass 2: the same values, in any order. */
void select_collect(struct select *s, int64_t value);

/* After pass 2; fails where the second pass was not the same stream as the first. */
int select_finish(struct select *s, struct err *e);

/* The value that sorting would put at `rank`, which was wanted. */
int64_t select_value(const struct select *s, uint64_t rank);

#endif
