#include "grpc/proto_decode_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grpc/proto_time.h"
#include "grpc/proto_wire.h"
#include "util/repr.h"

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float float_of(uint64_t bits) {
    uint32_t half = (uint32_t)bits;
    float value;
    memcpy(&value, &half, sizeof value);
    return value;
}

uint64_t proto_decode_bits(const struct proto_field *f, uint64_t wire) {
    switch (f->type) {
    case PROTO_INT32:
    case PROTO_SFIXED32:
    case PROTO_ENUM:
        return (uint64_t)(int64_t)(int32_t)wire;
    case PROTO_SINT32:
        return (uint64_t)wire_unzigzag((uint32_t)wire);
    case PROTO_SINT64:
        return (uint64_t)wire_unzigzag(wire);
    case PROTO_UINT32:
        return (uint32_t)wire;
    case PROTO_BOOL:
        return wire != 0;
    case PROTO_DOUBLE:
    case PROTO_FLOAT:
    case PROTO_INT64:
    case PROTO_UINT64:
    case PROTO_FIXED64:
    case PROTO_FIXED32:
    case PROTO_STRING:
    case PROTO_GROUP:
    case PROTO_MESSAGE:
    case PROTO_BYTES:
    case PROTO_SFIXED64:
        break;
    }
    return wire;
}

static bool is_unsigned(enum proto_type type) {
    return type == PROTO_UINT64 || type == PROTO_UINT32 || type == PROTO_FIXED64 ||
           type == PROTO_FIXED32 || type == PROTO_BOOL;
}

static bool is_long(enum proto_type type) {
    return type == PROTO_INT64 || type == PROTO_UINT64 || type == PROTO_SINT64 ||
           type == PROTO_FIXED64 || type == PROTO_SFIXED64;
}

/* The fewest digits that give the same float again. */
static void add_float(float value, struct buf *out) {
    char text[40];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    buf_str(out, text);
    /* As for doubles: -0 would be the integer 0 for some readers. */
    if (text[strspn(text, "-0123456789")] == '\0')
        buf_str(out, ".0");
}

static void add_real(const struct proto_field *f, uint64_t bits, struct buf *out) {
    double value = f->type == PROTO_FLOAT ? (double)float_of(bits) : double_of(bits);
    char text[REPR_BYTES];
    if (isnan(value))
        buf_str(out, "\"NaN\"");
    else if (isinf(value))
        buf_str(out, value < 0 ? "\"-Infinity\"" : "\"Infinity\"");
    else if (f->type == PROTO_FLOAT)
        add_float(float_of(bits), out);
    else {
        repr_text(value, text);
        buf_str(out, text);
    }
}

static void add_integer(const struct proto_field *f, uint64_t bits, struct buf *out) {
    if (is_unsigned(f->type))
        buf_uint(out, bits);
    else
        buf_int(out, (int64_t)bits);
}

static void add_enum(const struct proto_enum *t, int32_t number, struct buf *out) {
    const struct proto_enum_value *v = proto_enum_numbered(t, number);
    if (t->null)
        buf_str(out, "null");
    else if (v != NULL) {
        buf_char(out, '"');
        buf_str(out, v->name);
        buf_char(out, '"');
    } else {
        buf_int(out, number);
    }
}

void proto_decode_number(const struct proto_field *f, uint64_t wire, struct buf *out) {
    uint64_t bits = proto_decode_bits(f, wire);
    if (f->type == PROTO_DOUBLE || f->type == PROTO_FLOAT)
        add_real(f, bits, out);
    else if (f->type == PROTO_ENUM)
        add_enum(f->enumeration, (int32_t)bits, out);
    else if (f->type == PROTO_BOOL)
        buf_str(out, bits != 0 ? "true" : "false");
    else {
        buf_str(out, is_long(f->type) ? "\"" : "");
        add_integer(f, bits, out);
        buf_str(out, is_long(f->type) ? "\"" : "");
    }
}

void proto_decode_key(const struct proto_field *f, uint64_t bits, struct buf *out) {
    if (f->type == PROTO_BOOL)
        buf_str(out, bits != 0 ? "true" : "false");
    else
        add_integer(f, bits, out);
}

int proto_decode_compare(const struct proto_field *f, uint64_t a, uint64_t b) {
    if (is_unsigned(f->type))
        return (a > b) - (a < b);
    return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
}

bool proto_decode_time(bool stamp, uint64_t seconds, uint64_t nanos, struct buf *out) {
    struct proto_time t = {(int64_t)seconds, (int32_t)nanos};
    buf_char(out, '"');
    bool good = stamp ? proto_timestamp_text(t, out) : proto_duration_text(t, out);
    buf_char(out, '"');
    return good;
}

bool proto_decode_mask_path(struct bytes path, struct buf *out) {
    bool up = false;
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.data[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == ',' || (c >= 'A' && c <= 'Z') ||
            (up && (c < 'a' || c > 'z')))
            return false;
        if (c != '_')
            buf_char(out, (char)(up ? c - 'a' + 'A' : c));
        up = c == '_';
    }
    return !up;
}

bool proto_decode_is_finite(uint64_t bits) {
    return isfinite(double_of(bits));
}

const struct proto_message *proto_decode_any_type(const struct proto_set *s, struct bytes url) {
    char name[512];
    const char *slash = url.len == 0 ? NULL : memrchr(url.data, '/', url.len);
    size_t n = slash == NULL ? 0 : url.len - (size_t)(slash + 1 - url.data);
    if (s == NULL || n == 0 || n >= sizeof name || memchr(slash, '\0', n + 1) != NULL)
        return NULL;
    memcpy(name, slash + 1, n);
    name[n] = '\0';
    return proto_find_message(s, name);
}
