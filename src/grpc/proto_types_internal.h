/*
 * proto_types_internal: what the files of proto_types share.
 *
 * Ownership and threads: as in proto_types.h.
 */
#ifndef GRPC_PROTO_TYPES_INTERNAL_H
#define GRPC_PROTO_TYPES_INTERNAL_H

#include "grpc/proto_types.h"
#include "util/arena.h"

/* A message or an enum. */
struct proto_name {
    const char *name;
    struct proto_message *message;
    struct proto_enum *enumeration;
};

struct proto_set {
    struct arena memory; /* of everything below */
    const char *name;    /* of the set, in errors */
    struct proto_message *messages;
    struct proto_enum *enums;
    struct proto_method *methods;
    struct proto_name *names; /* sorted */
    size_t message_count, enum_count, method_count, name_count;
};

/* NULL: there is none. */
const struct proto_name *proto_set_named(const struct proto_set *s, const char *name);

#endif
