/*
 * jsonwalk: takes what a table names out of a JSON text, in one pass and without a tree.
 *
 * It checks RFC 8259's grammar of the whole text, but not that strings are UTF-8. Like Python's
 * json module and many servers, it also takes NaN, Infinity and -Infinity, which log probabilities
 * may be. Of a key that comes twice, both values are given, in their order. It decodes no strings.
 *
 * Ownership: all pointers are into the caller's text. Thread: any.
 */
#ifndef STREAM_JSONWALK_H
#define STREAM_JSONWALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"

#define JSONWALK_DEPTH_MAX 64
#define JSONWALK_KEY_MAX_BYTES 64 /* a longer key with escapes in it is none of a table's */

enum jsonwalk_kind {
    JSONWALK_STRING, /* its raw inside, without the quotes */
    JSONWALK_NUMBER,
    JSONWALK_BOOL,
    JSONWALK_NULL,
    JSONWALK_OBJECT, /* with its braces, when it ends */
    JSONWALK_ARRAY
};

struct jsonwalk_table;

struct jsonwalk_field {
    const char *key;
    int slot; /* for the function below; 0: the value itself is of no interest */
    const struct jsonwalk_table
        *inner; /* of an object, or of each object in an array; NULL: none */
};

/* The members of an object that are of interest. */
struct jsonwalk_table {
    const struct jsonwalk_field *fields;
    size_t n;
};

#define JSONWALK_TABLE(name, ...)                                                                  \
    static const struct jsonwalk_field name##_fields[] = {__VA_ARGS__};                            \
    static const struct jsonwalk_table name = {name##_fields,                                      \
                                               sizeof name##_fields / sizeof *name##_fields}

/* Gets each value of a field with a slot, when the walk is behind it. Of an array with an inner
 * table it gets each object instead. */
typedef void jsonwalk_take(void *context, int slot, enum jsonwalk_kind kind, struct bytes raw);

/* False: it is no JSON text, or deeper than JSONWALK_DEPTH_MAX; then what was given is not to be
 * trusted. */
bool jsonwalk(struct bytes text, const struct jsonwalk_table *table, jsonwalk_take *take,
              void *context);

/* A JSON Pointer's tokens (RFC 6901), decoded. */
struct jsonwalk_pointer {
    char *text; /* the tokens, one behind the other */
    struct bytes *tokens;
    size_t n;
};

/* -1: no memory, or not a pointer; there is nothing to free then. */
int jsonwalk_pointer_init(struct jsonwalk_pointer *p, const char *pointer);
void jsonwalk_pointer_done(struct jsonwalk_pointer *p);

/* Finds the value, the last one if a key repeats; raw->data is NULL if there is none. *error gets
 * the value of "error" in the outermost object likewise. False: as above. */
struct jsonwalk_value {
    enum jsonwalk_kind kind;
    struct bytes raw;
};
bool jsonwalk_find(struct bytes text, const struct jsonwalk_pointer *p,
                   struct jsonwalk_value *found, struct jsonwalk_value *error);

/* Zero or more and at most 2^53, written as digits alone; -1 for any other number. */
int64_t jsonwalk_count(struct bytes number);

#endif
