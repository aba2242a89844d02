/*
 * jsonpath: finds one value in a JSON text, by JSON Pointer (RFC 6901) or JSONPath (RFC 9535),
 * without building a tree.
 *
 * It walks over the text's bytes and stops at the first value that fits; what it need not look at
 * it does not check. Of equal keys the first counts. Of RFC 9535 it has: $, names ('a', "a", .a),
 * wildcards, indexes (also negative), slices, lists of these ([0,'a',*]), descendants (..), and
 * filters with ==, !=, <, <=, >, >=, &&, ||, !, parentheses, existence, literals, and paths from @
 * or $ of names and indexes. It does not have functions (length(), match(), ...), nor wildcards
 * inside a filter's paths, and says so when it meets one. In a filter, objects and arrays equal
 * nothing. The result is the first node of RFC 9535's list.
 *
 * Ownership: jsonpath_free() frees; a found value is a view of the caller's text. Thread: only read
 * once compiled.
 */
#ifndef SCENARIO_JSONPATH_H
#define SCENARIO_JSONPATH_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/bytes.h"
#include "util/err.h"

#define JSONPATH_BYTES_MAX 4096
#define JSONPATH_DEPTH_MAX 512 /* of the JSON text */
/* How many bytes one search may walk over: those of the text some times, and these. */
#define JSONPATH_PASSES_MAX 8
#define JSONPATH_WORK_MAX (UINT64_C(4) << 20)

struct jsonpath;

enum jsonpath_found {
    JSONPATH_FOUND,
    JSONPATH_MISSING, /* the text has no such value */
    /* The text is no JSON as far as it was read, too deep, or the search too long. */
    JSONPATH_BROKEN
};

/* The error names the place in the expression, counted in characters from 1. */
int jsonpath_pointer(const char *text, size_t n, struct jsonpath **out, struct err *e);
int jsonpath_path(const char *text, size_t n, struct jsonpath **out, struct err *e);
void jsonpath_free(struct jsonpath *p);

const char *jsonpath_text(const struct jsonpath *p); /* as it was written */

/* *value becomes the raw text of the first value that fits. `e` says why if there is none. */
enum jsonpath_found jsonpath_find(const struct jsonpath *p, struct bytes json, struct bytes *value,
                                  struct err *e);

/* Appends a found value as text: a string decoded and without quotes, anything else as written. */
int jsonpath_value_text(struct bytes value, struct buf *out, struct err *e);

#endif
