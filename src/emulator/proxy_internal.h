/*
 * proxy_internal: what the client's side (proxy_front.c) and the instance's side (proxy_back.c)
 * know of each other.
 *
 * An exchange is tied to one `struct front` (its client) and, once assigned, to one `struct back`.
 * The body of the request flows front -> back by back_send_body(), the answer back -> front by
 * front_answer_head/body/end(). Either side may break: then it tells the other, once.
 *
 * Thread: the loop's.
 */
#ifndef EMULATOR_PROXY_INTERNAL_H
#define EMULATOR_PROXY_INTERNAL_H

#include <http_parser.h>

#include "emulator/proxy.h"
#include "emulator/wire.h"

#define HELD_MAX_BYTES ((size_t)64 << 10)

enum front_state {
    FRONT_HEAD,   /* between requests, or a head is coming in */
    FRONT_WAIT,   /* the head is whole; no instance yet: what comes is held, up to a ceiling */
    FRONT_BODY,   /* the rest of the request goes on as it comes */
    FRONT_ANSWER, /* the request is whole; what comes now belongs to the next one, and is held */
    /* Answered before the request's end: the rest is thrown away, then the connection is closed. */
    FRONT_LINGER,
    FRONT_CLOSED /* uv_close() was called */
};

struct front {
    uv_tcp_t tcp;     /* first: a front is found by its stream */
    uv_timer_t timer; /* what it means follows from the state */
    int handles;      /* that are not closed yet */
    struct proxy *proxy;
    struct front *next, *previous;
    enum front_state state;
    http_parser parser;
    struct head head;
    struct exchange exchange;
    char remote[INET6_ADDRSTRLEN];
    struct back *back;
    struct buf held; /* read, but not its turn */
    bool feeding;    /* the parser is on the stack */
    bool head_whole; /* the parser has just stopped behind a head */
    bool reading;
    bool begun;      /* some of a head has come */
    bool open;       /* the exchange has arrived and has not finished */
    bool head_waits; /* the answer's head is in proxy->text, to go out with the first of its body */
    bool answer_begun;    /* the answer's head has been sent */
    bool answer_ended;    /* its last byte, too */
    bool answer_chunks;   /* in chunks */
    bool answer_to_close; /* the end of the connection is its end */
    int64_t sent_ns;      /* when the last bytes were given to the kernel; 0: none */
    bool close_after;     /* no further request on this connection */
    bool expects_100;
    uv_shutdown_t shutdown;
};

enum back_state { BACK_CONNECTING, BACK_BUSY, BACK_IDLE, BACK_CLOSED };

struct back {
    uv_tcp_t tcp; /* first */
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
    struct buf replay; /* what was sent on a kept connection, until the first byte of an answer */
    bool reused;
    bool body_chunks;   /* the request's body goes in chunks */
    bool request_whole; /* the request's last byte has been sent */
    bool answer_byte;   /* something has come back */
    bool answer_whole;
    bool until_close; /* the answer's body ends with the connection */
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
    struct buf text; /* for heads that are being put together */
};

/* proxy_front.c */
void front_accept(struct proxy *p);
void front_close(struct front *f);

/* The request's parts that had to wait go on from here: an instance is there, or takes bytes
 * again. */
void front_resume(struct front *f);

/* The answer from the instance, piece by piece. `body` says whether one follows; `length` < 0:
 * unknown. */
void front_answer_head(struct front *f, const struct head *h, unsigned status, bool body,
                       int64_t length);
void front_answer_body(struct front *f, const char *bytes, size_t n);
void front_answer_end(struct front *f);
void front_flush(struct front *f); /* the instance says no more for now: what waits goes out */

/* The instance's side broke: an answer of our own, or a connection cut off where one had begun. */
void front_fail(struct front *f, int status, const char *text);
bool front_is_full(const struct front *f);

/* proxy_own.c: answers that the front end gives itself. Appends a whole message. */
void own_answer(struct buf *out, int status, struct view target, bool head_only, bool close,
                const struct trace *t);

/* proxy_back.c */
void back_begin(struct front *f, struct upstream *u);
void back_send_body(struct back *b, const char *bytes, size_t n);
void back_send_end(struct back *b);
bool back_is_full(const struct back *b);
void back_read(struct back *b); /* the client takes bytes again */

/* The client has gone, or needs no more: the front learns nothing. */
void back_abandon(struct back *b);

/* proxy.c: the exchange is over; tells the user. */
void proxy_finished(struct front *f);

#endif
