/*
 * locust: Locust's exact arithmetic, for those who compare with its tables.
 *
 * Locust rounds each response time before it counts it (half to even: below 100 ms to 1 ms, below 1
 * s to 10, below 10 s to 100, else to 1000). It reads percentiles from the rounded values, by rules
 * of its own. Rounding never changes the order of two values, so the rounded value of a rank is the
 * value of that rank, rounded: no second histogram is needed.
 *
 * Times are whole microseconds, so halves are exact. Thread: any.
 */
#ifndef STATS_LOCUST_H
#define STATS_LOCUST_H

#include <stdint.h>

/* The rounded response time in milliseconds; us >= 0. */
int64_t locust_round_ms(int64_t us);

/* The rank that Locust uses for a percentile: min(int(n * p), n - 1). n > 0. */
uint64_t locust_rank(double p, uint64_t n);

/* The rank that Locust uses for the median: the lower one. n > 0. */
uint64_t locust_median_rank(uint64_t n);

/* Locust's median in milliseconds: the value of that rank, rounded, then clamped to the exact
 * minimum and maximum. */
double locust_median_ms(int64_t us, int64_t min_us, int64_t max_us);

#endif
