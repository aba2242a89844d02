/*
 * http1: parses one HTTP/1.1 response and finds its end (RFC 9112). Both transports use it.
 *
 * `direct` feeds it the bytes of a connection as they arrive. `curl` feeds it the raw header lines
 * and body, before libcurl interprets them. So a response has the same outcome and error text on
 * both. The parser is strict where RFC 9112 is. It is lenient where RFC 9112 allows that and only
 * this response can suffer. docs/internals/response-heads.md has every case. It does not handle
 * Content-Encoding or cookies, and stores only the current line.
 *
 * Ownership: embedded; http1_init() before the first use, http1_begin() before each response,
 * http1_done() frees. Arguments of the sink's functions are valid during the call. Thread: the
 * loop's.
 */
#ifndef TRANSPORT_HTTP1_H
#define TRANSPORT_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"

/* Limits of: all header lines of a response, including its interim responses and trailers; one
 * header line; one line of trailers; a chunk's first line with its extensions. The first three
 * are libcurl's limits. libcurl has none for the last. */
#define HTTP1_HEAD_MAX_BYTES (300 * 1024)
#define HTTP1_LINE_MAX_BYTES (100 * 1024 - 1)
#define HTTP1_TRAILER_MAX_BYTES 4093
#define HTTP1_CHUNK_LINE_MAX_BYTES (16 * 1024)
/* Not counting chunked. */
#define HTTP1_CODINGS_MAX 5

/* Texts for errors that libcurl detects before we do. They contain nothing from the response, so
 * that reports can group them. */
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

struct http1_known;

enum http1_state {
    /* Before or in the status line of an interim or final response. */
    HTTP1_STATUS,
    /* In the header fields. */
    HTTP1_FIELDS,
    /* In a body of known length; `left` bytes are missing. */
    HTTP1_LENGTH,
    /* In a body that ends when the connection closes. */
    HTTP1_UNTIL_CLOSE,
    /* Parsing a chunk's size line: in the digits; after them; in the extensions; at its LF. */
    HTTP1_SIZE,
    HTTP1_SIZE_END,
    HTTP1_EXTENSION,
    HTTP1_SIZE_LF,
    /* In a chunk; `left` bytes are missing. At the CR after it; at the LF after it. */
    HTTP1_CHUNK,
    HTTP1_CHUNK_CR,
    HTTP1_CHUNK_LF,
    /* After the last chunk. */
    HTTP1_TRAILERS,
    /* The response has ended. */
    HTTP1_COMPLETE,
    /* The response is invalid; `error` says why. */
    HTTP1_FAILED
};

/* What the fields of a head say about the end of the response. */
struct http1_head {
    uint64_t length;
    size_t codings;
    bool minor_1; /* HTTP/1.1; else 1.0 */
    bool close_said, keep_said;
    /* There was a Content-Length; there was a Transfer-Encoding; it ended with chunked. */
    bool length_said, coded, chunked;
    /* A framing header was written in a way that libcurl does not recognise, so libcurl does not
     * see the end of the response. */
    bool odd;
};

struct http1_sink {
    /* A header field of the final response: not of an interim one, and not a trailer (RFC 9110
     * 6.5.1). The value is trimmed and unfolded. */
    void (*field)(void *context, struct bytes name, struct bytes value);
    /* A field after the body of a response that another protocol frames. NULL: nobody asks. */
    void (*trailer)(void *context, struct bytes name, struct bytes value);
    /* Part of the body, dechunked. Returns -1 if the owner wants no more; the response has then
     * failed for the owner's reason (`error` is NULL). */
    int (*body)(void *context, const char *bytes, size_t n);
};

struct http1 {
    const struct http1_sink *sink;
    void *context;
    enum http1_state state;
    const char *error; /* in HTTP1_FAILED */
    int status;        /* of the last status line */
    bool head_done;    /* of the final response, so `status` is its status */
    bool keep;         /* in HTTP1_COMPLETE: the connection may be reused */
    /* The response is the last on its connection: the server said so, or HTTP implies it. */
    bool ends;
    bool head_method; /* the request was HEAD */
    bool upgrade;     /* the request had an Upgrade header, so 101 is final */
    /* http1_line() may get responses of HTTP/2 and 3, whose framing is not ours. */
    bool others;
    /* This is such a response: its fields are taken as they are, and it ends when its body ends. */
    bool foreign;
    struct http1_head head; /* of the last status line, as far as it has come */
    uint64_t left;
    size_t head_bytes, line_bytes; /* counted against the limits */
    struct http1_known *known;     /* heads seen before; NULL: none are kept */
    struct buf line;               /* part of a line received so far */
    /* A whole header line, which the next line may continue (obs-fold). */
    struct buf held;
    /* The next line did continue it. */
    bool folded;
};

void http1_init(struct http1 *h, const struct http1_sink *sink, void *context);
void http1_done(struct http1 *h);

/* `upgrade`: the request had an Upgrade header. */
void http1_begin(struct http1 *h, bool head_method, bool upgrade);

/* Parses bytes of the connection. Returns how many belonged to this response; the rest belongs
 * to nothing. Less than n only if the response is complete or has failed. */
size_t http1_feed(struct http1 *h, const char *bytes, size_t n);

/* The connection has ended. `clean`: in the regular way, with a close_notify if it used TLS (RFC
 * 9112 9.8). Returns true if that completes the response. */
bool http1_end(struct http1 *h, bool clean);

/* For callers that separate head and body themselves: takes one line of the head, with its line
 * end. The body then goes to http1_feed(). A status line after the head starts another response,
 * after a redirect. Any other line after the head is a trailer, and is ignored. */
void http1_line(struct http1 *h, const char *line, size_t n);

/* For responses that another protocol frames, such as HTTP/2. A head begins with its status; then
 * come its fields, with values that are trimmed; http1_head_end() ends it. Fields after the head
 * are trailers, which go to the sink's `trailer`. The body goes to http1_feed(), and http1_end()
 * ends it. */
void http1_foreign_status(struct http1 *h, int status);
void http1_foreign_field(struct http1 *h, struct bytes name, struct bytes value);

/* The end of a head: decides how the response continues. */
void http1_head_end(struct http1 *h);

/* ---- internal: http1_head.c parses lines, without their line ends ---- */

void http1_fail(struct http1 *h, const char *error);
void http1_status_line(struct http1 *h, const char *line, size_t n);
/* A field of the head or, with `trailer`, after the body. */
void http1_field(struct http1 *h, const char *line, size_t n, bool trailer);
/* Passes a field to the sink, unless it is of an interim response. */
void http1_give_field(struct http1 *h, struct bytes name, struct bytes value);

#endif
