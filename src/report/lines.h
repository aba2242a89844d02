/*
 * lines: a list of texts under a heading, as a document has them: notes, findings, what was left
 * out.
 *
 * Each line may have a label in front. Text shows labels in a column of their own and, under a
 * heading, indents the lines. Markdown makes bullets of them, or paragraphs. Texts are hostile;
 * emitters escape.
 *
 * Ownership: lines_init allocates nothing, lines_done frees; the heading is borrowed, texts are
 * copied. On failure (memory) the buffer is marked. Thread: plain data.
 */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

struct lines {
    const char *heading; /* NULL: none */
    bool strong;         /* in Markdown it is a line in bold letters */
    bool paragraphs;     /* in Markdown, instead of bullets */
    size_t count;
    struct buf texts; /* label and text of each, each ended by a NUL */
};

void lines_init(struct lines *l, const char *heading);
void lines_done(struct lines *l);

/* A label of "" is none. */
void lines_add(struct lines *l, const char *label, const char *text);

/* The line at `at`, which begins as 0 and is moved to the next one. False behind the last. */
bool lines_next(const struct lines *l, size_t *at, const char **label, const char **text);

#endif
