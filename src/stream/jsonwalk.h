/*
 * jsonwalk: extracts the fields that a table names from a JSON text, in one pass and without a
 * tree.
 *
 * It checks RFC 8259's grammar of the whole text, but not that strings are UTF-8. Like Python's
 * json module and many servers, it also accepts NaN, Infinity and -Infinity, which occur in log
 * probabilities. For a duplicate key it returns both values, in their order. It does not decode
 * strings.
 *
 * Ownership: all pointers point into the caller's text. Thread: any.
 */
#ifndef STREAM_JSONWALK_H
#define STREAM_JSONWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

#define JSONWALK_DEPTH_MAX 64
#define JSONWALK_KEY_MAX_BYTES 64 /* longer keys with escapes match no field */

enum jsonwalk_kind {
    JSONWALK_STRING, /* raw, without the quotes */
    JSONWALK_NUMBER,
    JSONWALK_BOOL,
    JSONWALK_NULL,
    JSONWALK_OBJECT, /* with its braces, passed when it ends */
    JSONWALK_ARRAY
};

struct jsonwalk_table;

struct jsonwalk_field {
    const char *key;
    int slot; /* passed to jsonwalk_take; 0: the value itself is not needed */
    /* Fields of the object, or of each object in the array; NULL: none. */
    const struct jsonwalk_table *inner;
};

/* The members of an object that are needed. */
struct jsonwalk_table {
    const struct jsonwalk_field *fields;
    size_t n;
};

#define JSONWALK_TABLE(name, ...)                                                                  \
    static const struct jsonwalk_field name##_fields[] = {__VA_ARGS__};                            \
    static const struct jsonwalk_table name = {name##_fields,                                      \
                                               sizeof name##_fields / sizeof *name##_fields}

/* Gets the value of each field with a slot, after it was scanned. For an array with an inner
 * table it gets each object instead. */
typedef void jsonwalk_take(void *context, int slot, enum jsonwalk_kind kind, struct bytes raw);

/* Returns false if the text is not JSON, or deeper than JSONWALK_DEPTH_MAX. Values passed to
 * `take` are then not reliable. */
bool jsonwalk(struct bytes text, const struct jsonwalk_table *table, jsonwalk_take *take,
              void *context);

/* The decoded tokens of a JSON Pointer (RFC 6901). */
struct jsonwalk_pointer {
    char *text; /* the tokens, one after the other */
    struct bytes *tokens;
    size_t n;
};

/* Returns -1 if memory runs out or `pointer` is not a JSON Pointer. Nothing needs freeing then. */
int jsonwalk_pointer_init(struct jsonwalk_pointer *p, const char *pointer);
void jsonwalk_pointer_done(struct jsonwalk_pointer *p);

/* Finds the value; the last one if a key repeats. raw.data is NULL if there is none. *error
 * likewise gets the value of "error" in the outermost object. Returns false as jsonwalk() does. */
struct jsonwalk_value {
    enum jsonwalk_kind kind;
    struct bytes raw;
};
bool jsonwalk_find(struct bytes text, const struct jsonwalk_pointer *p,
                   struct jsonwalk_value *found, struct jsonwalk_value *error);

/* Parses a count from 0 to 2^53, written only in digits. Returns -1 for any other number. */
int64_t jsonwalk_count(struct bytes number);

#endif
