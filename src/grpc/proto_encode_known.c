/* Messages that JSON writes as a text. */
#include "grpc/proto_encode_internal.h"
#include "grpc/proto_known.h"
#include "grpc/proto_time.h"
#include "grpc/proto_wire.h"

const struct proto_message *proto_encode_form(const struct proto_message *m) {
    return m->form != NULL ? m->form : m;
}

static void put_time(struct buf *out, const struct proto_time *t) {
    if (t->seconds != 0) {
        wire_add_tag(out, 1, WIRE_VARINT);
        wire_add_varint(out, (uint64_t)t->seconds);
    }
    if (t->nanos != 0) {
        wire_add_tag(out, 2, WIRE_VARINT);
        wire_add_varint(out, (uint64_t)(int64_t)t->nanos);
    }
}

/* "user.displayName" becomes "user.display_name". */
static bool put_path(struct buf *out, const char *text, size_t n) {
    wire_add_tag(out, 1, WIRE_BYTES);
    size_t at = out->len;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '_' || c <= ' ' || c >= 0x7f || c == '"' || c == '\\')
            return false;
        if (c >= 'A' && c <= 'Z') {
            buf_char(out, '_');
            c = (unsigned char)(c - 'A' + 'a');
        }
        buf_char(out, (char)c);
    }
    wire_insert_length(out, at);
    return true;
}

static bool put_mask(struct buf *out, struct bytes text) {
    size_t from = 0;
    if (text.len == 0)
        return true;
    for (size_t i = 0; i <= text.len; i++)
        if (i == text.len || text.data[i] == ',') {
            if (!put_path(out, text.data + from, i - from))
                return false;
            from = i + 1;
        }
    return true;
}

bool proto_encode_known_has_text(const struct proto_message *m) {
    return m->known == PROTO_TIMESTAMP || m->known == PROTO_DURATION ||
           m->known == PROTO_FIELD_MASK || m->known == PROTO_WRAPPER || m->known == PROTO_VALUE;
}

bool proto_encode_known_text(struct buf *out, const struct proto_message *m, enum proto_from from,
                             struct bytes text) {
    struct proto_time t;
    if (m->known == PROTO_WRAPPER)
        return proto_scalar_put(out, &proto_encode_form(m)->fields[0], TAG_UNLESS_DEFAULT, from,
                                text);
    if (m->known == PROTO_VALUE)
        return proto_scalar_put(out, &proto_known_value.fields[VALUE_STRING - 1], TAG_ALWAYS, from,
                                text);
    if (m->known == PROTO_FIELD_MASK)
        return put_mask(out, text);
    if (m->known == PROTO_TIMESTAMP ? !proto_timestamp_read(text, &t)
                                    : m->known != PROTO_DURATION || !proto_duration_read(text, &t))
        return false;
    put_time(out, &t);
    return true;
}
