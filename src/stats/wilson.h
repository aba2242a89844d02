/*
 * wilson: between which shares the true one lies, when `hits` of n independent trials were hits.
 *
 * E. B. Wilson's score interval (JASA 22, 1927, 209-212): the shares p for which the observed one
 * is within z standard errors, with p's own standard error. It never leaves [0, 1], and tells
 * something where no trial or every one was a hit. Its coverage is near the confidence on average,
 * not at least the confidence for each p.
 *
 * Trials that depend on each other make the true confidence smaller. Thread: any.
 */
#ifndef STATS_WILSON_H
#define STATS_WILSON_H

#include <stdint.h>

#define WILSON_Z95 1.959963984540054 /* of the normal distribution, for 95 % in the middle */

/* n > 0, hits <= n, z > 0. */
void wilson_interval(uint64_t hits, uint64_t n, double z, double *low, double *high);

#endif
