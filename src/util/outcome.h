/*
 * outcome: what became of a request, in one word.
 *
 * The words are a contract: they stand in run files and machine-readable reports. Add at the end
 * only, the numbers are stored. Thread: any.
 */
#ifndef UTIL_OUTCOME_H
#define UTIL_OUTCOME_H

#include <stdbool.h>

#define OUTCOME_MAP(X)                                                                             \
    X(OK, "ok")                     /* an answer came and nothing is wrong with it */              \
    X(HTTP_ERROR, "http_error")     /* an answer came with a status of 400 or more */              \
    X(CHECK_FAILED, "check_failed") /* an answer came that a check of the scenario refused */      \
    X(TIMEOUT, "timeout")           /* no complete answer in time */                               \
    X(DNS_ERROR, "dns_error")       /* the host's name has no address */                           \
    X(CONNECT_ERROR,                                                                               \
      "connect_error")        /* no connection: refused, unreachable, proxy, no free port */       \
    X(TLS_ERROR, "tls_error") /* handshake or certificate */                                       \
    X(RESET, "reset")         /* the connection ended before the answer was complete */            \
    X(PROTOCOL_ERROR,                                                                              \
      "protocol_error")         /* the answer is not valid HTTP, or breaks a limit of ours */      \
    X(NOT_SENT, "not_sent")     /* the schedule called for it and it never left */                 \
    X(CANCELLED, "cancelled")   /* we gave it up because the run ended */                          \
    X(UNSENDABLE, "unsendable") /* it could not be built from its values, so it was not sent */    \
    X(STREAM_CUT, "stream_cut") /* a streamed answer ended without a done mark or finish reason */ \
    X(STREAM_ERROR, "stream_error") /* an error came within the stream, after a good status */     \
    X(NO_TOKENS, "no_tokens")       /* a streamed answer was expected, and no token came */        \
    X(STREAM_IDLE, "stream_idle")   /* a stream brought nothing for longer than allowed */

enum outcome {
#define OUTCOME_ENUM(name, text) OUTCOME_##name,
    OUTCOME_MAP(OUTCOME_ENUM)
#undef OUTCOME_ENUM
        OUTCOME_COUNT
};

/* The word, or "unknown" for a number that is none of ours. */
const char *outcome_text(int outcome);

/* True where the request has a service time: it was sent and came to an end of its own. */
bool outcome_is_timed(int outcome);

/* True where it counts as a failure: everything but ok, not_sent and cancelled (those are counted
 * separately). One that was unsendable is a failure without a time: it is among the errors, and in
 * no count of requests that came to an end. */
bool outcome_is_failure(int outcome);

/* True where it left. */
bool outcome_is_sent(int outcome);

#endif
