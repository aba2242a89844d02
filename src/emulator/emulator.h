/*
 * emulator: a local Cloud Run: front end, instances, autoscaler, billing, log and metrics, in one
 * loop.
 *
 * emulator_run() serves until SIGINT or SIGTERM, which it handles itself. The first signal stops
 * the instances as Cloud Run does (SIGTERM, grace period, SIGKILL), the second at once. It prints
 * nothing: messages for the user go to `note`.
 *
 * Pure waiting times (idle, the autoscaler's period and windows) run `time_scale` times as fast.
 * Times of real processes (start-up, waiting and processing of a request, grace period) do not,
 * because a process does not start faster in an emulator.
 *
 * Ownership: options and their texts are borrowed until emulator_free(). Thread: one.
 */
#ifndef EMULATOR_EMULATOR_H
#define EMULATOR_EMULATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/autoscaler.h"
#include "emulator/service.h"
#include "stats/billing.h"
#include "util/err.h"

struct emulator_status {
    unsigned starting, active, idle, stopping; /* current instances */
    unsigned pending, in_flight;               /* current requests */
    uint64_t requests, per_class[6];           /* finished; per_class: by status / 100 */
    uint64_t assigned;                         /* of these, given to an instance */
    uint64_t no_instance, client_left, timed_out, refused;
    uint64_t started, crashed, failed_starts;
    int64_t startup_mean_ns; /* 0: none has become ready */
    int64_t billable_ns, idle_min_ns;
    int64_t uptime_ns;
    double per_second; /* requests per second over about the last second */
};

struct emulator_options {
    struct service service;
    struct autoscaler_options scaling;
    enum billing_mode billing;
    bool hold; /* take the CPU from instances between requests */
    double time_scale;
    int64_t sample_ns, grace_ns;
    /* Cold start of an instance, before COMMAND runs. */
    int64_t cold_start_ns;
    /* How long a request waits for an instance; 0: the policy's rule. */
    int64_t pending_ns;
    int abort_status;  /* 429 or 500; 0: 429 at the maximum of instances, else 500 */
    const char *token; /* token that clients must send; NULL: none */
    const char *bind;
    int port, admin_port; /* 0: any; admin_port < 0: none */
    /* Latency in the log ends with the response's head, not with its end. */
    const char *log_path;
    bool log_to_head; /* a request's latency in the log ends with the answer's head, not its end */
    const char *metrics_path;
    void *context;
    void (*note)(void *context, const char *text);
    /* About once a second; or NULL. */
    void (*tick)(void *context, const struct emulator_status *now);
};

struct emulator;

int emulator_new(const struct emulator_options *o, struct emulator **out, struct err *e);

int emulator_port(const struct emulator *m);
int emulator_admin_port(const struct emulator *m); /* -1: none */
const char *emulator_limits(const struct emulator *m);

/* Returns when all instances are gone. Returns -1 if log or metrics could not be written. */
int emulator_run(struct emulator *m, struct err *e);

void emulator_status(const struct emulator *m, struct emulator_status *out);
void emulator_free(struct emulator *m);

#endif
