#include "cli/capacity_probe.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/capacity_measure.h"
#include "cli/capacity_step.h"
#include "util/clock.h"

#define PROBE_NS (2 * NS_PER_S)
#define PROBE_RATE_MAX 5
#define RECOVERED 1.5      /* latency, as a multiple of that before */
#define MORE_FAILURES 0.25 /* of the share of failures: a probe has ten requests */

struct probed {
    bool asked;              /* a scenario may begin with a long wait */
    double p50_ms, failures; /* NAN: no answer */
};

/* -1: no probe was made, which says nothing of the service. */
static int ask(struct capacity_probe *p, struct probed *out, int *signal, struct err *e) {
    const struct capacity_setup *setup = p->setup;
    const struct capacity_window w = {.to_us = INT64_MAX / 4, .cells = 1};
    const struct gate_rules none = {0};
    struct capacity_measured m = {0};
    struct capacity_step_end end = {0};
    struct err reading = {""};
    char path[PATH_MAX];
    /* Each part needs a user. */
    double most = setup->result.unit == CAPACITY_RATE ? PROBE_RATE_MAX : p->maker->parts;
    struct capacity_step s = {.args = setup->args,
                              .scenario = setup->scenario,
                              .unit = setup->result.unit,
                              .load = fmin(setup->plan.from, most),
                              .measure_ns = PROBE_NS,
                              .seed = p->seed,
                              .path = capacity_setup_path(setup, "probe.db", path)};
    unlink(path);
    int result = p->maker->run(p->maker->context, &s, &end, e);
    bool read = result == 0 && capacity_measure(path, &none, &w, NULL, &m, &reading) == 0;
    if (read && (m.answered || m.complete))
        *out = m.answered ? (struct probed){true, m.p50_ms, m.failures}
                          : (struct probed){m.due > 0, (double)NAN, (double)NAN};
    else if (result == 0)
        result = err_set(e, "the probe at %.10g %s was not completed: %.800s", s.load,
                         capacity_unit_words[s.unit],
                         end.said.text[0] != '\0' ? end.said.text : reading.text);
    memcpy(p->failing, m.failing, sizeof p->failing);
    if (*signal == 0)
        *signal = end.signal;
    capacity_measured_done(&m);
    unlink(path);
    return result;
}

bool capacity_probe_can(const struct capacity_probe *p) {
    return p->setup->result.unit != CAPACITY_SPEED;
}

static bool is_as_before(const struct capacity_probe *p, const struct probed *now) {
    if (isnan(p->failures)) /* there is nothing to compare it with */
        return true;
    return now->failures <= p->failures + MORE_FAILURES &&
           (isnan(p->p50_ms) || now->p50_ms <= RECOVERED * p->p50_ms + 1);
}

enum capacity_health capacity_probe(struct capacity_probe *p, unsigned most, int *signal,
                                    struct err *e) {
    enum capacity_health health = CAPACITY_SILENT;
    for (unsigned i = 0; i < most && *signal == 0; i++) {
        struct probed now;
        if (ask(p, &now, signal, e) != 0)
            return CAPACITY_UNKNOWN;
        if (!p->began) {
            p->began = true;
            p->p50_ms = now.p50_ms;
            p->failures = now.failures;
        }
        if (!now.asked)
            return CAPACITY_UNASKED;
        health = isnan(now.failures)     ? CAPACITY_SILENT
                 : is_as_before(p, &now) ? CAPACITY_RECOVERED
                                         : CAPACITY_WORN;
        if (health == CAPACITY_RECOVERED)
            break;
    }
    return health;
}
