/*
 * block_length: how long the blocks of a block bootstrap should be, from the series itself.
 *
 * D. N. Politis and H. White, "Automatic block-length selection for the dependent bootstrap",
 * Econometric Reviews 23 (2004) 53-70, with the correction of A. Patton, Politis and White, ibid.
 * 28 (2009) 372-375: for the circular block bootstrap
 *
 *     b = (2 G^2 / D)^(1/3) N^(1/3),   D = 4/3 g(0)^2,
 *     g(0) = sum lambda(k/M) R(k),     G = sum lambda(k/M) |k| R(k),     |k| <= M,
 *
 * with R the autocovariances, lambda the flat-top window (1 up to 1/2, falling to 0 at 1) and
 * M = 2m, where m is the first lag behind which K = max(5, sqrt(log10 N)) correlations in a row are
 * within 2 sqrt(log10(N) / N) of zero. It is never above min(3 sqrt(N), N/3).
 *
 * Thread: any.
 */
#ifndef STATS_BLOCK_LENGTH_H
#define STATS_BLOCK_LENGTH_H

#include <stddef.h>

/* In values, at least 1; a series without variance, or of fewer than 8 values, has 1. *sum_variance
 * is n g(0), the variance of the sum of such a series. It has less bias than that of blocks, which
 * is too small where neighbours are alike; 0 where it is not known. */
double block_length(const double *series, size_t n, double *sum_variance);

#endif
