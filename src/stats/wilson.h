/*
 * wilson: the interval for a true share, given `hits` in n independent trials.
 *
 * E. B. Wilson's score interval (JASA 22, 1927, 209-212): the shares p for which the observed share
 * is within z standard errors, using the standard error of p. It never leaves [0, 1], and is useful
 * even if no trial or every trial was a hit. Its coverage is near the confidence on average, but
 * not at least the confidence for each p.
 *
 * If trials depend on each other, the true confidence is lower. Thread: any.
 */
#ifndef STATS_WILSON_H
#define STATS_WILSON_H

#include <stdint.h>

#define WILSON_Z95 1.959963984540054 /* of the normal distribution, for 95 % in the middle */

/* n > 0, hits <= n, z > 0. */
void wilson_interval(uint64_t hits, uint64_t n, double z, double *low, double *high);

#endif
