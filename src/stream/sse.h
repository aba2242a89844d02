/*
 * sse: splits a text/event-stream into events as its bytes arrive (WHATWG HTML 9.2.6).
 *
 * Lines end with LF, CRLF or CR, wherever the pieces are cut. A byte order mark at the start,
 * comments, `id` and `retry` are skipped; it never reconnects. It does not parse JSON or check that
 * texts are UTF-8. It deviates from the standard once: a field `error` is an event of that type.
 * Older releases of llama.cpp's server send `error: {…}`, which a browser would ignore.
 *
 * Data within one piece is not copied. Ownership: embedded; sse_init() once, sse_begin() before
 * each stream, sse_done() frees. Arguments of the sink are valid during the call. Thread: the
 * owner's.
 */
#ifndef STREAM_SSE_H
#define STREAM_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/bytes.h"

#define SSE_TYPE_MAX_BYTES 64 /* of an event's type; longer types are truncated */

/* Returns false if the owner needs no more of this piece. `type` has no data if there was no
 * `event` field. */
typedef bool sse_sink(void *context, struct bytes data, struct bytes type);

struct sse {
    struct buf line;   /* start of a line that the piece did not end */
    struct buf data;   /* of an event that the piece did not end, or with several lines */
    struct bytes lent; /* the event's only data so far, in the caller's piece; else no data */
    bool any;          /* the event has data */
    bool typed;
    bool skip_lf; /* the last byte was a CR */
    /* Bytes of a byte order mark so far; 3: none can come any more. */
    unsigned char mark;
    char type[SSE_TYPE_MAX_BYTES];
    size_t type_len;
};

/* max_bytes limits the data of an event, and a line that is not a comment. */
void sse_init(struct sse *s, size_t max_bytes);
void sse_done(struct sse *s);
void sse_begin(struct sse *s);

/* Returns -1 if an event or a line is too large or memory runs out; the stream cannot continue
 * then. */
int sse_feed(struct sse *s, const char *bytes, size_t n, sse_sink *sink, void *context);

/* Ends the stream. Dispatches an event without its final empty line, unlike the standard.
 * `whole`: a last line without its line end counts too. */
int sse_end(struct sse *s, bool whole, sse_sink *sink, void *context);

#endif
