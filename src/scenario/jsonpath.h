/*
 * jsonpath: finds one value in a JSON text, by JSON Pointer (RFC 6901) or JSONPath (RFC 9535),
 * without building a tree.
 *
 * It scans the text and stops at the first match; parts that it does not need are not checked. Of
 * duplicate keys, the first is used. Supported from RFC 9535: $, names ('a', "a", .a), wildcards,
 * indexes (also negative), slices, lists of these ([0,'a',*]), descendants (..), and filters with
 * ==, !=, <, <=, >, >=, &&, ||, !, parentheses, existence, literals, and paths from @ or $ of names
 * and indexes. Not supported, with an error that says so: functions (length(), match(), ...) and
 * wildcards inside a filter's paths. In a filter, objects and arrays are equal to nothing. The
 * result is the first node of RFC 9535's list.
 *
 * Ownership: jsonpath_free() frees; a found value points into the caller's text. Thread: read-only
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
#define JSONPATH_DEPTH_MAX 512 /* nesting limit of the JSON text */
/* Work limit of one search: JSONPATH_PASSES_MAX x text length + JSONPATH_WORK_MAX bytes. */
#define JSONPATH_PASSES_MAX 8
#define JSONPATH_WORK_MAX (UINT64_C(4) << 20)

struct jsonpath;

enum jsonpath_found {
    JSONPATH_FOUND,
    JSONPATH_MISSING, /* the text has no such value */
    /* The part of the text that was read is not JSON or is nested too deep, or the search
     * reached its work limit. */
    JSONPATH_BROKEN
};

/* The error gives the position in the expression, in characters from 1. */
int jsonpath_pointer(const char *text, size_t n, struct jsonpath **out, struct err *e);
int jsonpath_path(const char *text, size_t n, struct jsonpath **out, struct err *e);
void jsonpath_free(struct jsonpath *p);

const char *jsonpath_text(const struct jsonpath *p); /* as written */

/* *value becomes the raw text of the first match. If there is none, `e` says why. */
enum jsonpath_found jsonpath_find(const struct jsonpath *p, struct bytes json, struct bytes *value,
                                  struct err *e);

/* Appends a found value as text: a string decoded and without quotes, other values as written. */
int jsonpath_value_text(struct bytes value, struct buf *out, struct err *e);

#endif
