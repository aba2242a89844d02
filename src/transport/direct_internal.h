/*
 * direct_internal: what the files of the direct transport share.
 *
 * direct.c moves a session from state to state, direct_connect.c lets libcurl connect and takes the socket over, direct_tls.c is
 * OpenSSL on that socket, direct_request.c renders, direct_response.c reads. Not for other folders. Thread: the loop's.
 */
#ifndef TRANSPORT_DIRECT_INTERNAL_H
#define TRANSPORT_DIRECT_INTERNAL_H

#include <curl/curl.h>
#include <http_parser.h>
#include <openssl/ssl.h>
#include <sys/uio.h>
#include <zlib.h>

#include "transport/cookies.h"
#include "transport/curl_internal.h"
#include "transport/curl_loop.h"
#include "transport/deadline.h"
#include "transport/idle_close.h"
#include "transport/kernel_clock.h"
#include "transport/tls_context.h"
#include "transport/trace.h"
#include "transport/transport.h"
#include "util/buf.h"

#define DIRECT_READ_BYTES 65536
#define DIRECT_PIECES 5

/* Where something that varies goes into the head. */
enum direct_part { DIRECT_PATH, DIRECT_VALUE, DIRECT_LENGTH };

struct direct_hole {
    size_t at;
    enum direct_part what;
};

/* A request as bytes; shared by all sessions of a transport, which only read it. Where it varies, each session makes one of its own
 * out of it. */
struct direct_request {
    char *head; /* request line, headers and the empty line */
    size_t head_bytes;
    size_t extra_at;  /* where in the head Cookie and traceparent go */
    const void *body; /* borrowed; NULL: none */
    size_t body_bytes;
    bool own_trace;   /* the scenario sends a traceparent of its own */
    bool head_method; /* HEAD: an answer has no body, whatever it says */
    bool tls;
    char *url;  /* for libcurl's connecting: scheme http, so that it leaves TLS to us */
    char *host; /* without brackets */
    char *path; /* without the query, for cookies */
    struct direct_hole *holes; /* in the order of the head; NULL: nothing varies */
    size_t hole_count;
    bool path_varies, body_varies;
    bool keep_head;
    size_t keep_body_bytes;
};

/* What is kept of an answer. */
struct direct_kept {
    struct direct_kept *next; /* among those that are not in use */
    struct buf head, body;
    bool cut;
};

enum direct_state {
    /* No connection. The next request makes one. */
    DIRECT_CLOSED,
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

/* A socket and its place in the loop. Its own allocation: the loop lets go of it later than the session. */
struct direct_connection {
    uv_poll_t poll;
    struct transport_session *session; /* NULL: given up */
    int fd;
    int events;
    SSL *ssl;            /* NULL: plain */
    int64_t arrived_ns;  /* when what was read last had come */
    bool stamped;        /* by the kernel's clock */
    int64_t tls_from_ns; /* when its handshake began */
    bool ended;          /* OpenSSL has read to the end */
    uint64_t
        written; /* bytes that the kernel took, over all requests; not kept with TLS, which counts itself */
    uint64_t request_from; /* as many before the request under way */
};

/* What is known of an answer so far. */
struct direct_response {
    http_parser parser;
    bool begun; /* some byte has come */
    bool headers_done;
    bool complete;
    bool keep;         /* the connection may be used again */
    bool gzip;         /* the body is to be unpacked */
    bool in_value;     /* `value` holds the value of a header field; else its name */
    bool set_cookie;   /* the header field being read is Set-Cookie */
    bool encoding;     /* … is Content-Encoding */
    bool bad_encoding; /* the body is not what Content-Encoding says */
    uint64_t received; /* of the body, decoded */
    struct buf value;
    struct direct_kept *kept; /* NULL: nobody asked for it */
};

/* libcurl at work on a connection. */
struct direct_attempt {
    CURL *easy;
    int fd;           /* the connected socket, once it is ours; else -1 */
    int socket_errno; /* why no socket could be opened; 0: one could */
    char curl_text[CURL_ERROR_SIZE];
};

struct transport {
    uv_loop_t *loop;
    const struct transport_options *options;
    struct curl_loop connector;
    struct curl_slist *resolve;
    SSL_CTX *tls;
    BIO_METHOD *tls_method;
    struct deadlines whole, handshake;
    struct transport_session *failed; /* in DIRECT_FAILED */
    struct direct_kept *spare;
    int closing;                       /* handles that must close before the memory goes */
    char trace[TRACE_LINE_BYTES + 2];  /* of the request that is being written */
    char text[CURL_RESULT_TEXT_BYTES]; /* of the request that is failing */
    char *buffer;                      /* DIRECT_READ_BYTES, for reading */
    char *scratch;                     /* as many, for what is sent, and for what gzip unpacks to */
};

/* A session's own request, made of one that varies. */
struct direct_varied {
    struct direct_request request; /* all but the head, the body and the path is borrowed */
    struct buf head, path;
};

struct transport_session {
    struct deadline whole, handshake; /* `whole` first: deadlines find the session by them */
    struct transport *transport;
    enum direct_state state;
    struct direct_connection *connection;
    struct direct_attempt *attempt; /* in DIRECT_CONNECTING */
    const struct direct_request *request;
    struct direct_varied *varied; /* NULL until its first request that varies */
    transport_done_fn *done;
    void *context;
    uint64_t trace;
    size_t sent_bytes; /* of head, cookies and body */
    bool write_broken; /* nothing more can be sent; what the server said is still read */
    struct direct_response response;
    struct transport_result result;
    struct cookies *cookies; /* NULL until the first */
    struct buf cookie_line;  /* of the request under way */
    z_stream *unpack;        /* NULL until the first packed answer */
    SSL_SESSION *resume;     /* from the last connection */
    struct transport_session *next_failed;
};

/* ---- direct.c ---- */

/* Calls back: the session is idle by now. */
void direct_finish(struct transport_session *s);

/* Ends the request under way, closes the connection and calls back. `text` may be the transport's. */
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

/* ---- direct_connect.c ---- */
void direct_connect(struct transport_session *s);
void direct_connect_ended(void *context, CURL *easy, CURLcode code); /* for the curl_loop */
void direct_connect_cancel(struct transport_session *s);

/* ---- direct_tls.c ---- */
void direct_tls_begin(struct transport_session *s);
void direct_tls_continue(struct transport_session *s);
/* How OpenSSL reaches a connection; the caller's, for BIO_meth_free(). NULL: no memory. */
BIO_METHOD *direct_tls_method(void);
/* Like recv and send: bytes, 0 at the end, -1 with errno; EAGAIN with the event to wait for in *wants. */
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
void direct_response_begin(struct transport_session *s);
/* Takes bytes, or the end of the connection (n = 0). 0: go on; 1: complete; -1: not HTTP, the transport's text says why. *rest is what is
 * left after a complete answer. */
int direct_response_feed(struct transport_session *s, const char *bytes, size_t n, size_t *rest);
void direct_response_done(struct transport_session *s);
/* Puts what was kept into the result; the caller gives it back after the callback. */
struct direct_kept *direct_response_kept(struct transport_session *s);
void direct_kept_give_back(struct transport *t, struct direct_kept *k);
void direct_kept_free_all(struct transport *t);

#endif
