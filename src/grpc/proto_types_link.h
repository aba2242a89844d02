/*
 * proto_types_link: what descriptors say of fields and values, and what they refer to.
 *
 * Internal to proto_types. Ownership: everything goes into the memory of the set. Thread: one.
 */
#ifndef GRPC_PROTO_TYPES_LINK_H
#define GRPC_PROTO_TYPES_LINK_H

#include <google/protobuf/descriptor.pb-c.h>

#include "grpc/proto_types_internal.h"

#define PROTO_ONEOFS_MAX 1000
#define PROTO_SET_MEMORY_MAX ((size_t)256 << 20) /* of the descriptors, and again of the types */

/* The descriptor of a message. */
struct proto_source {
    const Google__Protobuf__DescriptorProto *message;
    bool proto3;
};

struct proto_reader {
    struct proto_set *set;
    struct err *e;
    Google__Protobuf__FileDescriptorProto **files;
    size_t file_count;
    struct proto_source *sources; /* of set->messages */
};

/* Zeroed memory of the set, or NULL with the error set. */
void *proto_reader_items(struct proto_reader *r, size_t count, size_t bytes);

/* A copy of a text, or NULL with the error set. */
char *proto_reader_text(struct proto_reader *r, const char *text);

int proto_reader_memory(struct proto_reader *r); /* fails: there is no more */
bool proto_reader_is_name(const char *name);     /* identifiers with dots between them */

/* A copy of a name, alone and with its scope before it. NULL with the error set if it is no
 * identifier, or memory runs out. */
char *proto_reader_word(struct proto_reader *r, const char *scope, const char *word);
char *proto_reader_name(struct proto_reader *r, const char *scope, const char *word);

int proto_link_enum(struct proto_reader *r, struct proto_enum *t,
                    const Google__Protobuf__EnumDescriptorProto *d);

/* Once all names are there: the fields of a message. */
int proto_link_message(struct proto_reader *r, struct proto_message *m,
                       const struct proto_source *source);

/* Once all messages have their fields: checks that the entries of its maps have key and value. */
int proto_link_maps(struct proto_reader *r, const struct proto_message *m);

/* The message that a method names; `scope` is its service. */
int proto_link_type(struct proto_reader *r, const char *scope, const char *type_name,
                    const char *user, const struct proto_message **out);

#endif
