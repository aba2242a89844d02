/*
 * sse: takes a text/event-stream apart, as its bytes come (WHATWG HTML 9.2.6).
 *
 * Lines end with LF, CRLF or CR, whatever the cut. A byte order mark at the start, comments, `id`
 * and `retry` are skipped; nothing reconnects here. It knows no JSON, and does not check that texts
 * are UTF-8. One thing is not of the standard: a field `error` is an event of that type, since
 * llama.cpp's server sends `error: {…}` in its older releases, which a browser would ignore.
 *
 * Data that lies within one piece is lent from there, not copied. Ownership: embedded; sse_init()
 * once, sse_begin() before each stream, sse_done() frees. What the sink gets is lent for the call.
 * Thread: the owner's.
 */
#ifndef STREAM_SSE_H
#define STREAM_SSE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/bytes.h"

#define SSE_TYPE_MAX_BYTES 64 /* of an event's type; of a longer one the start is kept */

/* False: its owner wants no more of this piece. `type` has no data where there was no `event`
 * field. */
typedef bool sse_sink(void *context, struct bytes data, struct bytes type);

struct sse {
    struct buf line;   /* what has come of a line that the piece did not end */
    struct buf data;   /* of an event that the piece did not end, or that has several lines */
    struct bytes lent; /* in the caller's piece: the event's only data so far; else no data */
    bool any;          /* the event has data */
    bool typed;
    bool skip_lf; /* the byte before was a CR */
    unsigned char
        mark; /* how many bytes of a byte order mark have come; 3: there is none to come */
    char type[SSE_TYPE_MAX_BYTES];
    size_t type_len;
};

/* At most max_bytes of an event's data, and of a line that is no comment. */
void sse_init(struct sse *s, size_t max_bytes);
void sse_done(struct sse *s);
void sse_begin(struct sse *s);

/* -1: an event or a line is too large, or memory ran out; the stream cannot go on. */
int sse_feed(struct sse *s, const char *bytes, size_t n, sse_sink *sink, void *context);

/* The stream is over: dispatches an event whose empty line did not come, which the standard would
 * not. `whole`: a last line without its end counts too. */
int sse_end(struct sse *s, bool whole, sse_sink *sink, void *context);

#endif
