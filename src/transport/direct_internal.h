/*
 * direct_internal: what the files of the direct transport share.
 *
 * direct.c moves a session from state to state, direct_connect.c lets libcurl connect and takes the
 * socket over, direct_tls.c is OpenSSL on that socket, direct_request.c renders, direct_response.c
 * reads, direct_stream.c reads streams. Not for other folders. Thread: the loop's.
 */
#ifndef TRANSPORT_DIRECT_INTERNAL_H
#define TRANSPORT_DIRECT_INTERNAL_H

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <sys/uio.h>

#include "transport/addresses.h"
#include "transport/answer.h"
#include "transport/curl_internal.h"
#include "transport/curl_loop.h"
#include "transport/deadline.h"
#include "transport/history.h"
#include "transport/idle_close.h"
#include "transport/kernel_clock.h"
#include "transport/shortage.h"
#include "transport/stream_watch.h"
#include "transport/tls_context.h"
#include "transport/traceparent.h"
#include "transport/transport.h"
#include "util/buf.h"

#define DIRECT_READ_BYTES 65536
#define DIRECT_PIECES 5

/* Where something that varies goes into the head. */
enum direct_part { DIRECT_PATH, DIRECT_VALUE, DIRECT_LENGTH };

struct direct_hole {
    size_t at;
    enum direct_part what;
    size_t value; /* which of the parts' values */
};

#define DIRECT_FIXED SIZE_MAX /* no value: it does not vary */

/* A request as bytes; shared by all sessions of a transport, which only read it. Where it varies,
 * each session makes one of its own out of it. */
struct direct_request {
    char *head; /* request line, headers and the empty line */
    size_t head_bytes;
    size_t extra_at;  /* where in the head Cookie and traceparent go */
    const void *body; /* borrowed; NULL: none */
    size_t body_bytes;
    bool own_trace;   /* the scenario sends a traceparent of its own */
    bool head_method; /* HEAD: an answer has no body, whatever it says */
    bool idempotent;
    bool upgrade; /* it has an Upgrade: 101 is an answer */
    bool tls;
    struct address_host *address; /* of the URL's host; NULL: not looked up */
    char *url;          /* for libcurl's connecting: scheme http, so that it leaves TLS to us */
    char *host;         /* without brackets */
    char *path;         /* without the query, for cookies */
    struct place place; /* for cookies too */
    /* The scenario's Cookie, which the jar's are added to; not in the head. */
    struct bytes own_cookie;
    size_t host_value;         /* which value the Host header is; else DIRECT_FIXED */
    size_t cookie_value;       /* the same of Cookie */
    struct direct_hole *holes; /* in the order of the head; NULL: nothing varies */
    size_t hole_count;
    bool path_varies, body_varies;
    struct answer_wanted wanted; /* of its answer */
};

enum direct_state {
    /* No connection. The next request makes one. */
    DIRECT_CLOSED,
    /* The address of its host is being looked up. */
    DIRECT_NAMING,
    /* libcurl is connecting for the request that waits. */
    DIRECT_CONNECTING,
    /* Connected; OpenSSL is shaking hands. */
    DIRECT_HANDSHAKE,
    /* The request is being sent, or is sent and its answer not complete. */
    DIRECT_BUSY,
    /* Connected, no request. What arrives now is the server's goodbye. */
    DIRECT_IDLE,
    /* The request could not be sent; its callback is due at the next turn of the loop. */
    DIRECT_FAILED
};

/* A socket and its place in the loop. Its own allocation: the loop lets go of it later than the
 * session. */
struct direct_connection {
    uv_poll_t poll;
    struct transport_session *session; /* NULL: abandoned */
    int fd;
    int events;
    SSL *ssl;           /* NULL: plain */
    int64_t arrived_ns; /* when what was read last had come */
    bool stamped;       /* by the kernel's clock */
    bool by_event;      /* its request reads a stream: then also */
    bool waiting_asked; /* the kernel tells how much waits */
    size_t asked;       /* bytes, of the last read */
    struct kernel_arrival last;
    int64_t stamp_before_ns; /* the stamp of what was read before that */
    int64_t tls_from_ns;     /* when its handshake began */
    bool ended;              /* OpenSSL has read to the end */
    bool truncated;          /* … and there was no close_notify before it */
    unsigned long tls_error; /* OpenSSL's, where it could not read or write; 0: none */
    /* Bytes that the kernel took, over all requests; not kept with TLS, which counts itself. */
    uint64_t written;
    uint64_t request_from; /* as many before the current request */
};

/* libcurl at work on a connection. */
struct direct_attempt {
    CURL *easy;
    int fd; /* the connected socket, once it is ours; else -1 */
    struct shortage_seen seen;
    struct curl_slist *resolve; /* the host's addresses, for libcurl */
    char curl_text[CURL_ERROR_SIZE];
};

struct transport {
    uv_loop_t *loop;
    const struct transport_options *options;
    struct curl_loop connector;
    struct addresses addresses;
    SSL_CTX *tls;
    BIO_METHOD *tls_method;
    struct deadlines whole, handshake;
    struct transport_session *failed;  /* in DIRECT_FAILED */
    struct transport_session *failing; /* those whose turn it is */
    struct answer_pool pool;
    int closing;                       /* handles that must close before the memory goes */
    char trace[TRACEPARENT_BYTES + 2]; /* of the request that is being written */
    char text[CURL_RESULT_TEXT_BYTES]; /* of the request that is failing */
    char *buffer;                      /* DIRECT_READ_BYTES, for reading */
    char *scratch;                     /* as many, for what is sent */
};

