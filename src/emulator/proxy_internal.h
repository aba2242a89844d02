/*
 * proxy_internal: shared by the client's side (proxy_front.c) and the instance's side
 * (proxy_back.c).
 *
 * An exchange has one `struct front` (its client) and, once assigned, one `struct back`. The
 * request's body goes front -> back by back_send_body(). The response goes back -> front by
 * front_answer_head/body/end(). If one side fails, it informs the other, once.
 * Thread: the loop's.
 */
#ifndef EMULATOR_PROXY_INTERNAL_H
#define EMULATOR_PROXY_INTERNAL_H

#include <http_parser.h>

#include "emulator/proxy.h"
#include "emulator/wire.h"

#define HELD_MAX_BYTES ((size_t)64 << 10)

enum front_state {
    FRONT_HEAD, /* between requests, or receiving a head */
    /* The head is complete, but there is no instance yet. Further data is buffered, up to a
     * limit. */
    FRONT_WAIT,
    FRONT_BODY, /* the rest of the request is forwarded as it arrives */
    /* The request is complete. Data that arrives now belongs to the next one, and is buffered. */
    FRONT_ANSWER,
    /* Answered before the request's end. The rest is discarded, then the connection is closed. */
    FRONT_LINGER,
    FRONT_CLOSED /* uv_close() was called */
};

struct front {
    uv_tcp_t tcp;     /* first member: a front is found by its stream */
    uv_timer_t timer; /* its meaning depends on the state */
    int handles;      /* not closed yet */
    struct proxy *proxy;
    struct front *next, *previous;
    enum front_state state;
    http_parser parser;
    struct head head;
    struct exchange exchange;
    char remote[INET6_ADDRSTRLEN];
    struct back *back;
    struct buf held; /* received, but not processed yet */
    bool feeding;    /* the parser is running */
    bool head_whole; /* the parser has just stopped after a head */
    bool reading;
    bool begun; /* part of a head has arrived */
    bool open;  /* the exchange has arrived and not finished */
    /* The response's head is in proxy->text, and is sent with the first part of its body. */
    bool head_waits;
    bool answer_begun;    /* the response's head was sent */
    bool answer_ended;    /* the response's last byte was sent */
    bool answer_chunks;   /* it is chunked */
    bool answer_to_close; /* it ends when the connection closes */
    int64_t sent_ns;      /* when bytes were last passed to the kernel; 0: never */
    bool close_after;     /* no more requests on this connection */
    bool expects_100;
    uv_shutdown_t shutdown;
};

enum back_state { BACK_CONNECTING, BACK_BUSY, BACK_IDLE, BACK_CLOSED };

struct back {
    uv_tcp_t tcp; /* first member */
    uv_connect_t connect;
    struct upstream *upstream; /* NULL when closed */
    struct proxy *proxy;
    struct back *next, *previous; /* in the upstream's list */
    enum back_state state;
    struct front *front; /* NULL: idle or closed */
    http_parser parser;
    struct head head;
    uv_timer_t *doubt; /* see broken() in proxy_back.c; NULL: none */
    unsigned looks;
    /* Data sent on a kept connection, until the first byte of a response. */
    struct buf replay;
    bool reused;
    bool body_chunks;   /* the request's body is sent in chunks */
    bool request_whole; /* the request's last byte was sent */
    bool answer_byte;   /* a byte of the response has arrived */
    bool answer_whole;
    bool until_close; /* the response's body ends when the connection closes */
    bool reading;
};

struct proxy {
    uv_loop_t *loop;
    uv_tcp_t listener;
    bool listening, draining;
    int port;
    struct proxy_options options;
    struct front *fronts;
    size_t front_count;
    struct buf text; /* for heads being written */
};

/* proxy_front.c */
void front_accept(struct proxy *p);
void front_close(struct front *f);

/* Forwards the parts of the request that had to wait: an instance was assigned, or accepts data
 * again. */
void front_resume(struct front *f);

/* The instance's response, piece by piece. `body`: a body follows. `length` < 0: unknown. */
void front_answer_head(struct front *f, const struct head *h, unsigned status, bool body,
                       int64_t length);
void front_answer_body(struct front *f, const char *bytes, size_t n);
void front_answer_end(struct front *f);
/* No more data from the instance for now: sends what is buffered. */
void front_flush(struct front *f);

/* The instance's side failed: sends an error response, or cuts the connection off if a response
 * has begun. */
void front_fail(struct front *f, int status, const char *text);
bool front_is_full(const struct front *f);

/* proxy_own.c: responses of the front end itself. Appends a whole message. */
void own_answer(struct buf *out, int status, struct view target, bool head_only, bool close,
                const struct trace *t);

/* proxy_back.c */
void back_begin(struct front *f, struct upstream *u);
void back_send_body(struct back *b, const char *bytes, size_t n);
void back_send_end(struct back *b);
bool back_is_full(const struct back *b);
void back_read(struct back *b); /* the client accepts data again */

/* The client has left, or needs no more. The front is not informed. */
void back_abandon(struct back *b);

/* proxy.c: the exchange is over; informs the user. */
void proxy_finished(struct front *f);

#endif
