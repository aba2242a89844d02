/*
 * direct_internal: shared by the files of the direct transport.
 *
 * direct.c moves a session between states, direct_connect.c lets libcurl connect and takes over the
 * socket, direct_tls.c runs OpenSSL on that socket, direct_io.c speaks HTTP/1.1 on it and
 * direct_h2.c HTTP/2, direct_request.c writes requests, direct_response.c parses responses,
 * direct_stream.c reads streams, direct_shared.c lets users share a connection. Not for other
 * folders. Thread: the loop's.
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
#include "transport/h2.h"
#include "transport/h2_walk.h"
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
/* Answers that are larger are read over several turns, so that one user's download does not stop
 * all others. */
#define DIRECT_READS_A_TURN 8

/* Which varying part goes into the head at this position. */
enum direct_part { DIRECT_PATH, DIRECT_VALUE, DIRECT_LENGTH };

struct direct_hole {
    size_t at;
    enum direct_part what;
    size_t value; /* index in the parts' values */
};

#define DIRECT_FIXED SIZE_MAX /* no index: the header does not vary */

/* A request as bytes. Shared by all sessions of a transport, and read-only. If it varies, each
 * session makes its own copy from it. */
struct direct_request {
    char *head; /* request line, headers and the empty line */
    size_t head_bytes;
    size_t extra_at;  /* where in `head` Cookie and traceparent go */
    const void *body; /* borrowed; NULL: none */
    size_t body_bytes;
    bool own_trace;   /* the scenario sends its own traceparent */
    bool head_method; /* HEAD: the response has no body, whatever it says */
    bool idempotent;
    bool upgrade; /* it has an Upgrade header, so 101 is a final response */
    bool tls;
    struct address_host *address; /* of the URL's host; NULL: not looked up */
    /* The URL for libcurl to connect to. Its scheme is http, so that libcurl leaves TLS to us. */
    char *url;
    char *host;         /* without brackets */
    char *path;         /* without the query, for cookies */
    struct place place; /* for cookies too */
    /* The scenario's own Cookie, which is combined with the jar's. Not in `head`. */
    struct bytes own_cookie;
    /* index of the Host header in the varying values; else DIRECT_FIXED */
    size_t host_value;
    size_t cookie_value;       /* index of the Cookie header, likewise */
    struct direct_hole *holes; /* in the order of the head; NULL: nothing varies */
    size_t hole_count;
    bool path_varies, body_varies;
    struct answer_wanted wanted; /* of its response */
    struct direct_limit *limit;  /* of a gRPC call; NULL: it has no deadline */
    struct h2_head h2;           /* `head` for HTTP/2, if the options ask for it */
};

enum direct_state {
    /* No connection. The next request opens one. */
    DIRECT_CLOSED,
    /* The host's address is being looked up. */
    DIRECT_NAMING,
    /* libcurl is connecting for the waiting request. */
    DIRECT_CONNECTING,
    /* Connected. The TLS handshake is in progress. */
    DIRECT_HANDSHAKE,
    /* The request is being sent, or its response is not complete. */
    DIRECT_BUSY,
    /* Connected, no request. Data that arrives now means that the server is closing. */
    DIRECT_IDLE,
    /* It waits for the connection that it shares with other users. */
    DIRECT_WAITING,
    /* The request could not be sent. Its callback is due at the next turn of the loop. */
    DIRECT_FAILED
};

/* A socket and its registration with the loop. Allocated on its own, because the loop releases
 * it later than the session. */
struct direct_connection {
    uv_poll_t poll;
    struct transport *transport;
    /* Whose it is: a user's, or the carrier's of those that share it. NULL: abandoned. */
    struct transport_session *session;
    int fd;
    int events;
    SSL *ssl;           /* NULL: no TLS */
    int64_t arrived_ns; /* arrival time of the data read last */
    bool stamped;       /* … by the kernel's clock */
    /* its request reads a stream: the two members below are then used */
    bool by_event;
    size_t asked; /* bytes asked for in the last read */
    struct kernel_arrival last;
    int64_t tls_from_ns;     /* start of its TLS handshake */
    bool ended;              /* OpenSSL has read the end */
    bool truncated;          /* … without a close_notify before it */
    unsigned long tls_error; /* OpenSSL's error of a failed read or write; 0: none */
    struct h2 *h2;           /* NULL: HTTP/1.1; else the members below are used */
    struct h2_walk walk;     /* of the bytes read; not with TLS */
    struct buf out;          /* bytes that wait until the socket takes them, from out_at on */
    size_t out_at;
    uint64_t written;  /* bytes that the socket took, before encryption */
    bool write_broken; /* it takes no more */
    bool in_event;     /* its event is being handled; what is to be sent is sent at the end */
};

/* A connection attempt by libcurl. */
struct direct_attempt {
    CURL *easy;
    int fd; /* the connected socket, once we have taken it over; else -1 */
    struct shortage_seen seen;
    struct curl_slist *resolve; /* the host's addresses, for libcurl */
    char curl_text[CURL_ERROR_SIZE];
};

