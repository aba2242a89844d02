/*
 * jsonlex: JSON's tokens (RFC 8259): where a string, number or word ends, and what an escape stands
 * for.
 *
 * It never looks past the end, stores nothing and has no words for errors: json.h and
 * scenario/jsonscan.h have. It does not check that strings are UTF-8. Ownership: all pointers are
 * into the caller's text. Thread: any.
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
    JSONLEX_NUMBER,  /* no digit where a number must be */
    JSONLEX_ZERO,    /* a digit behind a leading zero */
    JSONLEX_POINT,   /* no digit behind the point */
    JSONLEX_EXPONENT /* no digit in the exponent */
};

struct jsonlex_fail {
    enum jsonlex_error error;
    const char *at; /* of a number: where it begins */
};

/* p is behind the opening quote. Returns where the closing one is, or NULL with *f set. */
const char *jsonlex_string(const char *p, const char *end, struct jsonlex_fail *f);

/* Behind the longest number at p; NULL with *f set if there is none. What follows it is not looked
 * at. */
const char *jsonlex_number(const char *p, const char *end, struct jsonlex_fail *f);

/* Behind "true", "false" or "null" at p, whatever follows; NULL if there is none of these. */
const char *jsonlex_word(const char *p, const char *end);

/* How long the escape at p is, a backslash in a string that jsonlex_string() has checked. *point is
 * what it stands for: a surrogate (0xd800 to 0xdfff) where it is half of a pair alone. */
size_t jsonlex_escape(const char *p, const char *end, uint32_t *point);

#endif
