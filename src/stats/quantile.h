/*
 * quantile: the ranks of exact percentiles of n values, and which percentiles n values support.
 *
 * The rule is linear interpolation at position p * (n - 1) of the sorted values: the default of
 * numpy, type 7 of R, and k6's rule. It holds no values: see select.h. Thread: any.
 */
#ifndef STATS_QUANTILE_H
#define STATS_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `fraction` of the way from the value of rank `lower` to that of rank `upper`. */
struct quantile_rank {
    uint64_t lower, upper;
    double fraction;
};

/* n > 0, 0 <= p <= 1. */
struct quantile_rank quantile_rank(double p, uint64_t n);

double quantile_between(int64_t lower, int64_t upper, double fraction);

/* The same rule for an array. quantile_sort() sorts it; quantile_sorted() needs a sorted array. */
void quantile_sort(int64_t *values, size_t n);
double quantile_sorted(const int64_t *values, size_t n, double p);

/* Returns false if there are fewer than 1/(1-p) values. Then less than one of them is expected
 * beyond the percentile, and its value is a guess at the maximum. p99 needs 100 values, p95 20, p50
 * two. p = 1 is the maximum and needs one. */
bool quantile_supported(double p, uint64_t n);

/* The smallest n that supports the percentile. */
uint64_t quantile_needs(double p);

/* A point of a percentile distribution plot: `inverse` = 1/(1 - percentile/100). */
struct quantile_level {
    double percentile, inverse;
};

#define QUANTILE_LEVELS_MAX 321

/* The levels of HdrHistogram's plots with five ticks per half distance (0 10 20 30 40 50 55 60 65
 * 70 75 77.5 ...), as far as n values support them, then 100 with inverse = n. Returns their
 * number; 0 if n is 0. */
size_t quantile_levels(uint64_t n, struct quantile_level out[QUANTILE_LEVELS_MAX]);

#endif
