/*
 * proxy: the front end: an HTTP/1.1 reverse proxy. Its user decides which instance gets which
 * request, and when.
 *
 * Bodies stream in both directions with back-pressure; about WIRE_HIGH_BYTES at most are buffered
 * for each direction. Connections are kept on both sides. A client has one request in progress at a
 * time; pipelined ones wait. Upgrades are refused. It knows no instances, only upstreams: an
 * address and its kept connections.
 *
 * Ownership: an exchange belongs to the proxy; its user may keep the pointer from `arrived` to
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

/* Where an instance listens. Embedded by the user, and only set through upstream_init(). */
struct upstream {
    struct sockaddr_in address;
    void *owner; /* the user's */
    struct proxy *proxy;
    struct back *idle;   /* connections without a request, the newest first */
    struct back *in_use; /* connections with a request */
};

/* One request, from its complete head to the end of its response. */
struct exchange {
    struct exchange *next, *previous; /* the user's, for a queue */
    struct upstream *upstream;        /* NULL: not given to an instance */
    bool queued;                      /* the user's */
    int64_t arrived_ns;               /* monotonic: when the head was complete */
    int64_t arrived_real_ns;
    int64_t assigned_ns; /* when given to an instance; 0: never */
    int64_t head_ns;     /* when the response's head was sent to the client; 0: never */
    int64_t ended_ns;
    const char *method;
    const struct head *head; /* of the request */
    struct trace trace;
    const char *remote; /* the client's address */
    unsigned http_minor;
    int status; /* sent to the client; STATUS_CLIENT_LEFT if it did not wait */
    uint64_t request_bytes, response_bytes; /* including heads */
    const char *text; /* for the log: why it failed; NULL if the instance responded */
    /* Also set if the response had begun; `status` is then still the one that the client got. */
    bool client_left, timed_out;
};

struct proxy_options {
    const char *bind;
    int port;                   /* 0: any */
    int64_t request_timeout_ns; /* from arrival to the end of the response; then 504 */
    int64_t head_timeout_ns;    /* to receive a request's head */
    int64_t keep_alive_ns;      /* for a client's connection without a request */
    size_t clients_max;
    void *context;
    /* Answer or assign it, now or later. */
    void (*arrived)(void *context, struct exchange *x);
    /* The last use of x. */
    void (*finished)(void *context, struct exchange *x);
};

struct proxy;

int proxy_new(uv_loop_t *loop, const struct proxy_options *o, struct proxy **out, struct err *e);
int proxy_port(const struct proxy *p);

/* Stops accepting connections. Closes those without a request, and the others after their
 * response. */
void proxy_drain(struct proxy *p);

/* Ends everything. Requests in flight finish as if their clients had left. Then run the loop
 * until it is empty. */
void proxy_close(struct proxy *p);

/* Call after the loop is empty. */
void proxy_free(struct proxy *p);

/* Call exactly one of these, once, for each exchange that arrived and has not finished. */
void exchange_assign(struct exchange *x, struct upstream *u);
void exchange_answer(struct exchange *x, int status, const char *text);

void upstream_init(struct upstream *u, struct proxy *p, int port, void *owner);

/* Closes the idle connections. Call before an instance is held or stopped. */
void upstream_drop_idle(struct upstream *u);

/* The instance is gone. A request in progress gets `status` as its response, or is cut off if a
 * response had begun. */
void upstream_fail(struct upstream *u, int status, const char *text);

#endif
