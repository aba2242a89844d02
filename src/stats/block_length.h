/*
 * block_length: the block length for a block bootstrap, estimated from the series.
 *
 * D. N. Politis and H. White, "Automatic block-length selection for the dependent bootstrap",
 * Econometric Reviews 23 (2004) 53-70, with the correction of A. Patton, Politis and White, ibid.
 * 28 (2009) 372-375: for the circular block bootstrap
 *
 *     b = (2 G^2 / D)^(1/3) N^(1/3),   D = 4/3 g(0)^2,
 *     g(0) = sum lambda(k/M) R(k),     G = sum lambda(k/M) |k| R(k),     |k| <= M.
 *
 * R are the autocovariances. lambda is the flat-top window: 1 up to 1/2, then falling to 0 at 1. M
 * = 2m, where m is the last lag before K = max(5, sqrt(log10 N)) consecutive correlations within 2
 * sqrt(log10(N) / N) of zero. b is at most min(3 sqrt(N), N/3).
 *
 * Thread: any.
 */
#ifndef STATS_BLOCK_LENGTH_H
#define STATS_BLOCK_LENGTH_H

#include <stddef.h>

/* Returns the block length in values, at least 1. It is 1 for a series without variance or with
 * fewer than 8 values. *sum_variance is n g(0), the variance of the sum of such a series. It has
 * less bias than the variance of blocks, which is too small if neighbours are similar. 0: not
 * known. */
double block_length(const double *series, size_t n, double *sum_variance);

#endif
