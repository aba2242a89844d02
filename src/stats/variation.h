/*
 * variation: how much a number varies from run to run: mean, standard deviation, extremes, and an
 * interval for the mean.
 *
 * The interval is Student's: mean -+ t(n-1) * s / sqrt(n). It assumes that runs are independent and
 * that the number is roughly normal between them, which a few runs cannot prove. Variation within a
 * run is not used. Thread: any.
 */
#ifndef STATS_VARIATION_H
#define STATS_VARIATION_H

#include <stddef.h>

#define VARIATION_CONFIDENCE 0.95

/* NAN marks a missing value: a deviation and an interval need two runs. */
struct variation {
    size_t runs; /* that have a value */
    double mean, deviation, min, max;
    double low, high; /* of the mean, at VARIATION_CONFIDENCE */
};

/* One value per run. NAN: the run has none. */
void variation_of(const double *values, size_t n, struct variation *out);

#endif
