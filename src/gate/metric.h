/*
 * metric: the metrics that a threshold can name, and which values each needs from our rows.
 *
 * If k6 has the metric (metrics/builtin.go), its name is k6's, and so is its meaning as far as a
 * row has the values. docs/thresholds.md lists the columns behind each metric. It holds no values.
 * Thread: any, constant data.
 */
#ifndef GATE_METRIC_H
#define GATE_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

enum gate_kind {
    GATE_COUNTER, /* a sum: count, rate (per second) */
    GATE_GAUGE,   /* a value at each time: value, min, max, avg */
    GATE_RATE,    /* yes or no each time: rate (a share from 0 to 1) */
    GATE_TREND    /* times in milliseconds: avg, min, max, med, p(N) */
};

enum gate_metric {
    GATE_HTTP_REQ_DURATION,
    GATE_HTTP_REQ_BLOCKED,
    GATE_HTTP_REQ_CONNECTING,
    GATE_HTTP_REQ_TLS_HANDSHAKING,
    GATE_HTTP_REQ_WAITING,
    GATE_HTTP_REQ_RECEIVING,
    GATE_RESPONSE_TIME,
    GATE_SERVICE_TIME,
    GATE_HTTP_REQ_FAILED,
    GATE_HTTP_REQS,
    GATE_ITERATIONS,
    GATE_ITERATION_DURATION,
    GATE_DROPPED_ITERATIONS,
    GATE_CHECKS,
    GATE_DATA_RECEIVED,
    GATE_DATA_SENT,
    GATE_TTFT,
    GATE_TTFO,
    GATE_TIME_PER_TOKEN,
    GATE_TOKEN_GAP,
    GATE_OUTPUT_TOKENS,
    GATE_GOODPUT,
    GATE_VUS,
    GATE_COLD_START_DURATION,
    GATE_INSTANCE_COUNT
};
#define GATE_METRICS (GATE_INSTANCE_COUNT + 1)

/* Source of the values. Whoever evaluates the metric has to provide them. */
enum gate_source {
    GATE_FROM_REQUESTS,
    GATE_FROM_ITERATIONS,
    GATE_FROM_CHECKS,
    GATE_FROM_STREAMS, /* streamed responses, and requests that should have had one */
    GATE_FROM_USERS,
    GATE_FROM_SERVER /* what `import` adds; never known while a run is in progress */
};

/* Filters that may follow a metric in braces. */
enum {
    GATE_BY_NAME = 1,
    GATE_BY_METHOD = 2,
    GATE_BY_STATUS = 4,
    GATE_BY_OUTCOME = 8,
    GATE_BY_EXPECTED = 16, /* expected_response, tagged as in k6 */
    GATE_BY_REQUEST = 32,  /* of a check: the request that it belongs to */
    GATE_BY_GRPC_STATUS = 64
};

/* Those that select requests by how they ended. */
#define GATE_BY_END (GATE_BY_STATUS | GATE_BY_GRPC_STATUS | GATE_BY_OUTCOME | GATE_BY_EXPECTED)

/* Limits that a response must keep to be good. Each is a filter of goodput: GATE_WITHIN(limit). */
enum gate_limit {
    GATE_LIMIT_TTFT,
    GATE_LIMIT_TTFO,
    GATE_LIMIT_TIME_PER_TOKEN,
    GATE_LIMIT_TOKEN_GAP,
    GATE_LIMIT_E2E
};
#define GATE_LIMITS (GATE_LIMIT_E2E + 1)
#define GATE_WITHIN(limit) (128u << (limit))
#define GATE_WITHIN_ANY (GATE_WITHIN(GATE_LIMITS) - 128u)

extern const char *const gate_limit_words[GATE_LIMITS];

struct gate_metric_def {
    const char *name;
    enum gate_kind kind;
    enum gate_source source;
    unsigned filters;
    const char *unit; /* of its values, as shown to people: "ms", "" */
};

extern const struct gate_metric_def gate_metrics[GATE_METRICS];

/* How many units of gate_gain.time make a millisecond. The unit is the microsecond; for
 * time_per_token, the nanosecond. */
double gate_per_ms(enum gate_metric metric);

/* Finds a metric by its name of n bytes. The error suggests the nearest name, or says why a metric
 * of k6 does not exist here. */
int gate_metric_find(const char *name, size_t n, enum gate_metric *out, struct err *e);

enum gate_aggregation {
    GATE_COUNT,
    GATE_PER_SECOND, /* "rate" of a counter */
    GATE_SHARE,      /* "rate" of a rate */
    GATE_VALUE,
    GATE_AVG,
    GATE_MIN,
    GATE_MAX,
    GATE_QUANTILE /* "med" and "p(N)" */
};

/* Finds an aggregation by its word. For "p" it returns GATE_QUANTILE, and the caller reads the
 * number. Fails if metrics of this kind do not have the aggregation. */
int gate_aggregation_find(enum gate_metric metric, const char *word, size_t n,
                          enum gate_aggregation *out, struct err *e);

#endif
