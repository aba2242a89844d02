/*
 * select: exact order statistics of a stream that can be read twice, without storing it. If its
 * values fit into a memory limit, one reading is enough.
 *
 * Pass 1 counts every value in a histogram, which gives the bucket of each rank. select_want() sets
 * the ranks of interest. Pass 2 keeps only what falls into their buckets: a count for each value
 * that the bucket can hold, or the values themselves if they are fewer than that. Then the value of
 * each wanted rank is exact. With select_keep(), values are kept as long as they fit (see kept.h).
 * If they did, pass 2 is not needed.
 *
 *     select_init  select_keep  select_count()...  select_want  select_take
 *     select_collect()...  select_finish  select_value()...  select_done
 *
 * Memory: the histogram, and at most min(number of its values, its width) words per wanted bucket.
 * A bucket is 1/512 of its octave (20 s in microseconds: 32768 values wide). Minimum and maximum
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
    struct kept_values kept;   /* its values; none without select_keep() or beyond the limit */
    struct select_cell *cells; /* private: the wanted buckets, in order */
    size_t cell_count;
    bool differs; /* private: pass 2 saw other values than pass 1 */
};

int select_init(struct select *s, struct err *e);
void select_done(struct select *s); /* all zeros is allowed */

/* Call it before the first value. Values are kept while *room lasts. *room is in bytes and may be
 * shared. */
void select_keep(struct select *s, size_t *room);

/* Pass 1; value >= 0. */
void select_count(struct select *s, int64_t value);

/* Call it once, between the passes. `ranks` are those that will be asked for, in any order; 0 is
 * the minimum. Each is below hist.total. */
int select_want(struct select *s, const uint64_t *ranks, size_t n, struct err *e);

/* Copies all counts and kept values of `from` to `s`, which must not have counted anything. */
void select_copy(struct select *s, const struct select *from);

/* Uses the kept values instead of pass 2. `from` is s itself, or one of those that were merged into
 * its histogram. Does nothing if `from` keeps no values. */
void select_take(struct select *s, const struct select *from);

/* Whether pass 2 is needed. */
bool select_needs_collecting(const struct select *s);

/* Pass 2: the same values, in any order. */
void select_collect(struct select *s, int64_t value);

/* After pass 2. Fails if the second stream differs from the first. */
int select_finish(struct select *s, struct err *e);

/* The value that sorting would put at `rank`. select_want() must have had this rank. */
int64_t select_value(const struct select *s, uint64_t rank);

#endif