/* The deadline of gRPC calls. Calls with the same one pass it in the order in which they began. */
struct direct_limit {
    struct direct_limit *next;
    int64_t limit_ns;
    struct deadlines late;
};

struct transport {
    uv_loop_t *loop;
    const struct transport_options *options;
    struct curl_loop connector;
    struct addresses addresses;
    SSL_CTX *tls;
    BIO_METHOD *tls_method;
    struct deadlines whole, handshake;
    struct direct_limit *limits;
    deadline_passed_fn *call_late;     /* of all of them */
    struct transport_session *failed;  /* in DIRECT_FAILED */
    struct transport_session *failing; /* those being called back now */
    struct answer_pool pool;
    struct direct_group *roomy;        /* groups that take more users */
    int closing;                       /* handles still to close before the memory is freed */
    char trace[TRACEPARENT_BYTES + 2]; /* of the request being written */
    char text[CURL_RESULT_TEXT_BYTES]; /* error of the request that is failing */
    char *buffer;                      /* read buffer of DIRECT_READ_BYTES */
    char *scratch;                     /* buffer of the same size for data to send */
};

/* A session's own copy of a request that varies. */
struct direct_varied {
    /* Everything except the head, the body and the path is borrowed. */
    struct direct_request request;
    struct buf head, path, host;
    struct h2_head h2;
};

/* How much to read: sizes of a response's chunks, including their first lines, and what waits. */
struct direct_pace {
    uint32_t chunk_bytes; /* of the current chunk so far */
    /* Smallest of the last `count` chunks, and of those before them; UINT32_MAX: none. */
    uint32_t least, least_before;
    uint32_t count;
    int64_t waiting;         /* bytes known to wait in the kernel; -1: unknown; not with TLS */
    int64_t stamp_before_ns; /* kernel stamp of the response's read before */
};

struct transport_session {
    /* `whole` comes first: deadlines find the session by these. */
    struct deadline whole, handshake, call;
    struct transport *transport;
    enum direct_state state;
    struct direct_connection *connection;
    struct direct_attempt *attempt; /* in DIRECT_CONNECTING */
    struct address_wait naming;     /* in DIRECT_NAMING */
    uint32_t user;
    const struct direct_request *request;
    struct direct_varied *varied; /* NULL until the first request that varies */
    transport_done_fn *done;
    void *context;
    uint64_t trace;
    size_t sent_bytes; /* of head, cookies and body */
    /* Nothing more can be sent. Data from the server is still read. */
    bool write_broken;
    struct h2_stream stream; /* of the current request, over HTTP/2 */
    bool over_h2;            /* the current request was sent over HTTP/2 */
    /* Those that share a connection; NULL: it has its own. */
    struct direct_group *group;
    bool carries; /* it is a carrier: see direct_shared.c */
    bool retired; /* … whose connection takes no more requests */
    struct transport_session *next_waiting;
    uint64_t written_before; /* it: `written` of its connection before it */
    struct answer answer;
    bool begun; /* the first byte of the response has arrived */
    struct direct_pace pace;
    struct stream_watch *watch; /* NULL until the first stream with time limits */
    struct transport_result result;
    struct history history;
    struct buf cookie_line; /* of the current request */
    SSL_SESSION *resume;    /* from the last connection, for TLS resumption */
    struct transport_session *next_failed;
};

/* ---- direct.c ---- */

/* A session without a group. NULL: no memory. */
struct transport_session *direct_session_new(struct transport *t, uint32_t user);
void direct_session_free(struct transport_session *s);

/* Calls back; the session is idle by then. */
void direct_finish(struct transport_session *s);

/* Ends the current request, closes the connection and calls back. `text` may be
 * `transport->text`. */
void direct_fail(struct transport_session *s, enum outcome outcome, const char *text);
/* The same, at the loop's next turn. For use within send. */
void direct_fail_later(struct transport_session *s, enum outcome outcome, const char *text);

/* ---- direct_io.c ---- */

/* The socket is connected. */
void direct_connected(struct transport_session *s, int fd);
/* The connection is there, TLS included: begins HTTP/2 if both sides want it, and sends. */
void direct_established(struct transport_session *s);
/* Sends the request on the connection, which has no other. */
void direct_ready(struct transport_session *s);
/* The response is complete, and the state of the connection is settled: calls back. */
void direct_answered(struct transport_session *s);
/* The server has ended the connection before the response was complete; reason 0: in order. */
void direct_lost(struct transport_session *s, int reason);
/* Sends the request once more, on a new connection. */
void direct_send_again(struct transport_session *s);
/* Acknowledges what was read at once, if the options ask for it. */
void direct_acknowledge(const struct direct_connection *c);
/* Watches the connection for these events. */
void direct_watch(struct direct_connection *c, int events);
void direct_close_connection(struct transport_session *s); /* no-op if there is none */
/* The same, and notes how the connection ended: see history_ended(). */
void direct_end_connection(struct transport_session *s, enum connection_end end,
                           int64_t idle_until_ns);

