/* A FileDescriptorSet: it is refused, or all of its types can be used. */
#include "fuzz/grpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Looks at a message by all of its names. */
static void look(const struct proto_message *m) {
    static const char text[] = "{}";
    struct buf empty = {0}, json, bytes;
    for (size_t i = 0; i < m->field_count; i++) {
        const struct proto_field *f = &m->fields[i];
        CHECK(proto_field_numbered(m, f->number) == f);
        CHECK(proto_find_field(m, f->name) != NULL && proto_find_field(m, f->json_name) != NULL);
        CHECK(f->oneof < 0 || (size_t)f->oneof < m->oneof_count);
        CHECK((f->type == PROTO_ENUM) == (f->enumeration != NULL));
        CHECK(f->type == PROTO_MESSAGE || f->type == PROTO_GROUP || f->message == NULL);
    }
    buf_init(&empty, sizeof text);
    buf_str(&empty, text);
    if (grpc_encode(m, &empty, &bytes)) {
        CHECK(grpc_decode(m, bytes.data, bytes.len, &json));
        buf_done(&json);
    }
    buf_done(&bytes);
    buf_done(&empty);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct proto_set *s = NULL;
    struct buf json;
    struct err e = {""};
    if (proto_set_read("set", data, size, &s, &e) != 0) {
        CHECK(e.text[0] != '\0' && s == NULL);
        return 0;
    }
    for (size_t i = 0; i < proto_method_count(s); i++) {
        const struct proto_method *m = proto_method_at(s, i), *found = NULL;
        CHECK(m->path[0] == '/' && proto_find_message(s, m->input->name) == m->input);
        /* Of two methods with the same path, one is found. */
        CHECK(proto_find_method(s, m->path, &found, &e) == 0 && strcmp(found->path, m->path) == 0);
        look(m->input);
        look(m->output);
        if (grpc_decode(m->input, data, size, &json))
            CHECK(json.len > 0);
        buf_done(&json);
    }
    proto_set_free(s);
    return 0;
}
