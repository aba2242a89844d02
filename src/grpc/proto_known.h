/*
 * proto_known: the well-known types (package google.protobuf), as they are published.
 *
 * The JSON mapping gives them forms of their own. A schema may define other fields under these
 * names; those are ignored. Everything is constant. Thread: any.
 */
#ifndef GRPC_PROTO_KNOWN_H
#define GRPC_PROTO_KNOWN_H

#include "grpc/proto_types.h"

/* The type with this full name, with its fields; `known` says which it is. NULL: it is ordinary. */
const struct proto_message *proto_known_form(const char *name);

/* The fields of google.protobuf.Value. */
enum proto_value_field {
    VALUE_NULL = 1,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_BOOL,
    VALUE_STRUCT,
    VALUE_LIST
};

extern const struct proto_message proto_known_value, proto_known_struct, proto_known_list;

#endif
