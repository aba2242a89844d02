/*
 * dist: the normal distribution and Student's t distribution.
 *
 * Student's distribution function is the regularised incomplete beta function, by the continued
 * fraction of Abramowitz and Stegun 26.5.8, evaluated with Lentz's method. Quantiles are found by
 * bisection. Relative errors are below 1e-9. Thread: any.
 */
#ifndef STATS_DIST_H
#define STATS_DIST_H

/* The probability below t. df > 0; INFINITY: the normal distribution. */
double dist_student(double t, double df);

/* The value below which the probability is p. 0 < p < 1. */
double dist_normal_quantile(double p);
double dist_student_quantile(double p, double df);

#endif
