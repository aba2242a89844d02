/*
 * text: small helpers for words and lines.
 *
 * The terminal is the only output format it knows; each emitter escapes for its own format. Thread:
 * any.
 */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/* Returns the candidate closest to `word` (Levenshtein), or NULL if none is close enough to be a
 * likely typo. */
const char *text_nearest(const char *word, const char *const *candidates, size_t n);

/* Appends `text` in a form that cannot control a terminal: control characters (C0, DEL and C1)
 * and invalid UTF-8 bytes become \xNN. */
void text_printable(struct buf *out, const char *text, size_t n);

/* Appends `text` as valid UTF-8: each invalid byte becomes U+FFFD. */
void text_repair(struct buf *out, const char *text, size_t n);

bool text_is_utf8(const char *text, size_t n);

/* Returns how many of the n bytes to keep: at most `max`, without splitting a UTF-8 character.
 * Text that is not UTF-8 is cut at `max`. */
size_t text_cut(const char *text, size_t n, size_t max);

/* Appends a finite number for programs: a whole number with every digit, others with 15 digits,
 * which every decimal keeps when it is converted to a double and back. */
void text_number(struct buf *out, double value);

/* A finite number for people, with this many significant digits, 1 to 9; numbers that have more
 * digits before their point have all of these. Without an exponent from 0.0001 to 1e15. */
#define TEXT_ROUNDED_BYTES 24
struct text_rounded {
    char text[TEXT_ROUNDED_BYTES];
};
struct text_rounded text_rounded(double value, int digits);

/* Returns the number of characters in n bytes of valid UTF-8. */
size_t text_characters(const char *text, size_t n);

/* Returns the number of terminal columns for UTF-8 text from text_printable(). */
size_t text_columns(const char *text);

/* Returns the plural ending of a noun after a number: "" after 1, else "s". */
const char *text_plural(uint64_t n);
const char *text_plural_of(double n);

/* Returns the value of a hexadecimal digit; -1 for anything else. */
int text_hex(char c);

/* The same for the four digits at the start of `text`, n bytes long. */
int32_t text_hex4(const char *text, size_t n);

/* Writes a code point as UTF-8. Returns its size in bytes. Surrogates and values above 0x10ffff
 * give bytes too, which are not valid UTF-8. */
#define TEXT_POINT_BYTES 4
size_t text_put_point(uint32_t point, char to[TEXT_POINT_BYTES]);

/* Returns the size of the UTF-8 sequence at the start of `text`, and its code point. Returns 0
 * if it is not valid (RFC 3629). */
size_t text_point(const char *text, size_t n, uint32_t *point);

#endif
