/*
 * student: quantiles of Student's t distribution, for the interval of a mean of few values.
 *
 * P(|T| <= t) is the finite sum of Abramowitz & Stegun 26.7.3 (odd degrees of freedom) and 26.7.4
 * (even), exact except for rounding. The quantile is found from it by bisection. Thread: any.
 */
#ifndef STATS_STUDENT_H
#define STATS_STUDENT_H

/* P(|T| <= t) with df degrees of freedom; t >= 0, df >= 1. */
double student_within(double t, unsigned df);

/* The t with P(|T| <= t) = confidence; 0 < confidence < 1. 12.706 for confidence 0.95 and df 1. */
double student_quantile(double confidence, unsigned df);

#endif
