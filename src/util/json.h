/*
 * json: reads JSON into a tree whose every value and key knows where it stood in the text.
 *
 * RFC 8259 plus comments, in both of C's forms; no trailing commas. Duplicate keys, lone
 * surrogates, control characters in strings and text that is not UTF-8 are errors, with line and
 * column. Numbers keep their text, so that a copy has every digit. There are ceilings on size,
 * depth and the number of values. It does not build or change
 * trees; json_write.h writes JSON.
 *
 * Ownership: the document owns the whole tree and its own copy of the text; json_free() frees all
 * at once. Thread: a document is only read after json_parse() and may be shared.
 */
#ifndef UTIL_JSON_H
#define UTIL_JSON_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

#define JSON_DEPTH_MAX 64
#define JSON_VALUES_MAX 1000000
#define JSON_BYTES_MAX ((size_t)1 << 30)

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_kind kind;
    bool boolean; /* JSON_BOOL */
    size_t at;    /* byte offset of the value's first byte */
    /* JSON_STRING: decoded, followed by a NUL, may hold others; JSON_NUMBER: as written, not
     * NUL-terminated. In a tree of YAML every scalar has it. */
    const char *text;
    size_t len;         /* of text */
    struct json *first; /* JSON_ARRAY, JSON_OBJECT: the first element, or NULL */
    size_t count;       /* of elements */
    struct json *next;  /* the next element of the array or object that this value is in */
    const char *key;    /* for a member of an object, decoded, followed by a NUL; else NULL */
    size_t key_len;
    size_t key_at; /* byte offset of the key's quote */
};

struct json_doc; /* the text, its name and the tree */

/* Parses the whole text; `name` stands for it in errors, which read "name:line:column: what; how to
 * fix it". */
int json_parse(const char *name, const char *text, size_t bytes, struct json_doc **out,
               struct err *e);
void json_free(struct json_doc *d);

const struct json *json_root(const struct json_doc *d);
const char *json_source(const struct json_doc *d); /* NUL-terminated */

/* The member with this key, or NULL; also NULL where v is no object or NULL itself, so that calls
 * can be chained. */
const struct json *json_get(const struct json *v, const char *key);

/* Of the member with this key: its text, or "" if it is no string; the array, or NULL. */
const char *json_get_string(const struct json *v, const char *key);
const struct json *json_get_array(const struct json *v, const char *key);

/* "a string", "an object": for messages. */
const char *json_kind_text(enum json_kind kind);

/* The number as a double; false where it is too large for one. */
bool json_double(const struct json *v, double *out);

/* The number as an integer ("12", "1e3", "2.0"); false where it has a fraction or does not fit
 * exactly. */
bool json_int64(const struct json *v, int64_t *out);

/* True where the text is a number of JSON's grammar and nothing else. */
bool json_is_number(const char *text, size_t n);

/* True where text or key holds a NUL, so that it is no C string. */
bool json_has_nul(const char *text, size_t n);

/* Line and column of a byte, both from 1; a column is a character, a tab is one. A line ends with
 * LF, CRLF or CR. */
void json_where(const struct json_doc *d, size_t at, size_t *line, size_t *column);

/* Sets "name:line:column: text" and returns -1. */
int json_fail(const struct json_doc *d, size_t at, struct err *e, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Appends the inside of a JSON string, without quotes: control characters, quote and backslash are
 * escaped, all else is kept. */
void json_escape(struct buf *out, const char *text, size_t n);

/* A string or key while it is copied. */
struct json_text {
    const char *text;
    size_t len, at; /* at: its quote in the source */
    bool key;
};

/* Appends what stands between the quotes; returns 0, or -1 to stop the copy. JSON_BARE, not for a
 * key: it has taken the quote before it away and has appended a value of its own, which needs no
 * quote behind it. */
#define JSON_BARE 1
typedef int json_string_fn(void *context, const struct json_text *t, struct buf *out);

/* Appends the value minified: no comments, no spaces, numbers digit for digit, members in their
 * order. `write` writes strings and keys; NULL means json_escape(). Returns -1 only where `write`
 * did. */
int json_copy(const struct json *v, json_string_fn *write, void *context, struct buf *out);

#endif
