/*
 * json_internal: the internals of a document, for the parsers that build one: json.c for JSON,
 * yaml.c for YAML.
 *
 * Internal to util/. Ownership: json_free() frees a document in any state. Thread: one while it is
 * built.
 */
#ifndef UTIL_JSON_INTERNAL_H
#define UTIL_JSON_INTERNAL_H

#include "util/arena.h"
#include "util/json.h"

struct json_doc {
    char *name;
    char *source;  /* followed by a NUL */
    bool borrowed; /* source is the caller's */
    size_t bytes, values;
    struct json *root;
    struct arena arena; /* the tree and its texts */
};

/* Returns a document without a tree, with copies of name and text. Returns NULL with the error
 * set if memory runs out or the text is too large. */
struct json_doc *json_doc_new(const char *name, const char *text, size_t bytes, struct err *e);

/* Fail at the first byte that is not valid UTF-8, or at the first duplicate key of an object. */
int json_check_utf8(const struct json_doc *d, struct err *e);
int json_check_duplicates(const struct json_doc *d, const struct json *object, struct err *e);

#endif
