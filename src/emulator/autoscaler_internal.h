/*
 * autoscaler_internal: what the files of autoscaler share. Not for others; see autoscaler.h.
 *
 * Thread: as autoscaler.h.
 */
#ifndef EMULATOR_AUTOSCALER_INTERNAL_H
#define EMULATOR_AUTOSCALER_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulator/autoscaler.h"
#include "emulator/moving_mean.h"

#define AUTOSCALER_STEP_NS INT64_C(1000000000)

/* A moment that has not come. */
#define NEVER INT64_MIN

struct kpa {
    bool started;
    int64_t panic_since_ns; /* last time that the panic window was over the threshold, or NEVER */
    unsigned panic_max;     /* the most that was wanted in this panic */
    int64_t active_since_ns, inactive_since_ns; /* at most one is not NEVER */
    int64_t proxy_since_ns;                     /* the activator came into the path, or NEVER */
    int64_t activating_since_ns;                /* instances are there, none is ready, or NEVER */
    unsigned *wants; /* per period, the most that was wanted in it: the scale-down delay */
    size_t wants_n;
    int64_t wants_last; /* number of the newest period */
};

struct autoscaler {
    struct autoscaler_options o;
    bool ticked;
    int64_t last_ns;         /* of the tick before */
    struct moving_mean load; /* requests in flight, all instances; kpa: or requests/s */
    struct moving_mean cpus; /* CPUs used, all instances */
    struct kpa kpa;
};

/* The sample, added up. */
struct autoscaler_tally {
    unsigned n, ready, starting;
    unsigned in_flight;
    double in_flight_mean, cpus_used;
};

struct autoscaler_tally autoscaler_tally(const struct autoscaler_sample *s);

/* The least whole number that is not below x; what floating point has added does not count. */
int autoscaler_whole(double x);

unsigned autoscaler_clamp(const struct autoscaler_options *o, unsigned wanted);

/* Puts all places of the sample into stop_at, first those that should go first: starting ones, the
 * longest idle ones, the least busy ones. */
void autoscaler_order(const struct autoscaler_sample *s, size_t *stop_at);

/* The policies: each sets all of *out but start and start_min, returns what was wanted before
 * min. */
unsigned autoscaler_cloudrun(const struct autoscaler *a, int64_t now_ns,
                             const struct autoscaler_sample *s, size_t *stop_at,
                             struct autoscaler_decision *out);
unsigned autoscaler_kpa(struct autoscaler *a, int64_t now_ns, const struct autoscaler_sample *s,
                        size_t *stop_at, struct autoscaler_decision *out);

int autoscaler_kpa_init(struct kpa *k, const struct autoscaler_options *o, struct err *e);
void autoscaler_kpa_done(struct kpa *k);

#endif
