/*
 * transport: sends one request for one user and says how it ended.
 *
 * A transport serves one worker thread and lives on that thread's libuv loop. A session is a user's
 * side of it: its own connection and cookies, one request at a time. There is no queue, no pacing
 * and no recording here, and a request is sent again only where transport_retry allows it, once.
 *
 * Ownership: requests and options are borrowed and must outlive their use; a result is lent to the
 * callback and ends with it. Thread: every function on the loop's thread only;
 * transport_global_init() once, before any thread.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "stream/stream.h"
#include "util/bytes.h"
#include "util/connection.h"
#include "util/err.h"
#include "util/outcome.h"

/* When a request that is lost with a kept connection is sent once more, on a new one. */
enum transport_retry {
    TRANSPORT_RETRY_UNSEEN, /* where the server's program cannot have seen it */
    TRANSPORT_RETRY_NEVER,
    TRANSPORT_RETRY_SAFE /* also where no byte of an answer came and the method is idempotent */
};

enum transport_http {
    TRANSPORT_HTTP_1_1,
    TRANSPORT_HTTP_2,       /* where ALPN agrees, else 1.1; never by Upgrade */
    TRANSPORT_HTTP_2_PRIOR, /* without asking */
    TRANSPORT_HTTP_2_ONLY   /* as TRANSPORT_HTTP_2; an answer by 1.1 is OUTCOME_PROTOCOL_ERROR */
};

/* What this machine ran out of, so that it, and not the target, ended a request. */
enum transport_limit {
    TRANSPORT_LIMIT_NONE,
    TRANSPORT_LIMIT_PORTS,        /* for connections to one address and port */
    TRANSPORT_LIMIT_ADDRESS,      /* it has none from which the target's can be reached */
    TRANSPORT_LIMIT_FILES,        /* descriptors of this process */
    TRANSPORT_LIMIT_SYSTEM_FILES, /* of the machine */
    TRANSPORT_LIMIT_MEMORY
};
#define TRANSPORT_LIMIT_COUNT (TRANSPORT_LIMIT_MEMORY + 1)

struct transport_options {
    enum transport_http version;
    bool verify;
    const char *ca, *cert, *key;
    const char *const *resolve; /* "host:port:address,address" */
    size_t resolve_count;
    /* Addresses of this machine, see source.h; none: the system's choice. */
    const char *const *source;
    size_t source_count;
    bool dns_first; /* see addresses.h */
    int64_t dns_ttl_ns;
    uint64_t seed; /* of the run: which user begins with which address of a host */
    const char *proxy;
    const char *unix_socket;
    bool keepalive, follow_redirects, compressed, cookies;
    /* Each part of an answer is acknowledged at once. Only `direct` can. */
    bool quickack;
    enum transport_retry retry;
    int64_t connect_timeout_ns;
    int64_t timeout_ns;
    const char *user_agent;
    const char *trace_run; /* see traceparent.h; NULL: no traceparent */
    bool trace_sampled;
    /* An answer came when the kernel says it did, where the transport can ask (direct on Linux). */
    bool kernel_clock;
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
    /* Its answer is to be a stream, which is read event by event; NULL: it need not be.
     * Borrowed. */
    const struct stream_spec *stream;
    size_t keep_text_bytes; /* of its text, likewise */
};

/* What differs from one sending of a request to the next. The body is borrowed until `done`, the
 * rest during the call. */
struct transport_parts {
    /* With the query, as it is sent, from its "/" on; no NUL in it, one behind it. */
    struct bytes path;
    /* Of the headers without a value, in their order; no NUL in them, one behind each. */
    const struct bytes *values;
    struct bytes body;
};

/* Times are CLOCK_MONOTONIC ns; phases are durations, 0 where the phase did not happen (a reused
 * connection). */
struct transport_result {
    enum outcome outcome;       /* never NOT_SENT or CHECK_FAILED */
    enum transport_limit limit; /* with CONNECT_ERROR: what this machine lacked */
    int status;                 /* 0: no response came */
    int64_t sent_ns; /* when the request was handed over: a new connection's phases come after it */
    int64_t end_ns;  /* the last byte, or the failure */
    int64_t dns_ns, connect_ns, tls_ns;
    int64_t ttfb_ns;         /* sent to first byte of the response; -1: none came */
    uint64_t bytes_sent;     /* of the body */
    uint64_t bytes_received; /* of the body, decoded */
    bool new_connection;
    /* It was lost with its kept connection and went out once more: on a new one, at resent_ns (0
     * else). */
    bool sent_again;
    int64_t resent_ns;
    enum http_version http_version; /* of the (last) answer */
    /* Of the session's connection before this new one; idle 0: not known. */
    enum connection_end previous_end;
    int64_t previous_idle_ns;
    /* Header lines of the (last) answer, where the request keeps them; data NULL: nothing. */
    struct bytes head;
    struct bytes body; /* decoded, likewise */
    bool body_cut;     /* there was more of it */
    /* How its stream went, however it ended; NULL: its answer was to be none, or had no good
     * status. Its moments are those of the arrivals: by the kernel's clock with `direct` where the
     * options want that, else by ours. */
    const struct stream_result *stream;
    /* "" where nothing is wrong; else a text with no secrets of ours but maybe the URL's. */
    const char *error;
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
    /* `user` chooses the session's source and its address of a host. */
    int (*session_open)(struct transport *t, uint32_t user, struct transport_session **out,
                        struct err *e);
    void (*session_close)(struct transport_session *s); /* idle sessions only */
    /* Compiles a request; borrowed strings stay borrowed. */
    int (*request_new)(struct transport *t, const struct transport_request *request,
                       void **compiled, struct err *e);
    void (*request_free)(void *compiled);
    /* Starts one request; `done` is called exactly once, later, never from within. A session has
     * one at a time. `parts` are NULL where nothing in it varies. `trace` ends its trace id, where
     * the options want one. */
    void (*send)(struct transport_session *s, const void *compiled,
                 const struct transport_parts *parts, uint64_t trace, transport_done_fn *done,
                 void *context);
    /* Cancels the current request: `done` is called from within, with OUTCOME_CANCELLED. */
    void (*cancel)(struct transport_session *s);
};

/* RFC 9110 9.2.2: doing it twice is meant to do the same as once. */
bool transport_method_is_idempotent(const char *method);

/* Must be called once before any thread starts; returns 0 or -1. */
int transport_global_init(struct err *e);

#endif
