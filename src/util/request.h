/*
 * request: a finished request as everything but the sending sees it.
 *
 * Two places make one: a sample on its way into the run file (record/sample.h) and a row that is
 * read from it (record/reader.h). Both give the same numbers. Statistics, thresholds, exports and
 * the terminal read it. Two shapes stand beside it, for speed: struct transport_result, which has
 * nanoseconds and a text, and struct sample, the 72 bytes that a worker moves.
 *
 * Moments are microseconds from the start of the run, spans are microseconds. Each moment is cut to
 * whole microseconds by itself, so that spans agree with moments.
 *
 * Ownership: plain data, no pointers. Thread: any.
 */
#ifndef UTIL_REQUEST_H
#define UTIL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "util/connection.h"
#include "util/outcome.h"

/* No such moment, span or user. */
#define REQUEST_NO_VALUE INT64_MIN

struct request {
    int64_t id;        /* of its row; 0: it was not read from a file */
    uint32_t endpoint; /* by its number in the run file */
    uint32_t error;    /* number of its text; 0: none */
    int64_t user;      /* REQUEST_NO_VALUE: none was free to send it */
    int64_t intended_us, sent_us, end_us;
    int64_t service_us;  /* from the last sending; only of what came to an end of its own */
    int64_t response_us; /* from the intended moment, or else from the first sending */
    int64_t dns_us, connect_us, tls_us; /* REQUEST_NO_VALUE: there was no such step */
    int64_t ttfb_us;                    /* from the last sending */
    int64_t resent_us;                  /* when it was sent again; REQUEST_NO_VALUE: it was not */
    int64_t previous_idle_us;           /* see previous_end */
    uint64_t bytes_sent, bytes_received;
    int status; /* 0: no response */
    enum outcome outcome;
    bool new_connection;
    bool streamed; /* by who knows: its answer was read as a stream, which is given besides */
    bool waited_for_user; /* none was free at the intended moment. A run file does not keep it */
    enum http_version http_version;   /* of the answer; none in older files */
    enum connection_end previous_end; /* of the user's connection before a new one; likewise */
};

/* The moment in which it counts: its end, or where it was not sent, when it was intended. */
static inline int64_t request_counts_at(const struct request *x) {
    return x->outcome == OUTCOME_NOT_SENT ? x->intended_us : x->end_us;
}

/* A step that there was not took no time. */
static inline int64_t request_step(int64_t us) {
    return us > 0 ? us : 0;
}

/* The part of the service time in which a connection was made. */
static inline int64_t request_connecting(const struct request *x) {
    return request_step(x->dns_us) + request_step(x->connect_us) + request_step(x->tls_us);
}

#endif
