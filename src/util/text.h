/*
 * text: small helpers on words and lines.
 *
 * It does not know any output format but the terminal; each emitter escapes for its own. Thread:
 * any.
 */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* The candidate closest to `word` (Levenshtein), or NULL where none is close enough to be a likely
 * typo. */
const char *text_nearest(const char *word, const char *const *candidates, size_t n);

/* Appends `text` so that a terminal obeys none of it: control characters (C0, DEL and C1) and bytes
 * that are not UTF-8 come out as \xNN. */
void text_printable(struct buf *out, const char *text, size_t n);

/* Appends `text` as valid UTF-8: U+FFFD stands for each byte that is no part of a character. */
void text_repair(struct buf *out, const char *text, size_t n);

bool text_is_utf8(const char *text, size_t n);

/* How many of the n bytes are at most `max` and split no character of UTF-8. Text that is none is
 * cut at `max`. */
size_t text_cut(const char *text, size_t n, size_t max);

/* Appends a finite number for programs: a whole one with every digit, others with the 15 that every
 * decimal keeps on its way through a double. */
void text_number(struct buf *out, double value);

/* How many characters n bytes of valid UTF-8 hold. */
size_t text_characters(const char *text, size_t n);

/* How many columns a terminal needs for UTF-8 text that text_printable has let through. */
size_t text_columns(const char *text);

/* The ending of a noun after a number: "" after 1, else "s". */
const char *text_plural(uint64_t n);
const char *text_plural_of(double n);

/* What a hexadecimal digit stands for; -1 for anything else. */
int text_hex(char c);

/* The same of four digits at the start of `text`, n bytes long. */
int32_t text_hex4(const char *text, size_t n);

/* Writes a code point as UTF-8 and says how many bytes that is. Surrogates and what is above
 * 0x10ffff give bytes too, no UTF-8. */
#define TEXT_POINT_BYTES 4
size_t text_put_point(uint32_t point, char to[TEXT_POINT_BYTES]);

/* Bytes of the UTF-8 sequence at the start of `text` and its code point; 0 if there is none (RFC
 * 3629). */
size_t text_point(const char *text, size_t n, uint32_t *point);

#endif
