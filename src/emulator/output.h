/*
 * output: splits the output of an instance into lines.
 *
 * A line longer than OUTPUT_LINE_MAX_BYTES is passed in pieces, so memory is bounded whatever an
 * instance writes.
 * Ownership: embedded; the text is borrowed for the call. Thread: plain data.
 */
#ifndef EMULATOR_OUTPUT_H
#define EMULATOR_OUTPUT_H

#include <stddef.h>

#define OUTPUT_LINE_MAX_BYTES ((size_t)16 << 10)

typedef void output_line_fn(void *context, const char *text, size_t n);

struct output {
    char *held; /* start of an unfinished line; NULL until needed */
    size_t len;
};

void output_done(struct output *o);

void output_feed(struct output *o, const char *bytes, size_t n, output_line_fn *line,
                 void *context);

/* Passes an unfinished line as the last one. */
void output_end(struct output *o, output_line_fn *line, void *context);

#endif
