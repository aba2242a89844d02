/*
 * target: a small prediction service for load tests, with configurable times, cold starts and
 * failures.
 *
 * It speaks HTTP/1.1 through libmicrohttpd, stores no body, and counts exactly which requests
 * arrived and their results (counts.h). It simulates one container (instance.h); it does not scale,
 * and does not predict. As a language model it sends tokens at exact times and logs when
 * (token_sender.h).
 * Ownership: the spec's texts must live as long as the target. Thread: one thread opens, starts,
 * stops and frees.
 */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include <stdint.h>

#include "target/fault.h"
#include "target/instance.h"
#include "target/token_spec.h"
#include "target/variate.h"
#include "util/buf.h"
#include "util/err.h"

struct target_spec {
    const char *bind; /* a numeric address */
    int port;         /* 0: any free one */
    struct variate get, post;
    struct fault fault;
    int64_t cpu_ns;
    struct instance_spec instance;
    struct token_spec tokens;
    const char *token; /* required by requests; NULL: none */
    bool login;        /* POST /login returns the token */
    bool grpc;         /* also speak gRPC, see grpc_server.h */
    /* PEM files: gRPC alone, over TLS; NULL: none, and the certificate's. */
    const char *tls_cert, *tls_key;
    uint64_t body_max_bytes;
    unsigned threads;
    uint64_t requests_max; /* 0: no limit */
    uint64_t seed;
};

struct target;

/* Reserves the port without listening: connections are refused until target_start. */
int target_open(const struct target_spec *spec, struct target **out, struct err *e);

int target_start(struct target *t, struct err *e);

const char *target_url(const struct target *t); /* "http://127.0.0.1:8080" */

/* Readable once `requests_max` requests have ended. */
int target_done_fd(const struct target *t);

/* Drops requests in flight; they count as aborted. Afterwards the counts are final and the token
 * log is complete. Returns -1 if the log could not be written. */
int target_stop(struct target *t, struct err *e);

void target_json(struct target *t, struct buf *out);
void target_table(struct target *t, struct buf *out);

/* Stops the target first if needed. */
void target_free(struct target *t);

#endif
