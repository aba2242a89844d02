/*
 * capacity_probe: asks a service at a low load whether it is as it was before the search: alive, as
 * fast, and without more failures.
 *
 * A fast answer is not enough: a service that punishes a client refuses quickly. Thread: main.
 */
#ifndef CLI_CAPACITY_PROBE_H
#define CLI_CAPACITY_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/capacity_setup.h"
#include "cli/capacity_step.h"
#include "util/err.h"

struct capacity_probe {
    const struct capacity_setup *setup; /* borrowed */
    const struct capacity_maker *maker; /* borrowed */
    uint64_t seed;
    bool began;              /* the first probe was made: */
    double p50_ms, failures; /* NAN: it got no answer */
    char failing[96];        /* the most frequent failure of the last probe; "": none */
};

enum capacity_health {
    CAPACITY_RECOVERED,
    CAPACITY_WORN,
    CAPACITY_SILENT,
    CAPACITY_UNASKED, /* the scenario sent nothing in the time of a probe */
    CAPACITY_UNKNOWN, /* a probe could not be made */
};

/* Whether this unit of load can be probed: the speed of a trace says nothing about its load. */
bool capacity_probe_can(const struct capacity_probe *p);

/* The first probe is what later ones are compared with, and never CAPACITY_WORN. Later calls
 * probe until the service has recovered, at most `most` times, and say how it was at last. *signal
 * is set if one ended the probe. With CAPACITY_UNKNOWN, `e` says why. */
enum capacity_health capacity_probe(struct capacity_probe *p, unsigned most, int *signal,
                                    struct err *e);

#endif
