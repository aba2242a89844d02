/*
 * calibrate: measures what the client itself adds to a latency, before a run, against a server that
 * does nothing.
 *
 * It runs the engine for a second and a half against null_server.h over plain HTTP, with the
 * scenario's users (at most CALIBRATE_USERS_MAX) and about its rate. It ignores the first half
 * second, and requests that opened a connection. The client adds the service time that it saw, less
 * the server's own median. This includes the way through the loopback and the time until the
 * server's thread runs. So it is an upper limit.
 *
 * Its rows go to a temporary file (in TMPDIR, or /tmp), which is removed. They are not in the run's
 * own file.
 *
 * Thread: main.
 */
#ifndef CLI_CALIBRATE_H
#define CLI_CALIBRATE_H

#include <stdint.h>

#include "engine/engine.h"

#define CALIBRATE_USERS_MAX 256

struct calibration {
    int64_t p50_us, p99_us; /* what the client adds */
    uint64_t requests;      /* requests measured */
    double requests_per_second;
    int signal; /* signal that ended it early: no other member is set then */
};

/* Uses the scenario, transport, threads and user agent of `options`. */
int calibrate(const struct engine_options *options, struct calibration *out, struct err *e);

/* Requests per second of the scenario, as far as known before the run. A closed load without a
 * wait depends on the target, and counts as 1000. At least 200, because a 99th percentile needs
 * enough requests. */
double calibrate_rate(const struct scenario *s);

#endif
