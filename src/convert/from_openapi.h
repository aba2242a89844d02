/*
 * from_openapi: shared by the two halves of the OpenAPI converter: resolves a $ref, and makes an
 * example from a schema.
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
    /* Values made for the current example. A schema of a few lines can ask for millions. */
    size_t values;
    size_t strange; /* members of "paths" that are ignored */
};

/* Follows "$ref": "#/..." (RFC 6901) as often as needed. Returns NULL, with a note, if it leads
 * nowhere, in a circle or out of the document. */
const struct json *openapi_resolve(struct openapi *o, const struct json *v,
                                   struct draft_notes *notes);

/* Appends an example of the schema as JSON: the schema's own, its default, or one made from its
 * type. `name` is that of the property or parameter. *made becomes true if any value was
 * invented. */
void openapi_example(struct openapi *o, const struct json *schema, const char *name,
                     struct draft_notes *notes, struct buf *out, bool *made);

/* Appends a value of the document as JSON. */
void openapi_copy(const struct json *v, struct buf *out);

#endif
