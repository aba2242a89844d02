/*
 * proto_types: the message types and methods of a protobuf schema, linked with each other.
 *
 * They come from a FileDescriptorSet, which protoc writes (`protoc --include_imports -o FILE`), or
 * which proto_source.h and reflection.h get. The format is google/protobuf/descriptor.proto; the
 * code that protobuf-c generates from it reads it. Limits bound bytes, memory and nesting, because
 * a set may come from a server. Options other than those of the JSON mapping, extensions and
 * defaults of proto2 are ignored. It neither encodes nor decodes messages.
 *
 * Ownership: the set owns everything that it returns; proto_set_free() frees all at once.
 * Thread: a set is read-only once it is made, and may be shared.
 */
#ifndef GRPC_PROTO_TYPES_H
#define GRPC_PROTO_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/bytes.h"
#include "util/err.h"

#define PROTO_SET_BYTES_MAX ((size_t)16 << 20)
#define PROTO_SET_NESTING_MAX 32 /* types within types */

/* As descriptor.proto numbers them. */
enum proto_type {
    PROTO_DOUBLE = 1,
    PROTO_FLOAT,
    PROTO_INT64,
    PROTO_UINT64,
    PROTO_INT32,
    PROTO_FIXED64,
    PROTO_FIXED32,
    PROTO_BOOL,
    PROTO_STRING,
    PROTO_GROUP, /* its place in messages is known, so that it is refused by name */
    PROTO_MESSAGE,
    PROTO_BYTES,
    PROTO_UINT32,
    PROTO_ENUM,
    PROTO_SFIXED32,
    PROTO_SFIXED64,
    PROTO_SINT32,
    PROTO_SINT64
};

/* Types that the JSON mapping treats in their own way. */
enum proto_known {
    PROTO_ORDINARY,
    PROTO_ANY,
    PROTO_DURATION,
    PROTO_FIELD_MASK,
    PROTO_LIST_VALUE,
    PROTO_STRUCT,
    PROTO_TIMESTAMP,
    PROTO_VALUE,
    PROTO_WRAPPER /* DoubleValue to BytesValue: written as its field 1 */
};

struct proto_enum_value {
    const char *name;
    int32_t number;
};

struct proto_enum {
    const char *name;                      /* with its package, as everywhere below: "pkg.Color" */
    const struct proto_enum_value *values; /* as declared; several may have the same number */
    size_t value_count;
    const struct proto_enum_value **by_name, **by_number; /* internal: sorted */
    bool closed;                                          /* of proto2: it has no other numbers */
    bool null; /* google.protobuf.NullValue: JSON's null */
};

struct proto_field {
    const char *name;      /* as in the .proto file */
    const char *json_name; /* as in JSON, by default in lowerCamelCase */
    uint32_t number;
    enum proto_type type;
    bool repeated; /* maps too */
    bool map;      /* `message` is the entry: fields[0] is the key, fields[1] the value */
    bool packed;   /* is sent so; both forms are read */
    bool presence; /* a default value that is set is sent too */
    bool required; /* of proto2 */
    int32_t oneof; /* index in the message's oneofs; -1: none, or only because it is `optional` */
    const struct proto_message *message;  /* PROTO_MESSAGE and PROTO_GROUP; else NULL */
    const struct proto_enum *enumeration; /* PROTO_ENUM; else NULL */
};

struct proto_message {
    const char *name;
    enum proto_known known;
    const struct proto_field *fields; /* sorted by number */
    size_t field_count;
    const char *const *oneofs; /* names; those of `optional` fields come last and are not counted */
    size_t oneof_count;
    /* Internal: fields, sorted by name and by json_name. */
    const struct proto_field **by_name, **by_json_name;
    const struct proto_message *form; /* internal: what is published of a known type */
    const struct proto_set *set;
};

struct proto_method {
    const char *service, *name; /* "pkg.Service", "Method" */
    const char *path;           /* "/pkg.Service/Method" */
    const struct proto_message *input, *output;
    bool client_streaming, server_streaming;
};

struct proto_set;

/* Reads a FileDescriptorSet. `name` is what errors call it: a file's name. All types that it names
 * must be in it. */
int proto_set_read(const char *name, const void *bytes, size_t n, struct proto_set **out,
                   struct err *e);
void proto_set_free(struct proto_set *s);

/* Gets a file of a FileDescriptorSet, and its FileDescriptorProto. Returns -1 with its own error
 * in *e. */
typedef int proto_set_file_fn(void *context, struct bytes name, struct bytes descriptor,
                              struct err *e);

/* Calls `found` for each file of a set that proto_set_read() accepted, but for those of
 * google/protobuf, whose types are those that are published (proto_known.h). */
int proto_set_files(struct bytes set, proto_set_file_fn *found, void *context, struct err *e);

/* All methods, sorted by the names of their files; those of a service follow each other. */
size_t proto_method_count(const struct proto_set *s);
const struct proto_method *proto_method_at(const struct proto_set *s, size_t i);

/* Finds "pkg.Service/Method"; a leading "/" and "pkg.Service.Method" are allowed. The error names
 * the nearest service or method. */
int proto_find_method(const struct proto_set *s, const char *text, const struct proto_method **out,
                      struct err *e);

/* "pkg.Message", or NULL. */
const struct proto_message *proto_find_message(const struct proto_set *s, const char *name);

/* By either of its names, by its number; NULL: there is none. */
const struct proto_field *proto_find_field(const struct proto_message *m, const char *name);
const struct proto_field *proto_field_numbered(const struct proto_message *m, uint32_t number);

/* The value with this name or number; of several with the number the first. NULL: there is none. */
const struct proto_enum_value *proto_enum_named(const struct proto_enum *t, const char *name);
const struct proto_enum_value *proto_enum_numbered(const struct proto_enum *t, int32_t number);

/* "int64", "string", "an enum"..., as in a .proto file: for messages. */
const char *proto_type_text(enum proto_type type);

#endif
