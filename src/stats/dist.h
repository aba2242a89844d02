/*
 * dist: the normal distribution and Student's.
 *
 * Student's is the regularised incomplete beta function, by the continued fraction of Abramowitz
 * and Stegun 26.5.8, evaluated by Lentz's method; quantiles are found by bisection. Relative errors
 * are below 1e-9. Thread: any.
 */
#ifndef STATS_DIST_H
#define STATS_DIST_H

double dist_student(double t, double df); /* df > 0, INFINITY: the normal one */

/* The value that has probability p below it; 0 < p < 1. */
double dist_normal_quantile(double p);
double dist_student_quantile(double p, double df);

#endif
