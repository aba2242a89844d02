/*
 * variate: a random time or count with its distribution, as written on the command line.
 *
 * "20ms" is constant, "uniform:10ms,30ms" is uniform between the two, "exponential:20ms" has this
 * mean, "lognormal:120ms,0.4" is a median and the standard deviation of the logarithm. Counts are
 * written without a unit ("uniform:50,200") and drawn as whole numbers. It does not wait. Thread:
 * any.
 */
#ifndef TARGET_VARIATE_H
#define TARGET_VARIATE_H

#include <stdint.h>

#include "util/err.h"
#include "util/rng.h"

enum variate_kind { VARIATE_CONSTANT, VARIATE_UNIFORM, VARIATE_EXPONENTIAL, VARIATE_LOGNORMAL };

struct variate {
    enum variate_kind kind;
    int64_t low;  /* constant, minimum, mean or median; nanoseconds or a count */
    int64_t high; /* maximum, for VARIATE_UNIFORM */
    double sigma; /* for VARIATE_LOGNORMAL */
};

int variate_parse_times(const char *text, struct variate *d, struct err *e);

/* Each number is from 0 to `max`. */
int variate_parse_counts(const char *text, int64_t max, struct variate *d, struct err *e);

int64_t variate_draw_ns(const struct variate *d, struct rng *r);

/* Returns a whole number up to `max`. All numbers of a uniform distribution, including both
 * ends, are equally likely. */
int64_t variate_draw_count(const struct variate *d, int64_t max, struct rng *r);

#endif
