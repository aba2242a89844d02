/*
 * target: a small prediction service for load tests, with times, cold starts and failures as asked.
 *
 * It speaks HTTP/1.1 through libmicrohttpd, keeps no body, and counts exactly what came in and with
 * which result (counts.h). It is one pretended container (instance.h); it does not scale, and does
 * not predict. As a language model it sends tokens at exact times and logs when (token_sender.h).
 *
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
    const char *bind; /* an address in numbers */
    int port;         /* 0: any free one */
    struct variate get, post;
    struct fault fault;
    int64_t cpu_ns;
    struct instance_spec instance;
    struct token_spec tokens;
    const char *token; /* NULL: none needed */
    bool login;        /* POST /login gives the token, which is needed */
    uint64_t body_max_bytes;
    unsigned threads;
    uint64_t requests_max; /* 0: no end */
    uint64_t seed;
};

struct target;

/* Takes the port without listening: connections are refused until target_start. */
int target_open(const struct target_spec *spec, struct target **out, struct err *e);

int target_start(struct target *t, struct err *e);

const char *target_url(const struct target *t); /* "http://127.0.0.1:8080" */

/* Readable once `requests_max` requests have come to their end. */
int target_done_fd(const struct target *t);

/* Requests in flight are dropped and count as aborted; the counts are final afterwards, and the
 * token log complete: -1 where that could not be written. */
int target_stop(struct target *t, struct err *e);

void target_json(struct target *t, struct buf *out);
void target_table(struct target *t, struct buf *out);

/* Stops first where needed. */
void target_free(struct target *t);

#endif
