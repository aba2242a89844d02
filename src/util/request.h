/*
 * request: a finished request, for all parts except those that send it.
 *
 * It is made from a sample on its way into the run file (record/sample.h) or from a row of the file
 * (record/reader.h), with the same numbers. Statistics, thresholds, exports and the terminal use
 * it. Two other structs exist for speed: struct transport_result, with nanoseconds and a text, and
 * struct sample, the 72 bytes that a worker passes on.
 *
 * Times are microseconds from the start of the run; durations are microseconds. Each time is
 * truncated to whole microseconds on its own, so that durations agree with times.
 * Ownership: plain data, no pointers. Thread: any.
 */
#ifndef UTIL_REQUEST_H
#define UTIL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "util/connection.h"
#include "util/outcome.h"

/* There is no such time, duration or user. */
#define REQUEST_NO_VALUE INT64_MIN
/* It was no gRPC call, or it ended without a status. */
#define REQUEST_NO_GRPC_STATUS (-1)

struct request {
    int64_t id;        /* row id; 0: not read from a file */
    uint32_t endpoint; /* number in the run file */
    uint32_t error;    /* number of its error text; 0: no error */
    int64_t user;      /* REQUEST_NO_VALUE: no user was free to send it */
    int64_t intended_us, sent_us, end_us;
    int64_t service_us;                 /* from the last sending; only if it ended by itself */
    int64_t response_us;                /* from the intended time, or else from the first sending */
    int64_t dns_us, connect_us, tls_us; /* REQUEST_NO_VALUE: the phase did not happen */
    int64_t ttfb_us;                    /* from the last sending */
    int64_t resent_us;                  /* when it was sent again; REQUEST_NO_VALUE: it was not */
    int64_t previous_idle_us;           /* see previous_end */
    uint64_t bytes_sent, bytes_received;
    int status;      /* 0: no response */
    int grpc_status; /* of a gRPC call: 0 to 16, or REQUEST_NO_GRPC_STATUS */
    enum outcome outcome;
    bool new_connection;
    /* If known: the response was read as a stream, whose data comes separately. */
    bool streamed;
    /* No user was free at the intended time. Not stored in a run file. */
    bool waited_for_user;
    enum http_version http_version; /* of the response; NONE in older files */
    /* How the user's connection before a new one ended; NONE in older files. */
    enum connection_end previous_end;
};

/* Returns the time at which it counts: its end or, if it was not sent, its intended time. */
static inline int64_t request_counts_at(const struct request *x) {
    return x->outcome == OUTCOME_NOT_SENT ? x->intended_us : x->end_us;
}

/* A phase that did not happen took no time. */
static inline int64_t request_step(int64_t us) {
    return us > 0 ? us : 0;
}

/* The part of the service time that was needed to connect. */
static inline int64_t request_connecting(const struct request *x) {
    return request_step(x->dns_us) + request_step(x->connect_us) + request_step(x->tls_us);
}

#endif