/* ---- direct_connect.c ---- */
void direct_connect(struct transport_session *s);
void direct_connect_ended(void *context, CURL *easy, CURLcode code); /* for the curl_loop */
/* Stops the look-up or the connection attempt, if one is in progress. */
void direct_connect_cancel(struct transport_session *s);

/* ---- direct_tls.c ---- */
void direct_tls_begin(struct transport_session *s);
void direct_tls_continue(struct transport_session *s);
/* The BIO through which OpenSSL uses a connection. The caller frees it with BIO_meth_free().
 * NULL: no memory. */
BIO_METHOD *direct_tls_method(void);
/* Like recv and send: returns bytes, 0 at the end, or -1 with errno. On EAGAIN, *wants is the
 * event to wait for. */
ssize_t direct_tls_read(struct direct_connection *c, void *to, size_t n, int *wants);
ssize_t direct_tls_write(struct direct_connection *c, const void *from, size_t n, int *wants);
/* Sends close_notify and keeps the TLS session for resumption. */
void direct_tls_end(struct transport_session *s, struct direct_connection *c);

/* ---- direct_h2.c ---- */
/* HTTP/2 begins on the connection. Returns -1 if memory runs out. */
int direct_h2_begin(struct direct_connection *c);
/* Says goodbye, as far as the socket takes it at once. */
void direct_h2_end(struct transport_session *s, struct direct_connection *c);
/* Sends what there is to send. */
void direct_h2_flush(struct direct_connection *c);
void direct_h2_request(struct transport_session *s);
void direct_h2_event(struct direct_connection *c, int events);
/* Ends the current request's stream. Returns true if the connection goes on; false also if it is
 * none of HTTP/2. */
bool direct_h2_let_go(struct transport_session *s);

/* ---- direct_shared.c ---- */
/* The session joins a group of users, or leaves its group. join returns -1 if memory runs out. */
int direct_shared_join(struct transport_session *s);
void direct_shared_leave(struct transport_session *s);
/* True if the session's requests go over a connection that is not its own. */
bool direct_shares(const struct transport_session *s);
/* Sends on the shared connection, or waits for it. */
void direct_shared_send(struct transport_session *s);
/* The connection of the carrier k is ready. */
void direct_shared_ready(struct transport_session *k);
/* The session waits no more. */
void direct_shared_forget(struct transport_session *s);
/* The session's request on the connection is over; the connection goes on. */
void direct_shared_detach(struct transport_session *s);
/* The carrier's connection takes no more requests. It ends with its last one. */
void direct_shared_retire(struct transport_session *k);
/* Ends a retired connection that has no request. */
void direct_shared_close(struct transport_session *k, enum connection_end end,
                         int64_t idle_until_ns);

/* ---- direct_request.c ---- */
int direct_request_new(struct transport *t, const struct transport_request *r, void **compiled,
                       struct err *e);
void direct_request_free(void *compiled);
/* Makes s->request the session's own copy, with these parts. Returns -1 if memory runs out. */
int direct_request_vary(struct transport_session *s, const struct transport_parts *parts);
void direct_varied_free(struct direct_varied *v);
/* Fills `pieces` with the request from byte `from` on. Returns their count. */
int direct_request_pieces(const struct transport_session *s, size_t from,
                          struct iovec pieces[DIRECT_PIECES]);
size_t direct_request_bytes(const struct transport_session *s);
size_t direct_request_head_bytes(const struct transport_session *s);
/* Writes the request's line of traceparent to the transport's `trace`. Returns its bytes; 0: it has
 * none. */
size_t direct_request_trace(const struct transport_session *s);

/* ---- direct_response.c ---- */
/* Prepares for a response: the first one, or one to a second sending. */
void direct_response_begin(struct transport_session *s);
/* Parses bytes. Returns 0: continue; 1: complete; -1: not a valid response, with the reason in
 * the transport's text. *rest is the number of bytes after a complete response. */
int direct_response_feed(struct transport_session *s, const char *bytes, size_t n, size_t *rest);

/* ---- direct_stream.c ---- */
/* A request was sent on the connection. Its response may be a stream. */
void direct_stream_begin(struct transport_session *s);
/* Like recv(2) into the transport's buffer, for a connection without TLS. Reads at most one
 * event, as far as that can be known. */
ssize_t direct_stream_read(struct transport_session *s);
/* True if no data waits after the n bytes that were read last. */
bool direct_stream_drained(const struct transport_session *s, size_t n);
/* Call before the data read is parsed: sets its arrival time. */
void direct_stream_arrived(struct transport_session *s);
/* Call after parsing: the parser, in state `before`, got n bytes. */
void direct_stream_fed(struct transport_session *s, enum http1_state before, size_t n);
/* Starts the time limits of a request. Returns -1 if memory runs out. */
int direct_stream_watch(struct transport_session *s);
/* Ends the stream and closes its connection. */
void direct_stream_stop(struct transport_session *s, enum stream_body how);

#endif
