/*
 * outcome: the result of a request, in one word.
 *
 * The words are a contract: they are in run files and machine-readable reports. Only add at the
 * end, because the numbers are stored. Thread: any.
 */
#ifndef UTIL_OUTCOME_H
#define UTIL_OUTCOME_H

#include <stdbool.h>

#define OUTCOME_MAP(X)                                                                             \
    X(OK, "ok")                     /* a response arrived, without any failure */                  \
    X(HTTP_ERROR, "http_error")     /* a response with a status of 400 or more */                  \
    X(CHECK_FAILED, "check_failed") /* a response that fails a check of the scenario */            \
    X(TIMEOUT, "timeout")           /* no complete response in time */                             \
    X(DNS_ERROR, "dns_error")       /* the host name has no address */                             \
    X(CONNECT_ERROR,                                                                               \
      "connect_error")        /* no connection: refused, unreachable, proxy, no free port */       \
    X(TLS_ERROR, "tls_error") /* handshake or certificate */                                       \
    X(RESET, "reset")         /* the connection ended before the response was complete */          \
    X(PROTOCOL_ERROR,                                                                              \
      "protocol_error")         /* the response is not valid HTTP, or exceeds a limit of ours */   \
    X(NOT_SENT, "not_sent")     /* it was scheduled, but never sent */                             \
    X(CANCELLED, "cancelled")   /* abandoned because the run ended */                              \
    X(UNSENDABLE, "unsendable") /* it could not be built from its values */                        \
    X(STREAM_CUT, "stream_cut") /* a stream without an end mark or finish reason */                \
    X(STREAM_ERROR, "stream_error") /* an error within the stream, after a good status */          \
    X(NO_TOKENS, "no_tokens")       /* a stream was expected, but no token arrived */              \
    X(STREAM_IDLE, "stream_idle")   /* a stream was silent for longer than allowed */              \
    X(GRPC_ERROR, "grpc_error")     /* a gRPC call whose status is not OK, by server or client */

enum outcome {
#define OUTCOME_ENUM(name, text) OUTCOME_##name,
    OUTCOME_MAP(OUTCOME_ENUM)
#undef OUTCOME_ENUM
        OUTCOME_COUNT
};

/* Returns the word, or "unknown" for an invalid number. */
const char *outcome_text(int outcome);

/* True if the request has a service time: it was sent and ended by itself. */
bool outcome_is_timed(int outcome);

/* True if it is a failure: all except ok, not_sent and cancelled (those are counted separately).
 * An unsendable request is a failure without a time: it is counted as an error, but not as a
 * finished request. */
bool outcome_is_failure(int outcome);

/* True if it was sent. */
bool outcome_is_sent(int outcome);

#endif
