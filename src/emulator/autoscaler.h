/*
 * autoscaler: how many instances a service should have now, as a pure function of samples and a
 * time.
 *
 * Three policies: Cloud Run's documented rules, those of 2022, and Knative's KPA. What the
 * documents leave open is an option; docs/cloud-run-emulation.md says where each rule comes from.
 * It starts and stops nothing, reads no clock and knows no requests, only their numbers.
 *
 * Times are nanoseconds on any clock that does not run backwards; an emulator with a time scale
 * of 60 gives its monotonic time times 60. Numbers of requests and CPUs are means, so they need
 * no scaling.
 *
 * Ownership: heap, autoscaler_free(NULL) is fine. Thread: plain data, owned by the caller.
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
    unsigned concurrency; /* requests that an instance takes at once; 0: no limit (kpa only) */
    double cpus;          /* of an instance */
    int64_t period_ns;    /* between two ticks: cloudrun 1 s, cloudrun-2022 5 s, kpa 2 s */

    /* cloudrun, cloudrun-2022 */
    double cpu_target;         /* 0.10 to 0.95; 0: driver disabled */
    double concurrency_target; /* 0.10 to 0.95; 0: driver disabled */
    double tolerance;          /* 0.1: no change while use is within 10 % of the target */
    double on_demand_fill;     /* in (0, 1]: share of a starting instance's concurrency that waiting
                                  requests may count on before one more is started */
    int64_t window_ns;         /* over which use is averaged: 1 min */
    int64_t idle_ns;           /* how long an idle instance is kept: 15 min */
    int64_t pending_min_ns;    /* a request waits so long for an instance, 10 s, ... */
    double pending_startups;   /* ... or this many average start-ups, 3.5, whichever is longer */

    /* kpa */
    enum autoscaler_kpa_metric kpa_metric;
    double kpa_target_share;       /* 0.70 of the concurrency */
    double kpa_target_default;     /* 100 requests in flight where there is no limit */
    double kpa_rps_target;         /* 200 requests/s */
    double kpa_burst_capacity;     /* 200; 0: never an activator in the path, -1: always */
    int64_t kpa_stable_ns;         /* 60 s (6 s to 1 h) */
    double kpa_panic_window_share; /* 0.10 of the stable window */
    double kpa_panic_threshold;    /* 2.0 times what the ready instances are for */
    double kpa_up_rate;            /* 1000 */
    double kpa_down_rate;          /* 2 */
    int64_t kpa_grace_ns;          /* 30 s behind the activator before the last one goes */
    int64_t kpa_down_delay_ns;     /* 0 */
    int64_t kpa_progress_ns;       /* 600 s: an instance that is not ready by then is abandoned */
    unsigned kpa_activation_scale; /* 0: none */
    bool kpa_scale_to_zero;
};

/* The documented values: min 0, max 100, concurrency 80, 1 CPU. */
void autoscaler_defaults(enum autoscaler_policy policy, struct autoscaler_options *o);

/* Says what is out of range and what is allowed. */
int autoscaler_check(const struct autoscaler_options *o, struct err *e);

/* "cloudrun", "cloudrun-2022", "kpa"; NULL behind the last. */
const char *autoscaler_policy_name(enum autoscaler_policy policy);
int autoscaler_policy_parse(const char *name, enum autoscaler_policy *out, struct err *e);

/* How long a request may wait for an instance before it is aborted; mean_startup_ns is 0 while no
 * instance has become ready yet. kpa has no such limit but the request's timeout: INT64_MAX. */
int64_t autoscaler_pending_limit_ns(const struct autoscaler_options *o, int64_t mean_startup_ns);

/* One that is asked to stop (SIGTERM sent, or draining) is not listed any more. */
struct autoscaler_instance {
    bool ready;            /* its start-up probe has passed */
    unsigned in_flight;    /* requests in it now */
    double in_flight_mean; /* over the time since the last tick */
    double cpus_used;      /* CPU seconds per second since the last tick */
    /* Where in_flight is 0: end of the last request, or when it became ready. */
    int64_t idle_since_ns;
};

struct autoscaler_sample {
    const struct autoscaler_instance *instances; /* starting and ready ones */
    size_t n;
    unsigned pending;      /* requests that wait for an instance now */
    double pending_mean;   /* over the time since the last tick */
    double requests_per_s; /* arrived since the last tick; kpa by RPS only */
};

#define AUTOSCALER_NONE (-1) /* a driver that is disabled or that the policy does not have */

struct autoscaler_decision {
    unsigned wanted;    /* instances that there should be, starting ones included */
    unsigned start;     /* to be started now */
    unsigned start_min; /* how many of these only because of min (log: ..._MIN_INSTANCE) */
    size_t stop;        /* to be stopped now: that many places of stop_at[] are set */
    /* For scaling/recommended_instances: what each driver says, before min and max. */
    int cpu, concurrency;
    int on_demand;  /* what requests without an instance call for */
    bool panic;     /* kpa: in panic mode */
    bool activator; /* kpa: the activator is in the path (a fact to show; it changes no answer) */
    int stable, panicky; /* kpa: the two windows' numbers after the rates */
};

struct autoscaler;

/* Copies the options; fails where autoscaler_check() does. */
int autoscaler_new(struct autoscaler **out, const struct autoscaler_options *o, struct err *e);
void autoscaler_free(struct autoscaler *a);

/* To be called every period_ns; a late call counts for the whole time since the last one. stop_at
 * has room for sample->n numbers and gets the places in sample->instances of those to stop,
 * longest idle first. cloudrun stops idle ones only; kpa may name busy ones, which are to be sent
 * nothing more and stopped when their requests have ended. */
void autoscaler_tick(struct autoscaler *a, int64_t now_ns, const struct autoscaler_sample *sample,
                     size_t *stop_at, struct autoscaler_decision *out);

/* Between ticks, when a request found no capacity (it counts in sample->pending): how many
 * instances to start at once. Only ready, in_flight, n and pending are looked at. */
unsigned autoscaler_on_demand(const struct autoscaler_options *o,
                              const struct autoscaler_sample *sample);

#endif
