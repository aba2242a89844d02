/*
 * transport: sends one request for one user and says what became of it.
 *
 * A transport serves one worker thread and lives on that thread's libuv loop. A session is a user's side of it: its
 * own connection and cookies, one request at a time. There is no queue, no retry, no pacing and no recording here.
 *
 * Ownership: requests and options are borrowed and must outlive their use; a result is lent to the callback and
 * ends with it. Thread: every function on the loop's thread only; transport_global_init() once, before any thread.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "util/bytes.h"
#include "util/err.h"
#include "util/outcome.h"

enum transport_http { TRANSPORT_HTTP_1_1, TRANSPORT_HTTP_2, TRANSPORT_HTTP_2_PRIOR };

struct transport_options {
    enum transport_http version;
    bool verify;
    const char *ca, *cert, *key;
    const char *const *resolve; /* "host:port:address" */
    size_t resolve_count;
    const char *proxy;
    const char *unix_socket;
    bool keepalive, follow_redirects, compressed, cookies;
    int64_t connect_timeout_ns;
    int64_t timeout_ns;
    const char *user_agent;
    const char *trace_run; /* see trace.h; NULL: no traceparent */
    bool trace_sampled;
    bool
        kernel_clock; /* an answer came when the kernel says it did, where the transport can ask (direct on Linux) */
};

struct transport_header {
    const char *name, *value; /* value NULL: it is given with each sending */
};

struct transport_request {
    const char *method;
    const char *url; /* whole; where the path varies, only its scheme and host count */
    const struct transport_header *headers;
    size_t header_count;
    const void *body; /* NULL: none */
    size_t body_bytes;
    bool path_varies, body_varies; /* they are given with each sending */
    bool keep_head;                /* of the answer: see transport_result */
    size_t keep_body_bytes;        /* so much of it at most; 0: nothing */
};

/* What differs from one sending of a request to the next. The body is borrowed until `done`, the rest during the call. */
struct transport_parts {
    struct bytes
        path; /* with the query, as it is sent, from its "/" on; no NUL in it, one behind it */
    const struct bytes *
        values; /* of the headers without a value, in their order; no NUL in them, one behind each */
    struct bytes body;
};

/* Times are CLOCK_MONOTONIC ns; phases are durations, 0 where the phase did not happen (a reused connection). */
struct transport_result {
    enum outcome outcome; /* never NOT_SENT or CHECK_FAILED */
    int status;           /* 0: no response came */
    int64_t sent_ns; /* when the request was handed over: a new connection's phases come after it */
    int64_t end_ns;  /* the last byte, or the failure */
    int64_t dns_ns, connect_ns, tls_ns;
    int64_t ttfb_ns;         /* sent to first byte of the response; -1: none came */
    uint64_t bytes_sent;     /* of the body */
    uint64_t bytes_received; /* of the body, decoded */
    bool new_connection;
    bool sent_again; /* the server had closed the kept connection before it could see the request */
    struct bytes
        head; /* header lines of the (last) answer, where the request keeps them; data NULL: nothing */
    struct bytes body; /* decoded, likewise */
    bool body_cut;     /* there was more of it */
    const char *
        error; /* "" where nothing is wrong; else a text with no secrets of ours but maybe the URL's */
};

typedef void transport_done_fn(void *context, const struct transport_result *result);

struct transport;         /* one per worker */
struct transport_session; /* one per user */

/* What an implementation fills in. */
struct transport_ops {
    const char *name;
    int (*open)(uv_loop_t *loop, const struct transport_options *options, struct transport **out,
                struct err *e);
    /* All sessions must be closed; uv_run the loop afterwards to let handles go. */
    void (*close)(struct transport *t);
    int (*session_open)(struct transport *t, struct transport_session **out, struct err *e);
    void (*session_close)(struct transport_session *s); /* idle sessions only */
    /* Compiles a request; borrowed strings stay borrowed. */
    int (*request_new)(struct transport *t, const struct transport_request *request,
                       void **compiled, struct err *e);
    void (*request_free)(void *compiled);
    /* Starts one request; `done` is called exactly once, later, never from within. A session has one at a time. `parts` are NULL
     * where nothing in it varies. `trace` ends its trace id, where the options want one. */
    void (*send)(struct transport_session *s, const void *compiled,
                 const struct transport_parts *parts, uint64_t trace, transport_done_fn *done,
                 void *context);
    /* Gives the request under way up: `done` is called from within, with OUTCOME_CANCELLED. */
    void (*cancel)(struct transport_session *s);
};

extern const struct transport_ops transport_curl, transport_direct;

/* Must be called once before any thread starts; returns 0 or -1. */
int transport_global_init(struct err *e);

#endif
