/*
 * null_server: a target that does nothing, in a thread of this process. A client that measures it
 * measures itself (and the loopback of this machine).
 *
 * HTTP/1.1 on a free port of 127.0.0.1. It reads a head, up to the blank line, and responds with a
 * fixed body of 48 bytes. Requests must not have a body. Connections are kept; beyond
 * NULL_SERVER_CONNECTIONS, new ones are closed at once. It measures its own time per request: from
 * the end of the head until it sends the response.
 *
 * Ownership: heap; null_server_free(NULL) is allowed. Thread: all functions on one thread.
 */
#ifndef CLI_NULL_SERVER_H
#define CLI_NULL_SERVER_H

#include <stdint.h>

#include "util/err.h"

#define NULL_SERVER_CONNECTIONS 300

struct null_server;

int null_server_start(struct null_server **out, struct err *e);
int null_server_port(const struct null_server *s);

/* Ends the thread and its connections. */
void null_server_stop(struct null_server *s);

/* After null_server_stop(): median of its own time per request. */
int64_t null_server_p50_ns(const struct null_server *s);

void null_server_free(struct null_server *s);

#endif
