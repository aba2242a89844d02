/*
 * jsonlex: JSON's tokens (RFC 8259): finds the end of a string, number or word, and decodes
 * escapes.
 *
 * It never reads past the end, stores nothing and has no error texts: json.h and
 * scenario/jsonscan.h have them. It does not check that strings are UTF-8. Ownership: all pointers
 * point into the caller's text. Thread: any.
 */
#ifndef UTIL_JSONLEX_H
#define UTIL_JSONLEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jsonlex_error {
    JSONLEX_CONTROL, /* a control character in a string */
    JSONLEX_OPEN,    /* the string does not end; `at` is the end of the text */
    JSONLEX_ESCAPE,  /* no such escape; `at` is its backslash */
    JSONLEX_HEX,     /* \u without four digits; `at` is its backslash */
    JSONLEX_NUMBER,  /* no digit where a number must have one */
    JSONLEX_ZERO,    /* a digit after a leading zero */
    JSONLEX_POINT,   /* no digit after the point */
    JSONLEX_EXPONENT /* no digit in the exponent */
};

struct jsonlex_fail {
    enum jsonlex_error error;
    const char *at; /* for a number: its start */
};

/* p is after the opening quote. Returns the position of the closing one, or NULL with *f set. */
const char *jsonlex_string(const char *p, const char *end, struct jsonlex_fail *f);

/* Returns the end of the longest number at p, or NULL with *f set. Does not check what follows
 * it. */
const char *jsonlex_number(const char *p, const char *end, struct jsonlex_fail *f);

/* Returns the end of "true", "false" or "null" at p, whatever follows, or NULL if it is none of
 * them. */
const char *jsonlex_word(const char *p, const char *end);

/* Returns the length of the escape at p, a backslash in a string that jsonlex_string() has
 * checked. *point becomes its code point; a surrogate (0xd800 to 0xdfff) if it is a lone half of
 * a pair. */
size_t jsonlex_escape(const char *p, const char *end, uint32_t *point);

#endif
