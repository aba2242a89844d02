/*
 * ndjson: takes newline-delimited JSON apart into lines, as its bytes come.
 *
 * A line ends with LF; a CR before it goes with the white space that the reader of the JSON skips.
 * Blank lines are skipped. It knows no JSON.
 *
 * A line that lies within one piece is lent from there, not copied. Ownership: embedded;
 * ndjson_init() once, ndjson_begin() before each stream, ndjson_done() frees. What the sink gets is
 * lent for the call. Thread: the owner's.
 */
#ifndef STREAM_NDJSON_H
#define STREAM_NDJSON_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/bytes.h"

/* False: its owner wants no more of this piece. */
typedef bool ndjson_sink(void *context, struct bytes line);

struct ndjson {
    struct buf line; /* what has come of a line that the piece did not end */
};

void ndjson_init(struct ndjson *s, size_t max_bytes);
void ndjson_done(struct ndjson *s);
void ndjson_begin(struct ndjson *s);

/* -1: a line is too large, or memory ran out; the stream cannot go on. */
int ndjson_feed(struct ndjson *s, const char *bytes, size_t n, ndjson_sink *sink, void *context);

/* The stream is over: a last line without its end counts. */
void ndjson_end(struct ndjson *s, ndjson_sink *sink, void *context);

#endif
