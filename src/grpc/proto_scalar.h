/*
 * proto_scalar: texts of JSON become scalars of the wire format.
 *
 * Ownership: everything is borrowed. Thread: any.
 */
#ifndef GRPC_PROTO_SCALAR_H
#define GRPC_PROTO_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

#include "grpc/proto_types.h"
#include "grpc/proto_wire.h"
#include "util/buf.h"
#include "util/bytes.h"

/* What the text was in JSON. Some types differ: a bool is no string, but for a map's key. */
enum proto_from {
    FROM_STRING,
    FROM_NUMBER,
    FROM_BOOL, /* "true" or "false" */
    FROM_NULL, /* for an enum google.protobuf.NullValue */
    FROM_KEY,
    FROM_HOLE
};

enum proto_tagging {
    TAG_ALWAYS,
    TAG_UNLESS_DEFAULT, /* nothing is written for 0, false and the empty text */
    TAG_NONE            /* an element of a packed field */
};

/* How values of a type are written, one by one. */
enum wire_type proto_scalar_wire(enum proto_type type);

/* Appends the field with its value. False: the text does not fit; `out` may have a part of it. */
bool proto_scalar_put(struct buf *out, const struct proto_field *f, enum proto_tagging tagging,
                      enum proto_from from, struct bytes text);

/* True if a JSON number or bool can stand for it, and its text for that. */
bool proto_scalar_is_bare(const struct proto_field *f);

/* What the field needs: "an int32 (a whole number from -2147483648 to 2147483647)". */
#define PROTO_NEEDS_BYTES 320
void proto_scalar_needs(const struct proto_field *f, char out[PROTO_NEEDS_BYTES]);

#endif
