/*
 * autoscaler: computes how many instances a service should have now, as a pure function of samples
 * and a time.
 *
 * There are three policies: Cloud Run's documented rules, those of 2022, and Knative's KPA. Details
 * that the documents do not define are options; docs/cloud-run-emulation.md gives the source of
 * each rule. It starts and stops nothing, reads no clock, and does not see requests, only their
 * counts.
 *
 * Times are nanoseconds of any monotonic clock. With a time scale of 60, an emulator passes its
 * monotonic time times 60. Counts of requests and CPUs are means, so they need no scaling.
 *
 * Ownership: heap; autoscaler_free(NULL) is allowed. Thread: plain data, owned by the caller.
 */
#ifndef EMULATOR_AUTOSCALER_H
#define EMULATOR_AUTOSCALER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define AUTOSCALER_INSTANCES_MAX 10000u

enum autoscaler_policy { AUTOSCALER_CLOUDRUN, AUTOSCALER_CLOUDRUN_2022, AUTOSCALER_KPA };

enum autoscaler_kpa_metric { AUTOSCALER_KPA_CONCURRENCY, AUTOSCALER_KPA_RPS };

struct autoscaler_options {
    enum autoscaler_policy policy;
    unsigned min, max;    /* instances; max >= 1, max >= min */
    unsigned concurrency; /* concurrent requests of an instance; 0: no limit (kpa only) */
    double cpus;          /* of an instance */
    int64_t period_ns;    /* between ticks: cloudrun 1 s, cloudrun-2022 5 s, kpa 2 s */

    /* cloudrun, cloudrun-2022 */
    double cpu_target;         /* 0.10 to 0.95; 0: driver disabled */
    double concurrency_target; /* 0.10 to 0.95; 0: driver disabled */
    double tolerance;          /* 0.1: no change while utilisation is within 10 % of the target */
    /* In (0, 1]. Waiting requests may use this share of a starting instance's concurrency before
     * another instance is started. */
    double on_demand_fill;
    int64_t window_ns;       /* averaging window of utilisation: 1 min */
    int64_t idle_ns;         /* how long an idle instance is kept: 15 min */
    int64_t pending_min_ns;  /* maximum wait of a request for an instance: 10 s, ... */
    double pending_startups; /* ... or this many mean start-up times, 3.5, whichever is longer */

    /* kpa */
    enum autoscaler_kpa_metric kpa_metric;
    double kpa_target_share;       /* 0.70 of the concurrency */
    double kpa_target_default;     /* 100 requests in flight, if there is no limit */
    double kpa_rps_target;         /* 200 requests/s */
    double kpa_burst_capacity;     /* 200; 0: activator never in the path, -1: always */
    int64_t kpa_stable_ns;         /* 60 s (6 s to 1 h) */
    double kpa_panic_window_share; /* 0.10 of the stable window */
    double kpa_panic_threshold;    /* 2.0 times the capacity of the ready instances */
    double kpa_up_rate;            /* 1000 */
    double kpa_down_rate;          /* 2 */
    /* 30 s with the activator in the path before the last one stops. */
    int64_t kpa_grace_ns;
    int64_t kpa_down_delay_ns;     /* 0 */
    int64_t kpa_progress_ns;       /* 600 s: an instance that is not ready by then is abandoned */
    unsigned kpa_activation_scale; /* 0: none */
    bool kpa_scale_to_zero;
};

/* Sets the documented values: min 0, max 100, concurrency 80, 1 CPU. */
void autoscaler_defaults(enum autoscaler_policy policy, struct autoscaler_options *o);

/* The error says what is out of range and what is allowed. */
int autoscaler_check(const struct autoscaler_options *o, struct err *e);

/* Returns "cloudrun", "cloudrun-2022", "kpa"; NULL after the last. */
const char *autoscaler_policy_name(enum autoscaler_policy policy);
int autoscaler_policy_parse(const char *name, enum autoscaler_policy *out, struct err *e);

/* Returns how long a request may wait for an instance before it is aborted. mean_startup_ns is 0
 * until an instance has become ready. kpa has no such limit except the request's timeout:
 * INT64_MAX. */
int64_t autoscaler_pending_limit_ns(const struct autoscaler_options *o, int64_t mean_startup_ns);

/* An instance. Not listed once it was asked to stop (SIGTERM sent, or draining). */
struct autoscaler_instance {
    bool ready;            /* its start-up probe has passed */
    unsigned in_flight;    /* requests in progress now */
    double in_flight_mean; /* mean since the last tick */
    double cpus_used;      /* CPU seconds per second, since the last tick */
    /* If in_flight is 0: end of the last request, or the time when it became ready. */
    int64_t idle_since_ns;
};

struct autoscaler_sample {
    const struct autoscaler_instance *instances; /* those that are starting or ready */
    size_t n;
    unsigned pending;      /* requests waiting for an instance now */
    double pending_mean;   /* mean since the last tick */
    double requests_per_s; /* arrivals since the last tick; only for kpa by RPS */
};

#define AUTOSCALER_NONE (-1) /* a driver that is disabled or not part of the policy */

struct autoscaler_decision {
    unsigned wanted;    /* instances there should be, including starting ones */
    unsigned start;     /* start this many now */
    unsigned start_min; /* of these, how many only because of min (log: ..._MIN_INSTANCE) */
    size_t stop;        /* stop this many now: the number of indexes in stop_at[] */
    /* For scaling/recommended_instances: what each driver wants, before min and max. */
    int cpu, concurrency;
    int on_demand; /* instances for the requests without one */
    bool panic;    /* kpa: is in panic mode */
    /* kpa: the activator is in the path (for information; it changes no response). */
    bool activator;
    int stable, panicky; /* kpa: wanted by the two windows, after the rate limits */
};

struct autoscaler;

/* Copies the options. Fails if autoscaler_check() fails. */
int autoscaler_new(struct autoscaler **out, const struct autoscaler_options *o, struct err *e);
void autoscaler_free(struct autoscaler *a);

/* Call every period_ns; a late call covers the whole time since the last one. stop_at must have
 * room for sample->n indexes. It gets the indexes in sample->instances of the instances to stop,
 * longest idle first. cloudrun only stops idle ones. kpa may name busy ones: they must get no
 * more requests, and be stopped when their requests have ended. */
void autoscaler_tick(struct autoscaler *a, int64_t now_ns, const struct autoscaler_sample *sample,
                     size_t *stop_at, struct autoscaler_decision *out);

/* Call between ticks, when a request found no capacity (it counts in sample->pending). Returns
 * how many instances to start at once. Only ready, in_flight, n and pending are used. */
unsigned autoscaler_on_demand(const struct autoscaler_options *o,
                              const struct autoscaler_sample *sample);

#endif
