/*
 * interval: the order statistics that bound a quantile with a given confidence, without assumptions
 * about the distribution.
 *
 * Of n independent values, the number below the p-quantile is binomial (n, p), for any
 * distribution. So the interval from the value of rank `lower` to that of rank `upper` covers the
 * quantile with at least `confidence`: each side misses it with probability (1 - confidence) / 2 at
 * most. It holds no values (select.h finds the value of a rank) and does not interpolate.
 *
 * If values depend on each other, as neighbours in time do, the true confidence is lower.
 *
 * Thread: any.
 */
#ifndef STATS_INTERVAL_H
#define STATS_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

/* The confidence that reports use. */
#define INTERVAL_CONFIDENCE 0.95

/* Ranks count from 0. Returns false if there are too few values: a median at 0.95 needs 6. 0 < p <
 * 1, 0 < confidence < 1. */
bool interval_quantile(double p, uint64_t n, double confidence, uint64_t *lower, uint64_t *upper);

/* How many values such an interval needs. It is the smallest number with which, with the
 * probability required for each side, at least one value is below the quantile and one above. */
uint64_t interval_needs(double p, double confidence);

#endif
