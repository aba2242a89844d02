/*
 * from_openapi: what the two halves of the OpenAPI converter share: finding a $ref, and making an
 * example of a schema.
 *
 * Internal to convert/. Thread: any.
 */
#ifndef CONVERT_FROM_OPENAPI_H
#define CONVERT_FROM_OPENAPI_H

#include "convert/draft.h"
#include "util/json.h"

struct openapi {
    struct draft *d;
    const struct json_doc *doc;
    const struct json *root;
    /* made so far for the current example: a schema of a few lines can ask for millions */
    size_t values;
    size_t strange; /* members of "paths" that are not read */
};

/* Follows "$ref": "#/..." (RFC 6901) as often as needed; NULL, with a note, where it leads nowhere,
 * in a circle or out of the document. */
const struct json *openapi_resolve(struct openapi *o, const struct json *v,
                                   struct draft_notes *notes);

/* Appends an example of the schema as JSON: its own, its default, or one made by its type. `name`
 * is the property's or parameter's. *made becomes true where anything had to be made up. */
void openapi_example(struct openapi *o, const struct json *schema, const char *name,
                     struct draft_notes *notes, struct buf *out, bool *made);

/* Appends a value of the document as JSON. */
void openapi_copy(const struct json *v, struct buf *out);

#endif
