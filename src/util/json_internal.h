/*
 * json_internal: the inside of a document, for those who make one: json.c of JSON, yaml.c of YAML.
 *
 * Internal to util/. Ownership: json_free() frees a document in any state. Thread: one while it is
 * made.
 */
#ifndef UTIL_JSON_INTERNAL_H
#define UTIL_JSON_INTERNAL_H

#include "util/arena.h"
#include "util/json.h"

struct json_doc {
    char *name;
    char *source;
    size_t bytes;
    struct json *root;
    struct arena arena; /* the tree and its texts */
};

/* A document without a tree, with copies of name and text; NULL with the error set where there is
 * no memory or the text is too large. */
struct json_doc *json_doc_new(const char *name, const char *text, size_t bytes, struct err *e);

/* Fails at the first byte that is not UTF-8, or at the first key of an object that it had
 * before. */
int json_check_utf8(const struct json_doc *d, struct err *e);
int json_check_duplicates(const struct json_doc *d, const struct json *object, struct err *e);

#endif
