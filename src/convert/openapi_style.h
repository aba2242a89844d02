/*
 * openapi_style: how OpenAPI writes lists and objects into paths, queries, forms and headers
 * (OpenAPI 3.1, "Style Values", after RFC 6570).
 *
 * Internal to convert/. Ownership: none taken. Thread: any.
 */
#ifndef CONVERT_OPENAPI_STYLE_H
#define CONVERT_OPENAPI_STYLE_H

#include "convert/draft.h"
#include "util/json.h"

struct openapi_style {
    char begin;   /* path: '.' of label, ';' of matrix, or 0 */
    char between; /* of the elements of a list that is one value */
    bool explode, deep;
};

/* The style of this name ("": the default of the place). `explode` may be NULL. */
struct openapi_style openapi_style(const char *name, const char *in, const struct json *explode);

/* The same for a "collectionFormat" of version 2. */
struct openapi_style openapi_style_2(const char *format, const char *in);

/* A piece of a value, with the separator in front of it (0: none). */
struct openapi_piece {
    char before;
    const char *text;
    size_t n;
};

/* Takes one `name=value` pair; the value is the pieces together. */
typedef void openapi_pair_fn(void *context, const char *name, const struct openapi_piece *pieces,
                             size_t count);

/* Gives the pairs of a value to `fn`, for a query or a form. */
void openapi_pairs(struct draft *d, struct openapi_style s, const char *name, const struct json *v,
                   openapi_pair_fn *fn, void *context);

/* Appends the value as one text, for a header or a cookie. */
void openapi_flat(struct openapi_style s, const struct json *v, struct buf *out);

/* Appends the value as a path has it, escaped. */
void openapi_in_path(struct draft *d, struct openapi_style s, const char *name,
                     const struct json *v, struct buf *out);

/* Appends with %XX; `reserved` keeps the characters that RFC 3986 reserves. */
void openapi_escape(const struct draft *d, const char *text, size_t n, bool reserved,
                    struct buf *out);

#endif
