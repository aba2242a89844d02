/*
 * latency: how long the service takes over a request, as a distribution.
 *
 * "20ms" is constant, "uniform:10ms,30ms" even between the two, "lognormal:120ms,0.4" a median and
 * the standard deviation of the logarithm. It does not wait. Thread: any.
 */
#ifndef TARGET_LATENCY_H
#define TARGET_LATENCY_H

#include <stdint.h>

#include "util/err.h"
#include "util/rng.h"

enum latency_kind { LATENCY_CONSTANT, LATENCY_UNIFORM, LATENCY_LOGNORMAL };

struct latency {
    enum latency_kind kind;
    int64_t low_ns;  /* the constant, the least, or the median */
    int64_t high_ns; /* the most, for LATENCY_UNIFORM */
    double sigma;    /* for LATENCY_LOGNORMAL */
};

int latency_parse(const char *text, struct latency *l, struct err *e);

int64_t latency_draw(const struct latency *l, struct rng *r);

#endif
