/*
 * null_server: a target that does nothing, in a thread of this process, so that what a client
 * measures against it is the client itself (and the loopback of this machine).
 *
 * HTTP/1.1 on a free port of 127.0.0.1: it reads a head, up to the blank line, and answers with a
 * fixed body of 48 bytes. Requests must have no body. Connections are kept; beyond
 * NULL_SERVER_CONNECTIONS new ones are closed at once. It knows its own time per request: from when
 * it had read the head until it sends the answer.
 *
 * Ownership: heap; null_server_free(NULL) is fine. Thread: the functions on one thread.
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

/* After null_server_stop(): the median of its own time. */
int64_t null_server_p50_ns(const struct null_server *s);

void null_server_free(struct null_server *s);

#endif
