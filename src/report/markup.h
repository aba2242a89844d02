/*
 * markup: the one place where text becomes part of an HTML page or of an SVG in it.
 *
 * Whatever comes in, what comes out is well-formed XML 1.0 and HTML text that no element, attribute
 * or comment begins or ends in, so that nothing runs. What a screen would obey or hide (control
 * characters, marks that turn the direction, bytes that are no UTF-8) is shown as \xNN. Names that
 * read from right to left stay among themselves: wrap what comes from others in <bdi>, as
 * markup_foreign() does.
 *
 * Thread: any.
 */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include <stddef.h>

#include "util/buf.h"

/* Past it a text is shown folded: its ends, and the whole of it on demand. */
#define MARKUP_LONG_BYTES 160

/* Of a text this much can be read on demand. */
#define MARKUP_WHOLE_BYTES 4000

/* Text of an element, or the value of an attribute between double or single quotes; no quotes are
 * added. */
void markup_text(struct buf *out, const char *text);

/* The same for <pre>: lines stay lines, and tabs tabs; at most `max` bytes of it. */
void markup_lines(struct buf *out, const char *text, size_t max);

/* An element with a text from others, whose direction does not leak; a long one can be unfolded. */
void markup_foreign(struct buf *out, const char *text);

/* The same cut to its ends, for a place that unfolds nothing; no element. */
void markup_cut(struct buf *out, const char *text, size_t max);

#endif
