/*
 * jsonpath_internal: a compiled search, which the parser creates and the search uses.
 *
 * Internal to scenario/jsonpath*.c. Ownership: a path owns its segments, which own their selectors
 * and filters. Thread: read-only once compiled.
 */
#ifndef SCENARIO_JSONPATH_INTERNAL_H
#define SCENARIO_JSONPATH_INTERNAL_H

#include <stdbool.h>

#include "scenario/jsonpath.h"
#include "scenario/jsonscan.h"

enum selector_kind {
    SELECT_NAME,
    SELECT_INDEX,
    SELECT_TOKEN, /* of a JSON Pointer: a name in an object, an index in an array */
    SELECT_ALL,
    SELECT_SLICE,
    SELECT_FILTER
};

struct selector {
    enum selector_kind kind;
    char *name; /* decoded */
    size_t len;
    int64_t index;            /* SELECT_INDEX; SELECT_TOKEN: -1 if it is not an index */
    bool has_start, has_end;  /* SELECT_SLICE */
    int64_t start, end, step; /* SELECT_SLICE */
    struct filter *filter;
};

struct segment {
    bool descend; /* preceded by ".." */
    struct selector *items;
    size_t count;
};

struct segments {
    struct segment *items;
    size_t count;
};

enum filter_kind {
    FILTER_OR,
    FILTER_AND,
    FILTER_NOT,
    FILTER_EXISTS, /* left is a path */
    FILTER_COMPARE
};

enum jsonpath_comparison {
    COMPARE_EQUAL,
    COMPARE_UNEQUAL,
    COMPARE_LESS,
    COMPARE_LESS_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_EQUAL
};

/* One side of a comparison: a literal as JSON text, or a path from the current value or the
 * root. */
struct operand {
    bool is_path, from_root;
    struct segments path;
    char *literal;
    size_t len;
};

struct filter {
    enum filter_kind kind;
    enum jsonpath_comparison comparison;
    struct filter *a, *b;
    struct operand left, right;
};

struct jsonpath {
    char *text;
    struct segments path;
};

#endif
