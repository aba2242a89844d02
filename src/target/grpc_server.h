/*
 * grpc_server: gRPC for the target: KServe's inference.GRPCInferenceService, grpc.health.v1 and
 * server reflection (grpc_services.h), over HTTP/2.
 *
 * It has the target's listening socket. A connection that begins with HTTP/2's preface is its own;
 * it gives all others to libmicrohttpd. So one port speaks both. With TLS all are its own, and
 * those that do not choose h2 by ALPN end. Service times, concurrency, cold
 * starts, failures and counts are those of the target, and token streams have the same times as
 * over HTTP (token_stream.h). One thread serves all connections.
 *
 * Ownership: heap; the target is borrowed. Thread: one thread starts, stops and frees;
 * grpc_server_served() is called from any.
 */
#ifndef TARGET_GRPC_SERVER_H
#define TARGET_GRPC_SERVER_H

#include "target/job_queue.h"
#include "util/err.h"

struct grpc_server;
struct ssl_ctx_st; /* OpenSSL's SSL_CTX */
struct target;

/* What a server with TLS needs. key NULL: it is in the certificate's file. */
int grpc_tls_new(const char *cert, const char *key, struct ssl_ctx_st **out, struct err *e);

/* Takes the listening socket, also if it fails. */
int grpc_server_new(struct target *t, int listen_fd, struct grpc_server **out, struct err *e);

/* A job that the server gave to the target's queue is back. */
void grpc_server_served(struct job *job, bool served);

/* Ends the thread and all calls. Call when the queue has stopped, and before libmicrohttpd does. */
void grpc_server_stop(struct grpc_server *s);
void grpc_server_free(struct grpc_server *s); /* after grpc_server_stop; NULL is allowed */

/* Streams that have begun and tokens written. */
void grpc_server_counts(struct grpc_server *s, uint64_t *streams, uint64_t *tokens);

#endif
