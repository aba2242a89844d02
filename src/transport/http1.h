/*
 * http1: reads one HTTP/1.1 answer, and says where it ends (RFC 9112), for both transports.
 *
 * `direct` gives it the bytes of a connection as they come; `curl` the header lines and the body as
 * they came over the wire, before libcurl's own reading of them. So an answer has one outcome on
 * both, with one text. It is strict where RFC 9112 is, and lenient where that allows it and nothing
 * but the answer at hand can suffer; docs/internals/response-heads.md has every case. It knows no
 * Content-Encoding and no cookies, and keeps nothing but the current line.
 *
 * Ownership: embedded; http1_init() before the first use, http1_begin() before each answer,
 * http1_done() frees. What the sink is given is lent for the call. Thread: the loop's.
 */
#ifndef TRANSPORT_HTTP1_H
#define TRANSPORT_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"

/* All header lines of an answer with those of its interim answers and trailers; one line; one line
 * of trailers; a chunk's first line with extensions. libcurl has the first three; it is not asked
 * for the last. */
#define HTTP1_HEAD_MAX_BYTES (300 * 1024)
#define HTTP1_LINE_MAX_BYTES (100 * 1024 - 1)
#define HTTP1_TRAILER_MAX_BYTES 4093
#define HTTP1_CHUNK_LINE_MAX_BYTES (16 * 1024)
/* Other than chunked. */
#define HTTP1_CODINGS_MAX 5

/* The texts of errors that libcurl finds before we do. They hold nothing of the answer, so that
 * errors group. */
#define HTTP1_NOT_HTTP "the response is not valid HTTP: "
#define HTTP1_NO_STATUS_LINE HTTP1_NOT_HTTP "it does not begin with a status line of HTTP/1.1"
#define HTTP1_NO_COLON HTTP1_NOT_HTTP "a header without a colon"
#define HTTP1_STRAY HTTP1_NOT_HTTP "a NUL or a stray CR in its head"
#define HTTP1_BAD_LENGTH HTTP1_NOT_HTTP "its Content-Length is not a number"
#define HTTP1_SPACE_FIRST HTTP1_NOT_HTTP "white space before the first header"
#define HTTP1_CODINGS "the response has more than 5 transfer codings"
#define HTTP1_BAD_SIZE HTTP1_NOT_HTTP "the size of a chunk is invalid"
#define HTTP1_TOO_LARGE "the headers of the response are larger than 300 kB"
#define HTTP1_LINE_TOO_LARGE "a header of the response is larger than 100 kB"

enum http1_state {
    /* Before or in the status line, of an interim answer or of the answer. */
    HTTP1_STATUS,
    /* In the header fields. */
    HTTP1_FIELDS,
    /* In a body of known length, of which `left` bytes are to come. */
    HTTP1_LENGTH,
    /* In a body that ends with the connection. */
    HTTP1_UNTIL_CLOSE,
    /* In the digits of a chunk's size; behind them; in its extensions; at the LF of that line. */
    HTTP1_SIZE,
    HTTP1_SIZE_END,
    HTTP1_EXTENSION,
    HTTP1_SIZE_LF,
    /* In a chunk, of which `left` bytes are to come; at the CR and the LF behind it. */
    HTTP1_CHUNK,
    HTTP1_CHUNK_CR,
    HTTP1_CHUNK_LF,
    /* Behind the last chunk. */
    HTTP1_TRAILERS,
    /* The answer has ended. */
    HTTP1_COMPLETE,
    /* It is none; `error` says why. */
    HTTP1_FAILED
};

struct http1_sink {
    /* A header field of the answer itself: not of an interim one, not a trailer (RFC 9110 6.5.1).
     * The value is trimmed and unfolded. */
    void (*field)(void *context, struct bytes name, struct bytes value);
    /* Of the body, chunks undone. -1: its owner has seen enough; the answer has failed, with the
     * owner's reason (`error` is NULL). */
    int (*body)(void *context, const char *bytes, size_t n);
};

struct http1 {
    const struct http1_sink *sink;
    void *context;
    enum http1_state state;
    const char *error; /* in HTTP1_FAILED */
    int status;        /* of the last status line */
    bool head_done;    /* of the answer itself, and so `status` is its */
    bool keep;         /* in HTTP1_COMPLETE: the connection may be used again */
    bool ends;         /* the server said that it is the last, or HTTP says so for it */
    bool head_method;  /* the request was HEAD */
    bool upgrade;      /* it asked for another protocol, so 101 is an answer */
    bool others; /* answers of HTTP/2 and 3 may come by http1_line(): their framing is not ours */
    /* This is one: its fields are taken as they are, and its end is that of the body. */
    bool foreign;
    /* A header that frames was written so that libcurl does not know it: it does not see the end of
     * the answer. */
    bool odd;
    bool minor_1; /* HTTP/1.1; else 1.0 */
    bool close_said, keep_said;
    bool length_said, coded,
        chunked; /* there was a Content-Length; a Transfer-Encoding, which ends with chunked */
    uint64_t length, left;
    size_t codings;
    size_t head_bytes, line_bytes; /* against the limits */
    struct buf line;               /* what has come of a line */
    struct buf held; /* a whole header line, which the next one may go on (obs-fold) */
    bool folded;     /* it did */
};

void http1_init(struct http1 *h, const struct http1_sink *sink, void *context);
void http1_done(struct http1 *h);

/* `upgrade`: the request had an Upgrade. */
void http1_begin(struct http1 *h, bool head_method, bool upgrade);

/* Takes bytes of the connection, and says how many were of this answer; the rest belongs to
 * nothing. Less than n only where it is complete or has failed. */
size_t http1_feed(struct http1 *h, const char *bytes, size_t n);

/* The connection has ended. `clean`: in order, with TLS's close_notify where there is TLS (RFC 9112
 * 9.8). True where that completes the answer. */
bool http1_end(struct http1 *h, bool clean);

/* Where someone else tells head and body apart: one line of the head with its end, the body then
 * goes to http1_feed(). A status line after the head begins another answer: that of a redirect.
 * What comes behind the head and is no status line is a trailer, and is left out. */
void http1_line(struct http1 *h, const char *line, size_t n);

/* ---- for http1.c itself: http1_head.c judges lines, without their ends ---- */

void http1_fail(struct http1 *h, const char *error);
void http1_status_line(struct http1 *h, const char *line, size_t n);
/* Of the head or, where `trailer`, behind the body. */
void http1_field(struct http1 *h, const char *line, size_t n, bool trailer);
/* The empty line has come: how does the answer go on? */
void http1_head_end(struct http1 *h);

#endif
