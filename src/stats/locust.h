/*
 * locust: Locust's own arithmetic, to the letter, for those who compare with its tables.
 *
 * Locust rounds each response time before it counts it (half to even: below 100 ms to 1 ms, below 1
 * s to 10, below 10 s to 100, else to 1000) and reads percentiles off the rounded values with rules
 * of its own. Rounding never swaps two values, so the rounded value of a rank is the value of that
 * rank, rounded: no second histogram is needed.
 *
 * Times come in as whole microseconds, so halves are exact. Thread: any.
 */
#ifndef STATS_LOCUST_H
#define STATS_LOCUST_H

#include <stdint.h>

/* The rounded response time in milliseconds; us >= 0. */
int64_t locust_round_ms(int64_t us);

/* The rank of its percentile: min(int(n * p), n - 1). n > 0. */
uint64_t locust_rank(double p, uint64_t n);

/* The rank of its median, which is the lower one. n > 0. */
uint64_t locust_median_rank(uint64_t n);

/* Its median in milliseconds: the value of that rank, rounded, then held within the exact minimum
 * and maximum. */
double locust_median_ms(int64_t us, int64_t min_us, int64_t max_us);

#endif
