/*
 * grpc_server_internal: shared by grpc_server.c (connections), grpc_server_call.c (what a call
 * gets), grpc_server_h2.c (frames) and grpc_server_tls.c. Internal to this folder.
 * Thread: the server's.
 */
#ifndef TARGET_GRPC_SERVER_INTERNAL_H
#define TARGET_GRPC_SERVER_INTERNAL_H

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "grpc/grpc_frame.h"
#include "target/grpc_server.h"
#include "target/kserve.h"
#include "target/target_internal.h"
#include "target/token_heap.h"
#include "util/buf.h"

enum grpc_method {
    GRPC_SERVER_LIVE,
    GRPC_SERVER_READY,
    GRPC_MODEL_READY,
    GRPC_SERVER_METADATA,
    GRPC_MODEL_METADATA,
    GRPC_MODEL_INFER,
    GRPC_MODEL_STREAM_INFER,
    GRPC_HEALTH_CHECK,
    GRPC_HEALTH_WATCH,
    GRPC_REFLECTION,
    GRPC_REFLECTION_ALPHA,
    GRPC_METHOD_COUNT
};

/* A connection. What has not said yet which protocol it speaks has no session. */
struct grpc_connection {
    struct grpc_server *server;
    struct grpc_connection *before, *after;
    nghttp2_session *session;
    SSL *ssl; /* NULL: without TLS */
    int fd;
    bool blocked; /* the socket takes no more; what is left is in `out` */
    bool broken;
    struct buf out;
    size_t out_at;
    struct grpc_call_in *calls;
};

/* A call. It lives until its stream is closed and its job is back. */
struct grpc_call_in {
    struct job job;               /* first member */
    struct token_sending sending; /* a stream of tokens: its place in the heap */
    struct grpc_server *server;
    struct grpc_connection *c; /* NULL: its stream is closed */
    struct grpc_call_in *before, *after, *next_served;
    int32_t id;
    enum grpc_method method; /* GRPC_METHOD_COUNT: unknown */
    enum route route;
    bool is_grpc, has_token, gzip, too_large;
    bool submitted; /* the head of the response */
    bool waiting;   /* its job is in the queue */
    bool served;    /* … and came back served */
    bool holds;     /* it keeps a part of the instance */
    bool streaming; /* tokens are still due */
    bool over;      /* nothing comes after `out` */
    bool cut;       /* it ends without trailers */
    enum end end;
    int http_status; /* as counted */
    int status;      /* grpc-status */
    const char *why; /* grpc-message; a constant */
    uint64_t number, bytes_out;
    enum fault_kind fault;
    int64_t received_ns;
    struct buf body, out; /* the request's body; what is to be sent, from out_at on */
    size_t out_at;
    struct grpc_reader reader;
    struct buf message; /* the request's message; the two below point into it */
    struct kserve_request request;
    struct bytes name; /* field 1 of any other message: of a model, of a service */
};

struct grpc_server {
    struct target *t;
    int listen_fd, epoll_fd, wake_fd, timer_fd;
    pthread_t thread;
    bool runs;
    struct grpc_connection *connections;
    struct token_heap heap;
    struct buf scratch;
    atomic_uint_least64_t streams, tokens;
    pthread_mutex_t lock;        /* protects the two below */
    struct grpc_call_in *served; /* jobs that are back */
    bool stopping;
};

/* grpc_server_h2.c */
int grpc_h2_begin(struct grpc_connection *c); /* makes the session. -1: no memory */
/* Bytes have arrived. -1: the connection must be closed. */
int grpc_h2_receive(struct grpc_connection *c, const char *bytes, size_t n);
void grpc_h2_flush(struct grpc_connection *c); /* sends what there is */
/* The call has something to send, or is over: begins or continues its response. */
void grpc_h2_continue(struct grpc_call_in *call);
void grpc_h2_reset(struct grpc_call_in *call, uint32_t code);
void grpc_h2_close(struct grpc_connection *c); /* its session; the calls lose it */

/* grpc_server_tls.c: for a connection with `ssl` */
int grpc_tls_begin(struct grpc_connection *c, SSL_CTX *tls); /* -1: no memory */
bool grpc_tls_handshake(struct grpc_connection *c);          /* false: it goes on, or c->broken */
ssize_t grpc_tls_read(struct grpc_connection *c, char *to, size_t n);          /* as recv() */
ssize_t grpc_tls_write(struct grpc_connection *c, const char *from, size_t n); /* as send() */
void grpc_tls_end(struct grpc_connection *c);

/* grpc_server_call.c */
struct grpc_call_in *grpc_call_begin(struct grpc_connection *c, int32_t id); /* NULL: no memory */
void grpc_call_field(struct grpc_call_in *call, struct bytes name, struct bytes value);
void grpc_call_headers_end(struct grpc_call_in *call);
void grpc_call_body(struct grpc_call_in *call, const char *bytes, size_t n);
void grpc_call_complete(struct grpc_call_in *call);              /* the request is */
void grpc_call_served(struct grpc_call_in *call);                /* its job is back */
void grpc_call_due(struct grpc_call_in *call);                   /* its next tokens are due */
void grpc_call_closed(struct grpc_call_in *call, bool complete); /* its stream is; may free it */

#endif
