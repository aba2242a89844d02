/*
 * from_openapi: shared by the parts of the OpenAPI converter: references, examples made from
 * schemas, parameters and bodies.
 *
 * Internal to convert/. Ownership: openapi_done() frees the documents that were read besides the
 * first. Thread: any.
 */
#ifndef CONVERT_FROM_OPENAPI_H
#define CONVERT_FROM_OPENAPI_H

#include "convert/draft.h"
#include "util/json.h"

#define OPENAPI_VALUE_MAX ((size_t)1 << 20)

/* Another document, to which a "$ref" leads. */
struct openapi_file {
    const char *path;     /* from the first document's folder */
    struct json_doc *doc; /* NULL: it cannot be read */
    struct openapi_file *next;
};

struct openapi {
    struct draft *d;
    const struct json_doc *doc;
    const struct json *root;
    bool swagger; /* version 2 */
    /* Values made, and members looked at, for the current example. A schema of a few lines can ask
     * for millions. */
    size_t values, looks;
    size_t strange; /* members of "paths" that are ignored */
    struct openapi_file *files;
    struct pointer_map
        resolved; /* "$ref"s of the first document into itself, and where they lead */
    /* Which document a "$ref" is in, by its address; the first if it is not here. */
    struct openapi_place *places;
    size_t place_count, place_cap;
};

void openapi_done(struct openapi *o);

/* Follows "$ref" (RFC 6901, and relative file names through the draft's `read`) as often as needed.
 * Returns NULL, with a note, if it leads nowhere, in a circle or out of the document's folder. */
const struct json *openapi_resolve(struct openapi *o, const struct json *v,
                                   struct draft_notes *notes);

/* Appends an example of the schema as JSON: the schema's own, its default, or one made from its
 * type. `name` is that of the property or parameter. *made becomes true if any value was
 * invented. */
void openapi_example(struct openapi *o, const struct json *schema, const char *name,
                     struct draft_notes *notes, struct buf *out, bool *made);

/* Appends an example of the document, in the form that the schema (or NULL) asks for: a text that
 * holds JSON becomes JSON, a number that is to be a text becomes one. Returns false, and appends
 * nothing, if it is of another type. */
bool openapi_given(struct openapi *o, const struct json *example, const struct json *schema,
                   struct draft_notes *notes, struct buf *out);

/* The member of a schema, or of one that it is made of (allOf, oneOf, anyOf). */
const struct json *openapi_find(struct openapi *o, const struct json *schema, const char *key,
                                struct draft_notes *notes);

/* The alternative of oneOf or anyOf that examples are made of: the first that is not null; NULL:
 * there is none. */
const struct json *openapi_alternative(struct openapi *o, const struct json *s,
                                       struct draft_notes *notes);

/* "string": also if only other members of the schema tell. */
const char *openapi_type(struct openapi *o, const struct json *schema, struct draft_notes *notes);

/* Append a value of the document as JSON, or the inside of a JSON string. */
void openapi_copy_text(const char *text, size_t n, struct buf *out);
void openapi_copy(const struct json *v, struct buf *out);

/* Appends a text, number or boolean as text. */
bool openapi_scalar(const struct json *v, struct buf *out);

bool openapi_is_true(const struct json *v, const char *key);

/* An operation that is being read. */
struct openapi_operation {
    struct openapi *o;
    struct draft_request *q;
    const struct json *path_item, *operation;
    struct buf query, cookies;
    struct buf left; /* names of optional parameters that were left out */
};

/* Sets the query, headers and cookies from the parameters. */
void openapi_parameters(struct openapi_operation *x);

/* Appends `name=value` to the query. */
void openapi_query_add(struct openapi_operation *x, const char *name, const char *value, size_t n,
                       bool reserved);

/* Appends the path, with a value for each {name}. */
void openapi_path(struct openapi_operation *x, const char *template, struct buf *out);

/* Calls `fn` for each parameter of the operation and of its path, resolved; an operation's replaces
 * the path's of the same name and place. */
typedef void openapi_parameter_fn(struct openapi_operation *x, const struct json *p, void *context);
void openapi_each_parameter(struct openapi_operation *x, openapi_parameter_fn *fn, void *context);

/* Sets the body. Returns NULL, or the media type that no body can be made for. */
const char *openapi_body(struct openapi_operation *x);

#endif
