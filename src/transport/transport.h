/*
 * transport: sends one request for one user and reports how it ended.
 *
 * A transport serves one worker thread and runs on that thread's libuv loop. A session belongs to
 * one user: it has its own cookies and, without `streams`, its own connection, and sends one
 * request at a time. There is no
 * queue, pacing or recording here. A request is only sent again if transport_retry allows it, and
 * only once.
 *
 * Ownership: requests and options are borrowed and must outlive their use. A result is lent to the
 * callback and is invalid afterwards. Thread: every function on the loop's thread only;
 * transport_global_init() once, before any thread starts.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "grpc/proto_types.h"
#include "stream/stream.h"
#include "util/bytes.h"
#include "util/connection.h"
#include "util/err.h"
#include "util/outcome.h"

/* When a request that was lost with a kept connection is sent again, on a new one. */
enum transport_retry {
    TRANSPORT_RETRY_UNSEEN, /* if the server's program cannot have seen it */
    TRANSPORT_RETRY_NEVER,
    /* Also if no byte of a response arrived and the method is idempotent. */
    TRANSPORT_RETRY_SAFE
};

enum transport_http {
    TRANSPORT_HTTP_1_1,
    TRANSPORT_HTTP_2,       /* if ALPN agrees, else 1.1; never by Upgrade */
    TRANSPORT_HTTP_2_PRIOR, /* HTTP/2 without negotiation */
    /* Like TRANSPORT_HTTP_2, but a response by 1.1 is OUTCOME_PROTOCOL_ERROR. */
    TRANSPORT_HTTP_2_ONLY
};

/* The resource that this machine ran out of, so that the client and not the target ended a
 * request. */
enum transport_limit {
    TRANSPORT_LIMIT_NONE,
    TRANSPORT_LIMIT_PORTS,        /* for connections to one address and port */
    TRANSPORT_LIMIT_ADDRESS,      /* no local address can reach the target's */
    TRANSPORT_LIMIT_FILES,        /* descriptors of this process */
    TRANSPORT_LIMIT_SYSTEM_FILES, /* descriptors of the machine */
    TRANSPORT_LIMIT_MEMORY
};
#define TRANSPORT_LIMIT_COUNT (TRANSPORT_LIMIT_MEMORY + 1)

struct transport_options {
    enum transport_http version;
    /* Users that share a connection of HTTP/2; 0 or 1: each has its own. Only `direct` supports
     * it. */
    uint32_t streams;
    bool verify;
    const char *ca, *cert, *key;
    const char *const *resolve; /* "host:port:address,address" */
    size_t resolve_count;
    /* Addresses of this machine, see source.h. None: the system chooses. */
    const char *const *source;
    size_t source_count;
    bool dns_first; /* see addresses.h */
    int64_t dns_ttl_ns;
    uint64_t seed; /* the run's; rotates a host's addresses over the users */
    const char *proxy;
    const char *unix_socket;
    bool keepalive, follow_redirects, compressed, cookies;
    /* Acknowledge each part of a response at once. Only `direct` supports it. */
    bool quickack;
    enum transport_retry retry;
    int64_t connect_timeout_ns;
    int64_t timeout_ns;
    const char *user_agent;
    const char *trace_run; /* see traceparent.h; NULL: no traceparent */
    bool trace_sampled;
    /* Use the kernel's arrival times for responses, if the transport can (direct on Linux). */
    bool kernel_clock;
};

/* How to read the response to a gRPC call. The request's headers and body, with gRPC's prefix, are
 * the caller's. */
struct transport_grpc {
    bool streams;             /* the response may have any number of messages, else one */
    size_t message_max_bytes; /* of one message, also decompressed */
    int64_t deadline_ns;      /* from the sending; then the client cancels the call. 0: none */
    /* What its messages are; borrowed. NULL: they are kept as they are, instead of as JSON. */
    const struct proto_message *output;
};

struct transport_header {
    const char *name, *value; /* value NULL: given with each sending */
};

struct transport_request {
    const char *method;
    const char *url; /* whole; if the path varies, only its scheme and host matter */
    const struct transport_header *headers;
    size_t header_count;
    const void *body; /* NULL: none */
    size_t body_bytes;
    bool path_varies, body_varies; /* given with each sending */
    bool keep_head;                /* of the response: see transport_result */
    size_t keep_body_bytes;        /* maximum to keep of it; 0: nothing */
    /* The response should be a stream, read event by event. NULL: it need not be a stream.
     * Borrowed. */
    const struct stream_spec *stream;
    size_t keep_text_bytes; /* maximum to keep of the stream's text; 0: nothing */
    /* Maximum to keep of a body that the server sends instead of a stream: an error, or JSON. */
    size_t keep_refusal_bytes;
    /* It is a gRPC call. Its messages, as lines of JSON, are what `stream` and keep_body_bytes are
     * about. Only `direct` supports it. Borrowed; NULL: it is none. */
    const struct transport_grpc *grpc;
};

