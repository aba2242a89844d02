/*
 * json_write: writes JSON member by member into a buffer, in the layout of each document.
 *
 * cJSON escapes the texts. Numbers and layout are our own: cJSON stores every number as a double,
 * so it prints 2^53-1 as 9.00719925474099e+15, and it has only one layout. A text may be hostile:
 * invalid UTF-8 bytes and NULs become U+FFFD. Documents are ASCII, so that no text can control a
 * terminal, unless `utf8` is set. The writer builds no tree, does not check for duplicate keys and
 * does not parse (util/json.h does).
 *
 * In all functions `key` is NULL for the outermost value and for the elements of an array. Every
 * object and array must be ended. Errors: only memory can run out, and the buffer remembers that.
 *
 * Ownership: the buffer and `indent` are borrowed; there is nothing to free. Thread: plain data,
 * owned by the caller.
 */
#ifndef UTIL_JSON_WRITE_H
#define UTIL_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define JSON_WRITE_DEPTH_MAX 16

enum json_layout {
    JSON_LINE, /* {"a": 1, "b": 2} */
    JSON_LINES /* each member on its own line, indented by its depth */
};

struct json_writer {
    struct buf *out;
    const char *indent; /* for one level of depth */
    const char *comma, *colon;
    bool utf8;     /* set by the caller: write non-ASCII text as UTF-8 instead of \uXXXX */
    bool new_line; /* the next member starts on a new line */
    int depth;
    struct {
        char close;
        bool lines, any;
    } open[JSON_WRITE_DEPTH_MAX];
};

/* `indent`: blanks for each level of depth; NULL: compact, without blanks. */
void json_write_init(struct json_writer *w, struct buf *out, const char *indent);

void json_write_object(struct json_writer *w, const char *key, enum json_layout layout);
void json_write_array(struct json_writer *w, const char *key, enum json_layout layout);
void json_write_end(struct json_writer *w);

/* In a JSON_LINE object or array: the next member starts on a new line. */
void json_write_new_line(struct json_writer *w);

/* A NULL text becomes null. */
void json_write_text(struct json_writer *w, const char *key, const char *text);
void json_write_bytes(struct json_writer *w, const char *key, const char *text, size_t n);

void json_write_int(struct json_writer *w, const char *key, int64_t value);
void json_write_uint(struct json_writer *w, const char *key, uint64_t value);

/* Digits as in text_number(): for values that were counted, measured or computed. Values that
 * are not finite become null. */
void json_write_number(struct json_writer *w, const char *key, double value);

/* The fewest digits that give the same double again. Values that are not finite become null. */
void json_write_exact(struct json_writer *w, const char *key, double value);

/* [low, high], or null if neither is finite. */
void json_write_pair(struct json_writer *w, const char *key, double low, double high);

void json_write_bool(struct json_writer *w, const char *key, bool value);
void json_write_null(struct json_writer *w, const char *key);

/* Writes the key of a value that the caller then appends to the buffer as JSON. */
void json_write_key(struct json_writer *w, const char *key);

#endif
