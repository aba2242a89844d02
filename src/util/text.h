/*
 * text: small helpers on words and lines.
 *
 * It does not know any output format but the terminal; each emitter escapes for its own. Thread: any.
 */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* The candidate closest to `word` (Levenshtein), or NULL where none is close enough to be a likely typo. */
const char *text_nearest(const char *word, const char *const *candidates, size_t n);

/* Appends `text` so that a terminal obeys none of it: control characters (C0, DEL and C1) and bytes that are
 * not UTF-8 come out as \xNN. */
void text_printable(struct buf *out, const char *text, size_t n);

/* Appends `text` as valid UTF-8: U+FFFD stands for each byte that is no part of a character. */
void text_repair(struct buf *out, const char *text, size_t n);

/* How many columns a terminal needs for UTF-8 text that text_printable has let through. */
size_t text_columns(const char *text);

/* What a hexadecimal digit stands for; -1 for anything else. */
int text_hex(char c);

/* The same of four digits at the start of `text`, n bytes long. */
int32_t text_hex4(const char *text, size_t n);

/* Writes a code point as UTF-8 and says how many bytes that is. Surrogates and what is above 0x10ffff give bytes too, no UTF-8. */
#define TEXT_POINT_BYTES 4
size_t text_put_point(uint32_t point, char to[TEXT_POINT_BYTES]);

/* Bytes of the UTF-8 sequence at the start of `text` and its code point; 0 where there is none (RFC 3629). */
size_t text_point(const char *text, size_t n, uint32_t *point);

#endif
