/*
 * line_reader: cuts a stream of bytes into lines, each up to a size limit.
 *
 * Neither the stream nor a line of it need have an end: one line is in memory at a time, and one
 * above the limit is an error with its place, as soon as that is known. A line ends with LF, or
 * with the stream. A byte order mark before the first line is left out. It does not read files and
 * does not look into lines.
 *
 * Ownership: plain data with a buffer; line_reader_done() frees. The text of a line is valid during
 * the call. Thread: one.
 */
#ifndef UTIL_LINE_READER_H
#define UTIL_LINE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

struct read_line {
    const char *text; /* without its LF; followed by a NUL, and may contain NULs */
    size_t n;
    uint64_t number; /* from 1 */
    uint64_t at;     /* offset of its first byte in the stream */
};

/* Returns 0 to continue, or -1 with the error set. */
typedef int line_reader_fn(void *context, const struct read_line *line, struct err *e);

struct line_reader {
    const char *name; /* of the stream, for errors; borrowed */
    line_reader_fn *fn;
    void *context;
    struct buf part; /* of the current line */
    uint64_t number, at;
};

void line_reader_init(struct line_reader *l, const char *name, size_t max_bytes, line_reader_fn *fn,
                      void *context);
void line_reader_done(struct line_reader *l);

/* Feeds the next bytes of the stream, any number of them. Fails if fn does, if a line is too long,
 * or if memory runs out. */
int line_reader_feed(struct line_reader *l, const char *bytes, size_t n, struct err *e);

/* The end of the stream: of its last line, if that has no LF. */
int line_reader_end(struct line_reader *l, struct err *e);

#endif
