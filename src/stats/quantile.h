/*
 * quantile: where the exact percentiles of n values lie, and which of them n values can support.
 *
 * The rule is linear interpolation at position p * (n - 1) of the sorted values: numpy's default,
 * R's type 7 and k6's. It holds no values: see select.h for those. Thread: any.
 */
#ifndef STATS_QUANTILE_H
#define STATS_QUANTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Between the values of rank `lower` and `upper`, `fraction` of the way. */
struct quantile_rank {
    uint64_t lower, upper;
    double fraction;
};

/* n > 0, 0 <= p <= 1. */
struct quantile_rank quantile_rank(double p, uint64_t n);

double quantile_between(int64_t lower, int64_t upper, double fraction);

/* The same rule on an array, which it sorts. */
void quantile_sort(int64_t *values, size_t n);
double quantile_sorted(const int64_t *values, size_t n, double p);

/* False where fewer than 1/(1-p) values stand behind the percentile: then not even one of them is
 * expected beyond it and its value is a guess at the maximum. p99 needs 100 values, p95 20, p50
 * two; p = 1 is the maximum and needs one. */
bool quantile_supported(double p, uint64_t n);

/* The smallest n that supports it. */
uint64_t quantile_needs(double p);

/* A point of a percentile distribution plot: `inverse` = 1/(1 - percentile/100). */
struct quantile_level {
    double percentile, inverse;
};

#define QUANTILE_LEVELS_MAX 321

/* The levels of HdrHistogram's plots with five ticks per half distance (0 10 20 30 40 50 55 60 65
 * 70 75 77.5 ...) as far as n values support them, then 100 with inverse = n. Returns how many; 0
 * where n is 0. */
size_t quantile_levels(uint64_t n, struct quantile_level out[QUANTILE_LEVELS_MAX]);

#endif