/* A session's own request, made of one that varies. */
struct direct_varied {
    struct direct_request request; /* all but the head, the body and the path is borrowed */
    struct buf head, path, host;
};

/* Bytes of the chunks of an answer, first line and all. */
struct direct_pace {
    uint32_t chunk_bytes; /* of the current one, so far */
    uint32_t least,
        least_before; /* the smallest of the last `count`, and of those before; UINT32_MAX: none */
    uint32_t count;
};

struct transport_session {
    struct deadline whole, handshake; /* `whole` first: deadlines find the session by them */
    struct transport *transport;
    enum direct_state state;
    struct direct_connection *connection;
    struct direct_attempt *attempt; /* in DIRECT_CONNECTING */
    struct address_wait naming;     /* in DIRECT_NAMING */
    uint32_t user;
    const struct direct_request *request;
    struct direct_varied *varied; /* NULL until its first request that varies */
    transport_done_fn *done;
    void *context;
    uint64_t trace;
    size_t sent_bytes; /* of head, cookies and body */
    bool write_broken; /* nothing more can be sent; what the server said is still read */
    struct answer answer;
    bool begun; /* some byte of it has come */
    struct direct_pace pace;
    struct stream_watch *watch; /* NULL until the first stream with limits of time */
    struct transport_result result;
    struct history history;
    struct buf cookie_line; /* of the current request */
    SSL_SESSION *resume;    /* from the last connection */
    struct transport_session *next_failed;
};

/* ---- direct.c ---- */

/* Calls back: the session is idle by now. */
void direct_finish(struct transport_session *s);

/* Ends the current request, closes the connection and calls back. `text` may be the transport's. */
void direct_fail(struct transport_session *s, enum outcome outcome, const char *text);
/* The same at the loop's next turn: for within send. */
void direct_fail_later(struct transport_session *s, enum outcome outcome, const char *text);

/* ---- direct_io.c ---- */

/* The socket is connected. */
void direct_connected(struct transport_session *s, int fd);
/* The connection is there (after TLS, if any): sends. */
void direct_ready(struct transport_session *s);
/* Watches the connection for these events. */
void direct_watch(struct direct_connection *c, int events);
void direct_close_connection(struct transport_session *s); /* if it has one */
/* The same, and says how it ended: see history_ended(). */
void direct_end_connection(struct transport_session *s, enum connection_end end,
                           int64_t idle_until_ns);

/* ---- direct_connect.c ---- */
void direct_connect(struct transport_session *s);
void direct_connect_ended(void *context, CURL *easy, CURLcode code); /* for the curl_loop */
/* Stops looking the host up, or connecting, if it does. */
void direct_connect_cancel(struct transport_session *s);

/* ---- direct_tls.c ---- */
void direct_tls_begin(struct transport_session *s);
void direct_tls_continue(struct transport_session *s);
/* How OpenSSL reaches a connection; the caller's, for BIO_meth_free(). NULL: no memory. */
BIO_METHOD *direct_tls_method(void);
/* Like recv and send: bytes, 0 at the end, -1 with errno; EAGAIN with the event to wait for in
 * *wants. */
ssize_t direct_tls_read(struct direct_connection *c, void *to, size_t n, int *wants);
ssize_t direct_tls_write(struct direct_connection *c, const void *from, size_t n, int *wants);
/* Says goodbye and keeps the session for resumption. */
void direct_tls_end(struct transport_session *s, struct direct_connection *c);

/* ---- direct_request.c ---- */
int direct_request_new(struct transport *t, const struct transport_request *r, void **compiled,
                       struct err *e);
void direct_request_free(void *compiled);
/* Makes s->request the session's own, with these parts; -1: no memory. */
int direct_request_vary(struct transport_session *s, const struct transport_parts *parts);
void direct_varied_free(struct direct_varied *v);
/* The parts of the request from byte `from` on; how many. */
int direct_request_pieces(const struct transport_session *s, size_t from,
                          struct iovec pieces[DIRECT_PIECES]);
size_t direct_request_bytes(const struct transport_session *s);
size_t direct_request_head_bytes(const struct transport_session *s);

/* ---- direct_response.c ---- */
/* An answer to the request is awaited: the first one, or one to a second sending. */
void direct_response_begin(struct transport_session *s);
/* Takes bytes. 0: go on; 1: complete; -1: no answer, the transport's text says why. *rest is what
 * is left after a complete answer. */
int direct_response_feed(struct transport_session *s, const char *bytes, size_t n, size_t *rest);

/* ---- direct_stream.c ---- */
/* A request was sent on the connection, and its answer is to be a stream, or not. */
void direct_stream_begin(struct transport_session *s);
/* Like recv(2) into the transport's buffer, of a connection without TLS: no more than one event,
 * where that can be known. */
ssize_t direct_stream_read(struct transport_session *s);
/* Nothing more waits behind the n bytes that were read last. */
bool direct_stream_drained(const struct transport_session *s, size_t n);
/* Before what was read is taken: when it came. */
void direct_stream_arrived(struct transport_session *s);
/* Behind it: n bytes went to the parser, which was in this state before. */
void direct_stream_fed(struct transport_session *s, enum http1_state before, size_t n);
/* Watches the limits of time of a request that begins; -1: no memory. */
int direct_stream_watch(struct transport_session *s);
/* Ends the stream, and its connection. */
void direct_stream_stop(struct transport_session *s, enum stream_body how);

#endif
