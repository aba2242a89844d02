/*
 * variate: a random number with its distribution, as the command line writes it: of times, or of
 * counts.
 *
 * "20ms" is constant, "uniform:10ms,30ms" even between the two, "lognormal:120ms,0.4" a median and
 * the standard deviation of the logarithm. Counts are written without a unit ("uniform:50,200") and
 * drawn whole. It does not wait. Thread: any.
 */
#ifndef TARGET_VARIATE_H
#define TARGET_VARIATE_H

#include <stdint.h>

#include "util/err.h"
#include "util/rng.h"

enum variate_kind { VARIATE_CONSTANT, VARIATE_UNIFORM, VARIATE_LOGNORMAL };

struct variate {
    enum variate_kind kind;
    int64_t low;  /* the constant, the least, or the median; nanoseconds or a count */
    int64_t high; /* the most, for VARIATE_UNIFORM */
    double sigma; /* for VARIATE_LOGNORMAL */
};

int variate_parse_times(const char *text, struct variate *d, struct err *e);

/* Each number from 0 to `max`. */
int variate_parse_counts(const char *text, int64_t max, struct variate *d, struct err *e);

int64_t variate_draw_ns(const struct variate *d, struct rng *r);

/* A whole number up to `max`; every number of a uniform distribution, both ends too, is as
 * likely. */
int64_t variate_draw_count(const struct variate *d, int64_t max, struct rng *r);

#endif
