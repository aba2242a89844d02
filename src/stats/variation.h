/*
 * variation: how much a number differs from run to run: mean, standard deviation, extremes, and an
 * interval for the mean.
 *
 * The interval is Student's: mean -+ t(n-1) * s / sqrt(n). It takes the runs for independent and
 * the number for roughly normal between them, which its spread over a few runs cannot prove.
 * Nothing inside a run comes into it. Thread: any.
 */
#ifndef STATS_VARIATION_H
#define STATS_VARIATION_H

#include <stddef.h>

#define VARIATION_CONFIDENCE 0.95

/* NAN where there is no such number: a deviation and an interval take two runs. */
struct variation {
    size_t runs; /* that have the number */
    double mean, deviation, min, max;
    double low, high; /* of the mean, at VARIATION_CONFIDENCE */
};

/* One value a run; a NAN is a run without. */
void variation_of(const double *values, size_t n, struct variation *out);

#endif
