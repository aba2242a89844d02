/*
 * history: what a session knows of its connection beyond the current request: since when it is
 * idle, how long the server keeps it so, and how the one before it ended.
 *
 * Both transports keep one. It sees no socket and no clock: who calls says what happened and when
 * (CLOCK_MONOTONIC ns).
 *
 * Ownership: embedded in a session, begins as {0}. Thread: the session's.
 */
#ifndef TRANSPORT_HISTORY_H
#define TRANSPORT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/transport.h"

struct history {
    enum connection_end
        end;             /* of the last connection, until a result has it; NONE: none has ended */
    int64_t idle_ns;     /* how long that had been idle by then; 0: not known */
    int64_t answered_ns; /* when the last answer on this connection was complete; 0: none was */
    int64_t keep_ns;     /* how long the server keeps it idle; 0: it did not say */
};

/* A request needs a new connection: the result says how the last one ended. */
void history_begin(struct history *h, struct transport_result *result);

/* The connection has ended. `idle_until_ns`: it had been idle until then; 0: it was not idle. */
void history_ended(struct history *h, enum connection_end end, int64_t idle_until_ns);

void history_answered(struct history *h, int64_t end_ns);

/* The value of a Keep-Alive header of an answer: "timeout=5, max=100". Source:
 * draft-thomson-hybi-http-timeout-03, 2; others' parameters are ignored. */
void history_keep_alive(struct history *h, const char *value, size_t bytes);

/* The server may end the connection before a request that is sent now reaches it: it has been idle
 * for almost as long as the server keeps it. "Almost" is half a second less, of a timeout of a
 * second half of it. */
bool history_expired(const struct history *h, int64_t now_ns);

#endif
