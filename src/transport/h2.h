/*
 * h2: the client's end of one HTTP/2 connection (RFC 9113), by nghttp2: bytes in, bytes out.
 *
 * It sends requests as streams and gives each response to a parser's state (http1.h), so that what
 * follows is the same as over HTTP/1.1. It answers SETTINGS and PING, keeps both flow control
 * windows, and obeys the server's limit of concurrent streams: what exceeds it waits. It has no
 * socket, clock or timer, and does not decide what is sent again: its owner does.
 *
 * Use: h2_request() for each request; h2_receive() with what arrived, then h2_next() until it is
 * NULL; h2_send() until it returns 0, after each of them. h2_send() may make news as well, as a
 * stream whose response breaks a rule ends when its reset is sent.
 *
 * Ownership: heap. A stream is embedded in its user's session and must stay until it has ended or
 * was dropped; so must the fields and the body of its request. Thread: the loop's.
 */
#ifndef TRANSPORT_H2_H
#define TRANSPORT_H2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/h2_head.h"
#include "transport/http1.h"

/* Of a frame that h2_send() returns, at most: the default of SETTINGS_MAX_FRAME_SIZE, and its
 * head. */
#define H2_PIECE_MAX_BYTES (16384 + 32)

struct h2;

enum h2_end {
    H2_OPEN,       /* it has not ended */
    H2_COMPLETE,   /* the response is complete */
    H2_RESET,      /* it was reset; `code` says why */
    H2_UNPROCESSED /* the server ended the connection and did not process the request */
};

struct h2_stream {
    /* Set by the owner before h2_request(). */
    struct http1 *response;
    const char *body; /* of the request; NULL: none */
    size_t body_bytes;
    /* Called before the first part of the body of each h2_receive(); NULL: nobody asks. */
    void (*arrived)(struct h2_stream *st);

    enum h2_end end;
    uint32_t code;    /* the error code of H2_RESET */
    bool begun;       /* some of the response has arrived */
    size_t body_sent; /* how much of the body was given to h2_send() */
    uint32_t held_by; /* it waits or waited, for the server allows only that many streams; 0: no */

    /* ---- internal ---- */
    int32_t id; /* 0: the connection does not know it, or no longer */
    uint64_t told;
    bool news;
    struct h2_stream *next_news, *before, *after;
};

/* Returns NULL if memory runs out. */
struct h2 *h2_new(void);
void h2_free(struct h2 *h); /* NULL is allowed */

/* Starts a request. `extra` are fields of this request alone, in front of those that begin at
 * head->extra_at; their text may be gone afterwards. Returns -1 if memory runs out or the
 * connection has no more streams: it must then be replaced. */
int h2_request(struct h2 *h, struct h2_stream *st, const struct h2_head *head,
               const struct h2_field *extra, size_t extra_count);

/* The owner wants no more of the stream: it is reset, if it is not over. */
void h2_drop(struct h2 *h, struct h2_stream *st);

/* Takes bytes that arrived. Returns -1 if the connection is not usable any more: h2_why() says
 * why. */
int h2_receive(struct h2 *h, const char *bytes, size_t n);

/* The next stream for which something has arrived, or that has ended; NULL: no more. */
struct h2_stream *h2_next(struct h2 *h);
bool h2_news(const struct h2 *h); /* there is one */

/* The next bytes to send, valid until the next call of any function here. Returns their number, 0
 * if there are none, or -1 as h2_receive(). */
int h2_send(struct h2 *h, const char **bytes);

/* Tells the server that the connection ends; call before the last h2_send(). */
void h2_leave(struct h2 *h);

/* One of the streams that have not ended and were not dropped; NULL: there is none. */
struct h2_stream *h2_first(const struct h2 *h);

/* A request has been sent on it. */
bool h2_asked(const struct h2 *h);

/* The server has said that it will end the connection (GOAWAY). No new streams are possible. */
bool h2_goaway(const struct h2 *h);
uint32_t h2_goaway_code(const struct h2 *h); /* the error code that it gave; 0: none */

/* The connection is over: a rule of HTTP/2 was broken, or GOAWAY came and no stream is left. */
bool h2_over(const struct h2 *h);

/* The server allows no stream at all (SETTINGS_MAX_CONCURRENT_STREAMS is 0). */
bool h2_forbids_streams(const struct h2 *h);

/* Why the connection is not valid. It contains nothing from the server. */
const char *h2_why(const struct h2 *h);

#endif
