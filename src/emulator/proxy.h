/*
 * proxy: the front end: an HTTP/1.1 reverse proxy whose user decides which instance takes which
 * request, and when.
 *
 * Bodies stream both ways with back-pressure, at most some WIRE_HIGH_BYTES held for each direction;
 * connections are kept on both sides; a client handles one request at a time, pipelined ones wait.
 * Upgrades are refused. It knows no instances, only upstreams: an address and its kept connections.
 *
 * Ownership: an exchange belongs to the proxy, and its user may keep the pointer from `arrived` to
 * `finished`. Thread: the loop's.
 */
#ifndef EMULATOR_PROXY_H
#define EMULATOR_PROXY_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "emulator/head.h"
#include "emulator/trace.h"
#include "util/err.h"

#define STATUS_CLIENT_LEFT                                                                         \
    499 /* nginx's number, which front ends log when nobody waited for the answer */

/* Where an instance listens. The user embeds it and sets nothing but through upstream_init(). */
struct upstream {
    struct sockaddr_in address;
    void *owner; /* the user's */
    struct proxy *proxy;
    struct back *idle;   /* connections that wait for a request, the newest first */
    struct back *in_use; /* those that carry one */
};

/* One request, from its whole head to the end of its answer. */
struct exchange {
    struct exchange *next, *previous; /* the user's, for a queue */
    struct upstream *upstream;        /* NULL: no instance has had it */
    bool queued;                      /* the user's */
    int64_t arrived_ns;               /* monotonic: the head was whole */
    int64_t arrived_real_ns;
    int64_t assigned_ns; /* given to an instance; 0: never */
    int64_t head_ns;     /* the answer's head went to the client; 0: it did not */
    int64_t ended_ns;
    const char *method;
    const struct head *head; /* of the request */
    struct trace trace;
    const char *remote; /* the client's address */
    unsigned http_minor;
    int status; /* what the client got, STATUS_CLIENT_LEFT where it did not wait */
    uint64_t request_bytes, response_bytes; /* with heads */
    const char *text; /* why it failed, for the log; NULL where the instance answered */
    /* Also where the answer had begun, so that the status still says what the client got. */
    bool client_left, timed_out;
};

struct proxy_options {
    const char *bind;
    int port;                   /* 0: any */
    int64_t request_timeout_ns; /* from arrival to the answer's end: then 504 */
    int64_t head_timeout_ns;    /* for a request's head to come in */
    int64_t keep_alive_ns;      /* a client's connection without a request */
    size_t clients_max;
    void *context;
    void (*arrived)(void *context, struct exchange *x);  /* answer or assign: now or later */
    void (*finished)(void *context, struct exchange *x); /* the last time that x is seen */
};

struct proxy;

int proxy_new(uv_loop_t *loop, const struct proxy_options *o, struct proxy **out, struct err *e);
int proxy_port(const struct proxy *p);

/* New connections are not taken any more; those without a request are closed, others after their
 * answer. */
void proxy_drain(struct proxy *p);

/* Ends everything; requests in flight finish as if their clients had left. Then let the loop run
 * until it is empty. */
void proxy_close(struct proxy *p);

/* After the loop is empty. */
void proxy_free(struct proxy *p);

/* Exactly one of these, once, for each exchange that arrived and has not finished. */
void exchange_assign(struct exchange *x, struct upstream *u);
void exchange_answer(struct exchange *x, int status, const char *text);

void upstream_init(struct upstream *u, struct proxy *p, int port, void *owner);

/* The kept connections, closed: before an instance is held back or stopped. */
void upstream_drop_idle(struct upstream *u);

/* The instance is gone: what it has in progress is answered with `status` where no answer had
 * begun, and cut off where one had. */
void upstream_fail(struct upstream *u, int status, const char *text);

#endif
