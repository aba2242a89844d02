/*
 * autoscaler_internal: shared by the files of autoscaler. Not for others; see autoscaler.h.
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

/* The time of an event that has not happened. */
#define NEVER INT64_MIN

struct kpa {
    bool started;
    /* Last time that the panic window was over the threshold, or NEVER. */
    int64_t panic_since_ns;
    unsigned panic_max;                         /* the most that was wanted in this panic */
    int64_t active_since_ns, inactive_since_ns; /* at most one is not NEVER */
    /* When the activator came into the path, or NEVER. */
    int64_t proxy_since_ns;
    /* Instances exist, but none is ready, since then; or NEVER. */
    int64_t activating_since_ns;
    /* By period: the most that was wanted in it, for the scale-down delay. */
    unsigned *wants;
    size_t wants_n;
    int64_t wants_last; /* number of the newest period */
};

struct autoscaler {
    struct autoscaler_options o;
    bool ticked;
    int64_t last_ns;         /* time of the last tick */
    struct moving_mean load; /* requests in flight of all instances; kpa: or requests/s */
    struct moving_mean cpus; /* CPUs used by all instances */
    struct kpa kpa;
};

/* Totals of a sample. */
struct autoscaler_tally {
    unsigned n, ready, starting;
    unsigned in_flight;
    double in_flight_mean, cpus_used;
};

struct autoscaler_tally autoscaler_tally(const struct autoscaler_sample *s);

/* The least whole number >= x, ignoring rounding errors of floating point. */
int autoscaler_whole(double x);

unsigned autoscaler_clamp(const struct autoscaler_options *o, unsigned wanted);

/* Puts all indexes of the sample into stop_at, in the order in which instances should be
 * stopped: starting ones, the longest idle ones, the least busy ones. */
void autoscaler_order(const struct autoscaler_sample *s, size_t *stop_at);

/* The policies. Each sets all of *out except start and start_min, and returns how many instances
 * were wanted before min. */
unsigned autoscaler_cloudrun(const struct autoscaler *a, int64_t now_ns,
                             const struct autoscaler_sample *s, size_t *stop_at,
                             struct autoscaler_decision *out);
unsigned autoscaler_kpa(struct autoscaler *a, int64_t now_ns, const struct autoscaler_sample *s,
                        size_t *stop_at, struct autoscaler_decision *out);

int autoscaler_kpa_init(struct kpa *k, const struct autoscaler_options *o, struct err *e);
void autoscaler_kpa_done(struct kpa *k);

#endif
