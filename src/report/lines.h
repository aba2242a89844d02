/*
 * lines: a list of texts under a heading, as documents have them: notes, findings, what was left
 * out.
 *
 * Each line may begin with a label. Plain text shows labels in a column of their own, and indents
 * the lines below a heading. Markdown makes bullets or paragraphs of them. Texts are hostile;
 * emitters escape them.
 *
 * Ownership: lines_init allocates nothing, lines_done frees; the heading is borrowed, texts are
 * copied. If memory runs out, the buffer is marked. Thread: plain data.
 */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

struct lines {
    const char *heading; /* NULL: none */
    bool strong;         /* in Markdown, the heading is a line in bold */
    bool paragraphs;     /* in Markdown, paragraphs instead of bullets */
    size_t count;
    struct buf texts; /* label and text of each line, each ending with a NUL */
};

void lines_init(struct lines *l, const char *heading);
void lines_done(struct lines *l);

/* A label of "" is none. */
void lines_add(struct lines *l, const char *label, const char *text);

/* Returns the line at *at and moves *at to the next one. Set *at to 0 first. Returns false after
 * the last line. */
bool lines_next(const struct lines *l, size_t *at, const char **label, const char **text);

#endif
