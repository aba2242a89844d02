#include "grpc/proto_known.h"

#include <string.h>

#include "util/array.h"

#define FIELD(n, word, kind, ...)                                                                  \
    { .name = word, .json_name = word, .number = n, .type = kind, .oneof = -1, __VA_ARGS__ }
#define FORM(word, which, list)                                                                    \
    {                                                                                              \
        .name = "google.protobuf." word, .known = (which), .fields = (list),                       \
        .field_count = COUNT_OF(list)                                                              \
    }

static const struct proto_enum_value null_value = {"NULL_VALUE", 0};
static const struct proto_enum_value *null_values[] = {&null_value};
static const struct proto_enum null_enum = {.name = "google.protobuf.NullValue",
                                            .values = &null_value,
                                            .value_count = 1,
                                            .by_name = null_values,
                                            .by_number = null_values,
                                            .null = true};

static const struct proto_field any_fields[] = {FIELD(1, "type_url", PROTO_STRING, 0),
                                                FIELD(2, "value", PROTO_BYTES, 0)};
static const struct proto_field time_fields[] = {FIELD(1, "seconds", PROTO_INT64, 0),
                                                 FIELD(2, "nanos", PROTO_INT32, 0)};
static const struct proto_field mask_fields[] = {FIELD(1, "paths", PROTO_STRING, .repeated = true)};
static const struct proto_field list_fields[] = {
    FIELD(1, "values", PROTO_MESSAGE, .repeated = true, .message = &proto_known_value)};
static const struct proto_field entry_fields[] = {
    FIELD(1, "key", PROTO_STRING, 0),
    FIELD(2, "value", PROTO_MESSAGE, .presence = true, .message = &proto_known_value)};
static const struct proto_message entry_form =
    FORM("Struct.FieldsEntry", PROTO_ORDINARY, entry_fields);
static const struct proto_field struct_fields[] = {
    FIELD(1, "fields", PROTO_MESSAGE, .repeated = true, .map = true, .message = &entry_form)};

#define KIND(n, word, kind, ...)                                                                   \
    { .name = word, .json_name = word, .number = n, .type = kind, .presence = true, __VA_ARGS__ }
static const struct proto_field value_fields[] = {
    KIND(VALUE_NULL, "null_value", PROTO_ENUM, .enumeration = &null_enum),
    KIND(VALUE_NUMBER, "number_value", PROTO_DOUBLE, 0),
    KIND(VALUE_STRING, "string_value", PROTO_STRING, 0),
    KIND(VALUE_BOOL, "bool_value", PROTO_BOOL, 0),
    KIND(VALUE_STRUCT, "struct_value", PROTO_MESSAGE, .message = &proto_known_struct),
    KIND(VALUE_LIST, "list_value", PROTO_MESSAGE, .message = &proto_known_list)};
static const char *const value_oneofs[] = {"kind"};

const struct proto_message proto_known_value = {.name = "google.protobuf.Value",
                                                .known = PROTO_VALUE,
                                                .fields = value_fields,
                                                .field_count = COUNT_OF(value_fields),
                                                .oneofs = value_oneofs,
                                                .oneof_count = 1};
const struct proto_message proto_known_struct = FORM("Struct", PROTO_STRUCT, struct_fields);
const struct proto_message proto_known_list = FORM("ListValue", PROTO_LIST_VALUE, list_fields);

/* A wrapper's only field. */
#define WRAPPED(kind)                                                                              \
    (const struct proto_field[]) {                                                                 \
        FIELD(1, "value", kind, 0)                                                                 \
    }
#define WRAPPER(word, kind)                                                                        \
    {                                                                                              \
        .name = "google.protobuf." word, .known = PROTO_WRAPPER, .fields = WRAPPED(kind),          \
        .field_count = 1                                                                           \
    }
static const struct proto_message forms[] = {
    FORM("Any", PROTO_ANY, any_fields),
    FORM("Duration", PROTO_DURATION, time_fields),
    FORM("FieldMask", PROTO_FIELD_MASK, mask_fields),
    FORM("Timestamp", PROTO_TIMESTAMP, time_fields),
    WRAPPER("BoolValue", PROTO_BOOL),
    WRAPPER("BytesValue", PROTO_BYTES),
    WRAPPER("DoubleValue", PROTO_DOUBLE),
    WRAPPER("FloatValue", PROTO_FLOAT),
    WRAPPER("Int32Value", PROTO_INT32),
    WRAPPER("Int64Value", PROTO_INT64),
    WRAPPER("StringValue", PROTO_STRING),
    WRAPPER("UInt32Value", PROTO_UINT32),
    WRAPPER("UInt64Value", PROTO_UINT64),
};

const struct proto_message *proto_known_form(const char *name) {
    const struct proto_message *const others[] = {&proto_known_value, &proto_known_struct,
                                                  &proto_known_list};
    if (strncmp(name, "google.protobuf.", strlen("google.protobuf.")) != 0)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (strcmp(others[i]->name, name) == 0)
            return others[i];
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}
