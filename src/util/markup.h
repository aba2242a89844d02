/*
 * markup: the only place that puts text into an HTML page, or into an SVG in it.
 *
 * For any input, the output is well-formed XML 1.0 and HTML text in which no element, attribute or
 * comment begins or ends, so that nothing runs. What a screen would obey or hide (control
 * characters, marks that change the direction, bytes that are not UTF-8) is shown as \xNN. Names in
 * right-to-left scripts must not affect their surroundings: wrap texts from outside in <bdi>, as
 * markup_foreign() does.
 *
 * Thread: any.
 */
#ifndef UTIL_MARKUP_H
#define UTIL_MARKUP_H

#include <stddef.h>

#include "util/buf.h"

/* A longer text is shown folded: both ends, and the whole text on demand. */
#define MARKUP_LONG_BYTES 160

/* At most this much of a text can be read on demand. */
#define MARKUP_WHOLE_BYTES 4000

/* The text of an element, or of an attribute value in double or single quotes. Adds no quotes. */
void markup_text(struct buf *out, const char *text);

/* The same for <pre>: lines and tabs stay. At most `max` bytes of the text. */
void markup_lines(struct buf *out, const char *text, size_t max);

/* An element with a text from outside, whose direction does not affect its surroundings. A long
 * text can be unfolded. */
void markup_foreign(struct buf *out, const char *text);

/* The same text cut to its ends, for a place that cannot unfold it; without an element. */
void markup_cut(struct buf *out, const char *text, size_t max);

#endif
