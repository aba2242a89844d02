/*
 * ndjson: splits newline-delimited JSON into lines as its bytes arrive.
 *
 * A line ends with LF. A CR before it stays; JSON parsers skip it as white space. Blank lines are
 * skipped. It does not parse JSON.
 *
 * A line within one piece is not copied. Ownership: embedded; ndjson_init() once, ndjson_begin()
 * before each stream, ndjson_done() frees. Arguments of the sink are valid during the call. Thread:
 * the owner's.
 */
#ifndef STREAM_NDJSON_H
#define STREAM_NDJSON_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/bytes.h"

/* Returns false if the owner needs no more of this piece. */
typedef bool ndjson_sink(void *context, struct bytes line);

struct ndjson {
    struct buf line; /* start of a line that the piece did not end */
};

void ndjson_init(struct ndjson *s, size_t max_bytes);
void ndjson_done(struct ndjson *s);
void ndjson_begin(struct ndjson *s);

/* Returns -1 if a line is too large or memory runs out; the stream cannot continue then. */
int ndjson_feed(struct ndjson *s, const char *bytes, size_t n, ndjson_sink *sink, void *context);

/* Ends the stream: a last line without its LF counts. */
void ndjson_end(struct ndjson *s, ndjson_sink *sink, void *context);

#endif
