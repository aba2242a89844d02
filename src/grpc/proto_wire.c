#include "grpc/proto_wire.h"

#include <string.h>

/* Writes a number; returns its size. */
static size_t put_varint(char to[WIRE_VARINT_BYTES], uint64_t value) {
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        to[n++] = (char)(value | 0x80);
    to[n++] = (char)value;
    return n;
}

void wire_add_varint(struct buf *out, uint64_t value) {
    char bytes[WIRE_VARINT_BYTES];
    buf_add(out, bytes, put_varint(bytes, value));
}

void wire_add_tag(struct buf *out, uint32_t number, enum wire_type type) {
    wire_add_varint(out, (uint64_t)number << 3 | type);
}

void wire_add_bytes(struct buf *out, uint32_t number, const void *bytes, size_t n) {
    wire_add_tag(out, number, WIRE_BYTES);
    wire_add_varint(out, n);
    buf_add(out, bytes, n);
}

void wire_add_fixed(struct buf *out, uint64_t bits, size_t bytes) {
    char to[8];
    for (size_t i = 0; i < bytes && i < sizeof to; i++)
        to[i] = (char)(bits >> (8 * i));
    buf_add(out, to, bytes);
}

void wire_insert_length(struct buf *out, size_t at) {
    char length[WIRE_VARINT_BYTES];
    size_t bytes = out->len - at, n = put_varint(length, bytes);
    if (buf_room(out, n) == NULL)
        return;
    memmove(out->data + at + n, out->data + at, bytes);
    memcpy(out->data + at, length, n);
}

uint64_t wire_zigzag(int64_t value) {
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

int64_t wire_unzigzag(uint64_t value) {
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

bool wire_get_varint(struct bytes *at, uint64_t *value) {
    uint64_t v = 0;
    for (size_t i = 0; i < at->len && i < WIRE_VARINT_BYTES; i++) {
        unsigned char c = (unsigned char)at->data[i];
        v |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c < 0x80) {
            at->data += i + 1;
            at->len -= i + 1;
            *value = v;
            return true;
        }
    }
    return false;
}

static bool get_tag(struct bytes *at, struct wire_record *r) {
    uint64_t tag;
    if (!wire_get_varint(at, &tag) || tag > UINT32_MAX || tag >> 3 == 0 || (tag & 7) > WIRE_FIXED32)
        return false;
    r->number = (uint32_t)(tag >> 3);
    r->type = (enum wire_type)(tag & 7);
    return true;
}

static bool get_bytes(struct bytes *at, size_t n, struct bytes *out) {
    if (n > at->len)
        return false;
    *out = (struct bytes){at->data, n};
    at->data += n;
    at->len -= n;
    return true;
}

static bool get_fixed(struct bytes *at, size_t n, uint64_t *bits) {
    struct bytes b;
    if (!get_bytes(at, n, &b))
        return false;
    *bits = 0;
    for (size_t i = 0; i < n; i++)
        *bits |= (uint64_t)(unsigned char)b.data[i] << (8 * i);
    return true;
}

/* What follows the tag of any record but a group. */
static bool get_content(struct bytes *at, struct wire_record *r) {
    uint64_t n;
    switch (r->type) {
    case WIRE_VARINT:
        return wire_get_varint(at, &r->bits);
    case WIRE_FIXED64:
        return get_fixed(at, 8, &r->bits);
    case WIRE_FIXED32:
        return get_fixed(at, 4, &r->bits);
    case WIRE_BYTES:
        return wire_get_varint(at, &n) && n <= at->len && get_bytes(at, (size_t)n, &r->bytes);
    case WIRE_GROUP:
    case WIRE_GROUP_END:
        break;
    }
    return false;
}

static bool skip_group(struct bytes *at, uint32_t number) {
    uint32_t open[WIRE_GROUPS_MAX];
    size_t depth = 0;
    open[depth++] = number;
    while (depth > 0) {
        struct wire_record r;
        if (!get_tag(at, &r))
            return false;
        if (r.type == WIRE_GROUP) {
            if (depth == WIRE_GROUPS_MAX)
                return false;
            open[depth++] = r.number;
        } else if (r.type == WIRE_GROUP_END) {
            if (open[--depth] != r.number)
                return false;
        } else if (!get_content(at, &r)) {
            return false;
        }
    }
    return true;
}

bool wire_next(struct bytes *at, struct wire_record *r) {
    if (!get_tag(at, r))
        return false;
    return r->type == WIRE_GROUP ? skip_group(at, r->number) : get_content(at, r);
}
