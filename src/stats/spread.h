/*
 * spread: what a table says of a set of times: how many, median with its confidence interval, 90th,
 * 95th and 99th percentile, extremes; exact, from a stream that is read twice (select.h), or once
 * where spread_keep() has room for it.
 *
 *     spread_init  spread_keep  spread_count()...  spread_plan  spread_collect()...
 *     spread_finish  spread_row  spread_done
 *
 * Without spread_keep(), or where spread_needs_collecting() after spread_plan(), the second reading
 * is needed.
 *
 * Ownership: spread_done frees all; one that is all zeros is fine. Thread: plain data.
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

/* In the unit of the values; NAN if there is none: no value, or too few to support it
 * (quantile.h, interval.h). */
struct spread_row {
    uint64_t count;
    double mean, min, max;
    double median, low, high; /* the interval covers the true median in 95 of 100 such samples */
    double p90, p95, p99;
    double tmr; /* tail to median: p99 / median */
};

int spread_init(struct spread *s, struct err *e);
void spread_done(struct spread *s);

/* Before the first value, as select_keep(). */
void spread_keep(struct spread *s, size_t *room);

/* A value below 0 counts as 0. */
void spread_count(struct spread *s, int64_t value);
int spread_plan(struct spread *s, struct err *e);
bool spread_needs_collecting(const struct spread *s);
void spread_collect(struct spread *s, int64_t value);
int spread_finish(struct spread *s, struct err *e);

void spread_row(const struct spread *s, struct spread_row *out);

/* The same of n values in memory, which it sorts. */
void spread_of(int64_t *values, size_t n, struct spread_row *out);

#endif
