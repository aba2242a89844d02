/*
 * interval: between which order statistics a quantile lies, with a given confidence and no
 * assumption about the distribution.
 *
 * The number of n independent values that lie below the p-quantile is binomial (n, p), whatever the
 * distribution. So the interval from the value of rank `lower` to that of rank `upper` covers the
 * quantile with at least `confidence`: each side leaves out (1 - confidence) / 2 at most. It holds
 * no values (select.h finds those of a rank) and interpolates none.
 *
 * Values that depend on each other, as neighbours in time do, make the true confidence smaller.
 *
 * Thread: any.
 */
#ifndef STATS_INTERVAL_H
#define STATS_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

/* What a report goes by. */
#define INTERVAL_CONFIDENCE 0.95

/* 0 < p < 1, 0 < confidence < 1. Ranks count from 0. False where n values are too few for such an
 * interval: a median at 0.95 needs 6. */
bool interval_quantile(double p, uint64_t n, double confidence, uint64_t *lower, uint64_t *upper);

/* How many values such an interval takes: enough that, with the probability that is wanted of each
 * side, one of them at least lies below the quantile, and one above. */
uint64_t interval_needs(double p, double confidence);

#endif
