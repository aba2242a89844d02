/*
 * calibrate: what the client itself adds to a latency, measured before a run against a server that
 * does nothing.
 *
 * It runs the engine for a second and a half, with the scenario's users (at most
 * CALIBRATE_USERS_MAX) and about its rate, against null_server.h over plain HTTP; the first half
 * second is left out, and so are requests that opened a connection. What is added is the service
 * time that the client saw less the server's own median. The way through the loopback is in it, and
 * so is the time until the server's thread runs: it is an upper limit of what the client adds.
 *
 * Its rows go into a temporary file (in TMPDIR, or /tmp), which is removed; the run's own file sees
 * nothing of them.
 * Thread: main.
 */
#ifndef CLI_CALIBRATE_H
#define CLI_CALIBRATE_H

#include <stdint.h>

#include "engine/engine.h"

#define CALIBRATE_USERS_MAX 256

struct calibration {
    int64_t p50_us, p99_us; /* what the client adds */
    uint64_t requests;      /* behind them */
    double requests_per_second;
    int signal; /* that ended it before its time: nothing else is set */
};

/* Scenario, transport, threads and user agent are taken from `options`. */
int calibrate(const struct engine_options *options, struct calibration *out, struct err *e);

/* How many requests per second the scenario asks for, as far as that can be told before: a closed
 * load without a wait takes what the target gives, and counts as 1000; at least 200, for a 99th
 * percentile needs some. */
double calibrate_rate(const struct scenario *s);

#endif