/* The parts that differ between sendings of a request. The body is borrowed until `done`, the
 * rest during the call. */
struct transport_parts {
    /* From its "/" on, with the query, as sent. Contains no NUL; one follows it. */
    struct bytes path;
    /* Values of the headers without a value, in their order. They contain no NUL; one follows
     * each. */
    const struct bytes *values;
    struct bytes body;
};

/* Times are CLOCK_MONOTONIC ns. Phases are durations, and 0 if the phase did not happen (reused
 * connection). */
struct transport_result {
    enum outcome outcome;       /* never NOT_SENT or CHECK_FAILED */
    enum transport_limit limit; /* with CONNECT_ERROR: what this machine lacked */
    int status;                 /* 0: no response arrived */
    /* Of a gRPC call: enum grpc_status (grpc/grpc_frame.h), as the server or this client says. */
    bool has_grpc_status;
    int grpc_status;
    /* When the request was passed to the transport. The phases of a new connection come after
     * it. */
    int64_t sent_ns;
    int64_t end_ns; /* time of the last byte, or of the failure */
    int64_t dns_ns, connect_ns, tls_ns;
    int64_t ttfb_ns;         /* from sent_ns to the first byte of the response; -1: none */
    uint64_t bytes_sent;     /* of the body */
    uint64_t bytes_received; /* of the body, decoded */
    bool new_connection;
    /* The request was lost with its kept connection and sent again on a new one, at resent_ns
     * (otherwise 0). */
    bool sent_again;
    int64_t resent_ns;
    /* It had to wait for a stream of HTTP/2: the server allows only that many at once on a
     * connection. 0: it had not. */
    uint32_t held_by_streams;
    enum http_version http_version; /* of the (last) response */
    /* The session's connection before this new one: how it ended, and how long it had been idle
     * (0: unknown). */
    enum connection_end previous_end;
    int64_t previous_idle_ns;
    /* Header lines of the (last) response, if the request keeps them. data NULL: nothing. */
    struct bytes head;
    struct bytes body; /* decoded, if the request keeps it */
    bool body_cut;     /* it was longer than what is kept */
    /* How the stream went, however it ended. NULL: no stream was expected, or the status was
     * bad. Times are arrival times: from the kernel's clock with `direct` if the options want
     * that, else from ours. */
    const struct stream_result *stream;
    /* "" if there was no error. Otherwise a text without our secrets, but it may contain those
     * of the URL. */
    const char *error;
};

typedef void transport_done_fn(void *context, const struct transport_result *result);

struct transport;         /* one per worker */
struct transport_session; /* one per user */

/* The functions that a transport implements. */
struct transport_ops {
    const char *name;
    int (*open)(uv_loop_t *loop, const struct transport_options *options, struct transport **out,
                struct err *e);
    /* All sessions must be closed. Call uv_run afterwards so that handles can close. */
    void (*close)(struct transport *t);
    /* `user` selects the session's source address and its address of a host. */
    int (*session_open)(struct transport *t, uint32_t user, struct transport_session **out,
                        struct err *e);
    void (*session_close)(struct transport_session *s); /* idle sessions only */
    /* Compiles a request. Borrowed strings stay borrowed. */
    int (*request_new)(struct transport *t, const struct transport_request *request,
                       void **compiled, struct err *e);
    void (*request_free)(void *compiled);
    /* Starts one request. `done` is called exactly once, later, never from within send. A
     * session has one request at a time. `parts` is NULL if nothing varies. `trace` is the end
     * of the trace id, if the options ask for one. */
    void (*send)(struct transport_session *s, const void *compiled,
                 const struct transport_parts *parts, uint64_t trace, transport_done_fn *done,
                 void *context);
    /* Cancels the current request: `done` is called from within cancel, with OUTCOME_CANCELLED. */
    void (*cancel)(struct transport_session *s);
};

/* RFC 9110 9.2.2: doing it twice is meant to have the same effect as once. */
bool transport_method_is_idempotent(const char *method);

/* Call once before any thread starts. Returns 0 or -1. */
int transport_global_init(struct err *e);

#endif
