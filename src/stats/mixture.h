/*
 * mixture: fits two normal distributions to counted values, and says whether two explain them
 * better than one.
 *
 * The fit uses expectation maximisation from several starting points, and is deterministic. The
 * choice is by Schwarz's criterion (BIC, smaller is better): one part has two parameters, two have
 * five. BIC prefers two parts for any shape that is not quite normal. So a caller should require
 * more, such as a distance between the parts. It handles at most two parts.
 *
 * Ownership: nothing is kept. Thread: any.
 */
#ifndef STATS_MIXTURE_H
#define STATS_MIXTURE_H

#include <stdbool.h>
#include <stddef.h>

struct mixture_part {
    double weight; /* its share of the values */
    double mean, sd;
};

struct mixture {
    struct mixture_part one;       /* all values as one part */
    struct mixture_part low, high; /* as two parts; low.mean <= high.mean */
    double bic_one, bic_two;
};

/* x[i] occurs count[i] times; a count may be 0. No standard deviation is taken as smaller than
 * sd_min > 0, to which the values were rounded. Returns false if there are fewer than six values or
 * all are equal. */
bool mixture_fit(const double *x, const double *count, size_t n, double sd_min,
                 struct mixture *out);

/* The probability that a value of x belongs to the high part. 0 below the mean of the low part,
 * where a wide high part would otherwise win again. */
double mixture_high(const struct mixture *m, double x);

/* Ashman's D: the distance of the means in units of the width of the parts. Above 2, they are
 * separate. */
double mixture_distance(const struct mixture *m);

#endif
