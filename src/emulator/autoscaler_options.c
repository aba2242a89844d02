#include <math.h>
#include <string.h>

#include "emulator/autoscaler.h"
#include "util/clock.h"

#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS (60 * MINUTE_NS)
#define LONG_NS (24 * HOUR_NS)

static const char *const NAMES[] = {"cloudrun", "cloudrun-2022", "kpa"};

const char *autoscaler_policy_name(enum autoscaler_policy policy) {
    return (size_t)policy < sizeof NAMES / sizeof *NAMES ? NAMES[policy] : NULL;
}

int autoscaler_policy_parse(const char *name, enum autoscaler_policy *out, struct err *e) {
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(name, NAMES[i]) == 0) {
            *out = (enum autoscaler_policy)i;
            return 0;
        }
    return err_set(e, "unknown autoscaling policy \"%s\"; use cloudrun, cloudrun-2022 or kpa",
                   name);
}

void autoscaler_defaults(enum autoscaler_policy policy, struct autoscaler_options *o) {
    *o = (struct autoscaler_options){
        .policy = policy,
        .max = 100,
        .concurrency = 80,
        .cpus = 1,
        .period_ns = NS_PER_S,
        .cpu_target = 0.6,
        .concurrency_target = 0.6,
        .tolerance = 0.1,
        .on_demand_fill = 1,
        .window_ns = MINUTE_NS,
        .idle_ns = 15 * MINUTE_NS,
        .pending_min_ns = 10 * NS_PER_S,
        .pending_startups = 3.5,
        .kpa_target_share = 0.7,
        .kpa_target_default = 100,
        .kpa_rps_target = 200,
        .kpa_burst_capacity = 200,
        .kpa_stable_ns = MINUTE_NS,
        .kpa_panic_window_share = 0.1,
        .kpa_panic_threshold = 2,
        .kpa_up_rate = 1000,
        .kpa_down_rate = 2,
        .kpa_grace_ns = 30 * NS_PER_S,
        .kpa_progress_ns = 10 * MINUTE_NS,
        .kpa_scale_to_zero = true,
    };
    if (policy == AUTOSCALER_CLOUDRUN_2022) {
        o->period_ns = 5 * NS_PER_S;
        o->tolerance = 0;
        o->pending_startups = 0;
    }
    if (policy == AUTOSCALER_KPA)
        o->period_ns = 2 * NS_PER_S;
}

/* One number and its range, for the three kinds of policies. */
struct rule {
    enum { FOR_ALL, FOR_CLOUDRUN, FOR_KPA } scope;
    const char *name;
    double value, low, high;
    bool off; /* the value means "disabled" and is fine */
};

static double seconds(int64_t ns) {
    return (double)ns / (double)NS_PER_S;
}

static int check_rules(const struct rule *rules, size_t n, bool kpa, struct err *e) {
    for (size_t i = 0; i < n; i++) {
        const struct rule *r = &rules[i];
        if (r->off || (r->scope == FOR_CLOUDRUN && kpa) || (r->scope == FOR_KPA && !kpa))
            continue;
        if (!(r->value >= r->low && r->value <= r->high))
            return err_set(e, "autoscaler: %s is %g; it must be from %g to %g", r->name, r->value,
                           r->low, r->high);
    }
    return 0;
}

int autoscaler_check(const struct autoscaler_options *o, struct err *e) {
    bool kpa = o->policy == AUTOSCALER_KPA;
    double day = seconds(LONG_NS);
    const struct rule rules[] = {
        {FOR_ALL, "max instances", o->max, 1, AUTOSCALER_INSTANCES_MAX, false},
        {FOR_ALL, "min instances", o->min, 0, o->max, false},
        {FOR_ALL, "concurrency", o->concurrency, kpa ? 0 : 1, 1000, false},
        {FOR_ALL, "CPUs", o->cpus, 0.001, 1024, false},
        {FOR_ALL, "seconds between ticks", seconds(o->period_ns), 0.001, 3600, false},
        {FOR_CLOUDRUN, "CPU target", o->cpu_target, 0.10, 0.95, o->cpu_target == 0},
        {FOR_CLOUDRUN, "concurrency target", o->concurrency_target, 0.10, 0.95,
         o->concurrency_target == 0},
        {FOR_CLOUDRUN, "tolerance", o->tolerance, 0, 1, false},
        {FOR_CLOUDRUN, "on-demand fill", o->on_demand_fill, 0.001, 1, false},
        {FOR_CLOUDRUN, "seconds of the window", seconds(o->window_ns), 1, 3600, false},
        {FOR_CLOUDRUN, "seconds idle", seconds(o->idle_ns), 0, day, false},
        {FOR_CLOUDRUN, "seconds pending", seconds(o->pending_min_ns), 0, day, false},
        {FOR_CLOUDRUN, "start-ups pending", o->pending_startups, 0, 1000, false},
        {FOR_KPA, "container-concurrency-target-percentage", o->kpa_target_share * 100, 1, 100,
         false},
        {FOR_KPA, "container-concurrency-target-default", o->kpa_target_default, 0.01, 1e6, false},
        {FOR_KPA, "requests-per-second-target-default", o->kpa_rps_target, 0.01, 1e6, false},
        {FOR_KPA, "target-burst-capacity", o->kpa_burst_capacity, 0, 1e6,
         o->kpa_burst_capacity == -1},
        {FOR_KPA, "seconds of stable-window", seconds(o->kpa_stable_ns), 6, 3600, false},
        {FOR_KPA, "panic-window-percentage", o->kpa_panic_window_share * 100, 1, 100, false},
        {FOR_KPA, "panic-threshold-percentage", o->kpa_panic_threshold * 100, 110, 1000, false},
        {FOR_KPA, "max-scale-up-rate", o->kpa_up_rate, 1.01, 1e6, false},
        {FOR_KPA, "max-scale-down-rate", o->kpa_down_rate, 1.01, 1e6, false},
        {FOR_KPA, "seconds of scale-to-zero-grace-period", seconds(o->kpa_grace_ns), 6, day, false},
        {FOR_KPA, "seconds of scale-down-delay", seconds(o->kpa_down_delay_ns), 0, 3600, false},
        {FOR_KPA, "seconds of progress-deadline", seconds(o->kpa_progress_ns), 1, day, false},
        {FOR_KPA, "activation-scale", o->kpa_activation_scale, 0, o->max, false},
    };
    return check_rules(rules, sizeof rules / sizeof *rules, kpa, e);
}
