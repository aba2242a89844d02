/*
 * mixture: splits counted values of one dimension into two normal distributions, and says whether
 * two explain them better than one.
 *
 * Fitted by expectation and maximisation from several starts, the same for the same input. The
 * choice is by Schwarz's criterion (BIC, smaller is better): one part costs two parameters, two
 * cost five. BIC prefers two parts for any shape that is not quite normal, so a caller asks for
 * more than that, such as a distance between the parts. It draws nothing at random and knows no
 * more than two parts.
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
    struct mixture_part low, high; /* as two; low.mean <= high.mean */
    double bic_one, bic_two;
};

/* x[i] stands count[i] times; a count may be 0. No standard deviation is taken for smaller than
 * sd_min > 0, which is what the values were rounded to. False where there are fewer than six values
 * or all are the same. */
bool mixture_fit(const double *x, const double *count, size_t n, double sd_min,
                 struct mixture *out);

/* The probability that a value of x belongs to the high part; 0 below the low part's mean, where a
 * wide high part would else win again. */
double mixture_high(const struct mixture *m, double x);

/* Ashman's D: the distance of the means in units of the parts' width; above 2 they are apart. */
double mixture_distance(const struct mixture *m);

#endif
