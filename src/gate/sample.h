/*
 * sample: a finished request as thresholds see it, and what it gives to a rule.
 *
 * Whoever has requests, from a file or from the queues of a run, puts them in this shape. Times are
 * microseconds, from the start of the run where they are moments. Thread: any.
 */
#ifndef GATE_SAMPLE_H
#define GATE_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/rule.h"
#include "util/outcome.h"

struct gate_sample {
    uint32_t endpoint;
    enum outcome outcome;
    int status;    /* 0: no response */
    int64_t at_us; /* its end; of one that was not sent, when it was intended; negative: unknown */
    int64_t service_us, response_us;    /* negative: none, as in ttfb_us */
    int64_t dns_us, connect_us, tls_us; /* 0: there was no such step */
    int64_t ttfb_us;
    uint64_t bytes_sent, bytes_received;
};

struct gate_gain {
    bool any;        /* else nothing */
    uint64_t amount; /* to a counter */
    bool hit;        /* to a share */
    int64_t us;      /* to a trend */
};

/* What a request whose name and method fit gives to a rule of requests (or of iterations, where a
 * request is one). */
struct gate_gain gate_gain_of(const struct gate_rule *r, const struct gate_sample *s);

#endif
