/*
 * history: what a session knows about its connection beyond the current request: how long it has
 * been idle, the server's keep-alive timeout, and how the connection before it ended.
 *
 * Both transports use it. It uses no socket and no clock: the caller says what happened and when
 * (CLOCK_MONOTONIC ns).
 *
 * Ownership: embedded in a session; initialise with {0}. Thread: the session's.
 */
#ifndef TRANSPORT_HISTORY_H
#define TRANSPORT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/transport.h"

struct history {
    /* How the last connection ended, until a result has reported it. NONE: none has ended. */
    enum connection_end end;
    int64_t idle_ns; /* how long it had been idle then; 0: unknown */
    /* When the last response on this connection was complete; 0: no response yet. */
    int64_t answered_ns;
    int64_t keep_ns; /* the server's keep-alive timeout; 0: unknown */
};

/* A request needs a new connection. The result gets how the last one ended. */
void history_begin(struct history *h, struct transport_result *result);

/* The connection has ended. `idle_until_ns`: it was idle until then; 0: it was not idle. */
void history_ended(struct history *h, enum connection_end end, int64_t idle_until_ns);

void history_answered(struct history *h, int64_t end_ns);

/* Parses the value of a response's Keep-Alive header: "timeout=5, max=100". Source:
 * draft-thomson-hybi-http-timeout-03, 2. Other parameters are ignored. */
void history_keep_alive(struct history *h, const char *value, size_t bytes);

/* True if the server may close the connection before a request sent now reaches it, because the
 * connection has been idle for almost the server's timeout. "Almost" means half a second less,
 * or half of a timeout that is shorter than a second. */
bool history_expired(const struct history *h, int64_t now_ns);

#endif
