/*
 * spread: the row of a table about a set of times: count, median with its confidence interval,
 * 90th, 95th and 99th percentile, and extremes. Exact, from a stream that is read twice (select.h),
 * or once if spread_keep() has room for it.
 *
 *     spread_init  spread_keep  spread_count()...  spread_plan  spread_collect()...
 *     spread_finish  spread_row  spread_done
 *
 * The second reading is needed without spread_keep(), or if spread_needs_collecting() returns true
 * after spread_plan().
 *
 * Ownership: spread_done frees all; all zeros is allowed. Thread: plain data.
 */
#ifndef STATS_SPREAD_H
#define STATS_SPREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/select.h"
#include "util/err.h"

struct spread {
    struct select select;
    double sum;
};

/* In the unit of the values. NAN marks a missing value: there are no values, or too few to support
 * it (quantile.h, interval.h). */
struct spread_row {
    uint64_t count;
    double mean, min, max;
    double median, low, high; /* the interval covers the true median in 95 of 100 such samples */
    double p90, p95, p99;
    double tmr; /* tail to median: p99 / median */
};

int spread_init(struct spread *s, struct err *e);
void spread_done(struct spread *s);

/* Call it before the first value, as select_keep(). */
void spread_keep(struct spread *s, size_t *room);

/* A value below 0 counts as 0. */
void spread_count(struct spread *s, int64_t value);
int spread_plan(struct spread *s, struct err *e);
bool spread_needs_collecting(const struct spread *s);
void spread_collect(struct spread *s, int64_t value);
int spread_finish(struct spread *s, struct err *e);

void spread_row(const struct spread *s, struct spread_row *out);

/* The same for n values in memory. Sorts them. */
void spread_of(int64_t *values, size_t n, struct spread_row *out);

#endif
