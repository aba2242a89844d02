/*
 * emulator: a local Cloud Run: front end, instances, autoscaler, billing, log and metrics, in one
 * loop.
 *
 * emulator_run() serves until SIGINT or SIGTERM, which it takes over: the first stops the instances
 * as Cloud Run does (SIGTERM, grace, SIGKILL), the second at once. It prints nothing: what a person
 * should know goes to `note`.
 *
 * Times that only pass (idle, the autoscaler's period and windows) go `time_scale` times as fast.
 * Those that real processes need (start-up, a request's waiting and answering, the grace) do not: a
 * process does not start faster because an emulator wishes it.
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
    unsigned starting, active, idle, stopping; /* instances now */
    unsigned pending, in_flight;               /* requests now */
    uint64_t requests, per_class[6];           /* finished ones; by status / 100 */
    uint64_t assigned;                         /* of these, given to an instance */
    uint64_t no_instance, client_left, timed_out, refused;
    uint64_t started, crashed, failed_starts;
    int64_t startup_mean_ns; /* 0: none became ready */
    int64_t billable_ns, idle_min_ns;
    int64_t uptime_ns;
    double per_second; /* requests over the last second or so */
};

struct emulator_options {
    struct service service;
    struct autoscaler_options scaling;
    enum billing_mode billing;
    bool hold; /* take the CPU from instances between requests */
    double time_scale;
    int64_t sample_ns, grace_ns;
    int64_t cold_start_ns; /* of an instance, before COMMAND runs */
    int64_t pending_ns;    /* how long a request waits for an instance; 0: the policy's rule */
    int abort_status;      /* 429 or 500; 0: 429 at the maximum of instances, else 500 */
    const char *token;     /* what clients must bring; NULL: nothing */
    const char *bind;
    int port, admin_port; /* 0: any; admin_port < 0: none */
    const char *log_path; /* NULL: none */
    bool log_to_head; /* a request's latency in the log ends with the answer's head, not its end */
    const char *metrics_path;
    void *context;
    void (*note)(void *context, const char *text);
    void (*tick)(void *context,
                 const struct emulator_status *now); /* about once a second; or NULL */
};

struct emulator;

int emulator_new(const struct emulator_options *o, struct emulator **out, struct err *e);

int emulator_port(const struct emulator *m);
int emulator_admin_port(const struct emulator *m); /* -1: none */
const char *emulator_limits(const struct emulator *m);

/* Returns when all instances are gone; -1 where log or metrics could not be written. */
int emulator_run(struct emulator *m, struct err *e);

void emulator_status(const struct emulator *m, struct emulator_status *out);
void emulator_free(struct emulator *m);

#endif
