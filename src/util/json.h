/*
 * json: parses JSON into a tree. Every value and key knows its position in the text.
 *
 * RFC 8259 plus comments, in both of C's forms; no trailing commas. Duplicate keys, lone
 * surrogates, control characters in strings and invalid UTF-8 are errors, with line and column.
 * Numbers keep their text, so that a copy has every digit. Size, depth and number of values are
 * limited. It does not build or change trees; json_write.h writes JSON.
 *
 * Ownership: the document owns the whole tree and its own copy of the text; json_free() frees all
 * at once. Thread: a document is read-only after json_parse() and may be shared.
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
    bool later;   /* of json_parse_parts(): its elements are not there yet */
    size_t at;    /* byte offset of the value's first byte */
    /* JSON_STRING: decoded, followed by a NUL, may contain NULs. JSON_NUMBER: as written, not
     * NUL-terminated. In a tree from YAML, every scalar has it. */
    const char *text;
    size_t len;         /* of text */
    struct json *first; /* JSON_ARRAY, JSON_OBJECT: first element, or NULL */
    size_t count;       /* number of elements */
    struct json *next;  /* next element of the containing array or object */
    const char *key;    /* member of an object: decoded, followed by a NUL; else NULL */
    size_t key_len;
    size_t key_at; /* byte offset of the key's quote */
};

struct json_doc; /* text, name and tree */

/* Parses the whole text. `name` is its name in errors, which are "name:line:column: what; how to
 * fix it". */
int json_parse(const char *name, const char *text, size_t bytes, struct json_doc **out,
               struct err *e);
void json_free(struct json_doc *d);

/* Decides about an array or object: path[0] to path[depth - 1] are the elements that lead to it
 * from the root, it is the last. True: its elements are not needed now. */
typedef bool json_later_fn(const struct json *const *path, int depth);

/* The same for large documents of which only parts are needed: of values for which `later` returns
 * true, only the grammar is checked. They have kind, but no elements until json_expand(). The text
 * is not copied: it must be followed by a NUL and outlive the document. Duplicate keys in such a
 * value are found by json_expand(). One thread at a time. */
int json_parse_parts(const char *name, const char *text, size_t bytes, json_later_fn *later,
                     struct json_doc **out, struct err *e);

/* Reads the elements of a value of the document, if they are not there yet. */
int json_expand(const struct json_doc *d, const struct json *v, struct err *e);

const struct json *json_root(const struct json_doc *d);
const char *json_source(const struct json_doc *d); /* NUL-terminated */

/* Returns the member with this key, or NULL. Also returns NULL if v is not an object or is NULL,
 * so calls can be chained. */
const struct json *json_get(const struct json *v, const char *key);

/* For the member with this key: its text, or "" if it is not a string; the array, or NULL. */
const char *json_get_string(const struct json *v, const char *key);
const struct json *json_get_array(const struct json *v, const char *key);

/* Returns "a string", "an object": for messages. */
const char *json_kind_text(enum json_kind kind);

/* Converts the number to a double. Returns false if it is too large. */
bool json_double(const struct json *v, double *out);

/* Converts the number to an integer ("12", "1e3", "2.0"). Returns false if it has a fraction or
 * does not fit exactly. */
bool json_int64(const struct json *v, int64_t *out);

/* True if the text is exactly one number of JSON's grammar. */
bool json_is_number(const char *text, size_t n);

/* True if a text or key contains a NUL, so that it is not a C string. */
bool json_has_nul(const char *text, size_t n);

/* Computes the line and column of a byte, both from 1. A column is a character; a tab is one
 * column. A line ends with LF, CRLF or CR. */
void json_where(const struct json_doc *d, size_t at, size_t *line, size_t *column);

/* Sets "name:line:column: text" and returns -1. */
int json_fail(const struct json_doc *d, size_t at, struct err *e, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Appends the inside of a JSON string, without quotes. Control characters, quotes and
 * backslashes are escaped; all else is kept. */
void json_escape(struct buf *out, const char *text, size_t n);

/* A string or key that is being copied. */
struct json_text {
    const char *text;
    size_t len, at; /* at: position of its quote in the source */
    bool key;
};

/* Appends the inside of the quotes. Returns 0, or -1 to stop the copy. JSON_BARE (not for keys):
 * it has removed the opening quote and appended a value of its own; no closing quote is added. */
#define JSON_BARE 1
typedef int json_string_fn(void *context, const struct json_text *t, struct buf *out);

/* Appends the value minified: no comments, no spaces, numbers digit for digit, members in their
 * order. `write` writes strings and keys; NULL means json_escape(). Returns -1 only if `write`
 * did. */
int json_copy(const struct json *v, json_string_fn *write, void *context, struct buf *out);

#endif
