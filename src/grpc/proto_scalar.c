#include "grpc/proto_scalar.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grpc/proto_wire.h"
#include "util/encode.h"
#include "util/json.h"
#include "util/text.h"

#define NUMBER_BYTES ((size_t)400) /* longer texts are no numbers */

struct integer {
    bool negative;
    uint64_t magnitude;
};

/* value * 10 + digit; false if it does not fit. */
static bool append(uint64_t *value, unsigned digit) {
    return !__builtin_mul_overflow(*value, 10, value) &&
           !__builtin_add_overflow(*value, digit, value);
}

/* The exponent of a number of JSON, limited to what matters. */
static int exponent_of(const char *p, const char *end) {
    int value = 0;
    bool negative = p < end && *p == '-';
    for (p += p < end && (*p == '-' || *p == '+'); p < end; p++)
        if (value < 10000)
            value = value * 10 + (*p - '0');
    return negative ? -value : value;
}

/* A whole number in JSON's grammar, such as "12", "1.50e2" and "-3.0". */
static bool whole(struct bytes t, struct integer *out) {
    const char *p = t.data, *end = t.data + t.len;
    uint64_t value = 0;
    int zeros = 0, behind_point = 0, exponent = 0;
    bool point = false;
    if (t.len > NUMBER_BYTES || !json_is_number(t.data, t.len))
        return false;
    out->negative = *p == '-';
    for (p += out->negative; p < end && *p != 'e' && *p != 'E'; p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        behind_point += point;
        if (*p == '0') { /* may be behind the last digit that counts */
            zeros++;
            continue;
        }
        for (; zeros > 0; zeros--)
            if (!append(&value, 0))
                return false;
        if (!append(&value, (unsigned)(*p - '0')))
            return false;
    }
    if (p < end)
        exponent = exponent_of(p + 1, end);
    exponent += zeros - behind_point;
    if (value != 0 && exponent < 0)
        return false;
    for (; value != 0 && exponent > 0; exponent--)
        if (!append(&value, 0))
            return false;
    out->magnitude = value;
    return true;
}

static bool in_range(const struct integer *n, int64_t min, uint64_t max) {
    return n->negative ? n->magnitude <= 0 - (uint64_t)min : n->magnitude <= max;
}

static bool read_integer(struct bytes t, int64_t min, uint64_t max, uint64_t *bits) {
    struct integer n;
    if (!whole(t, &n) || !in_range(&n, min, max))
        return false;
    *bits = n.negative ? 0 - n.magnitude : n.magnitude;
    return true;
}

static bool read_double(enum proto_from from, struct bytes t, double *out) {
    char text[NUMBER_BYTES + 1];
    if (from != FROM_NUMBER && bytes_is(t, "NaN"))
        *out = (double)NAN;
    else if (from != FROM_NUMBER && bytes_is(t, "Infinity"))
        *out = (double)INFINITY;
    else if (from != FROM_NUMBER && bytes_is(t, "-Infinity"))
        *out = -(double)INFINITY;
    else {
        if (t.len > NUMBER_BYTES || !json_is_number(t.data, t.len))
            return false;
        memcpy(text, t.data, t.len);
        text[t.len] = '\0';
        *out = strtod(text, NULL);
        return isfinite(*out);
    }
    return true;
}

static bool read_float(enum proto_from from, struct bytes t, uint64_t *bits) {
    double value;
    uint32_t raw;
    if (!read_double(from, t, &value))
        return false;
    float single = (float)value;
    if (isinf(single) && isfinite(value))
        return false;
    memcpy(&raw, &single, sizeof raw);
    *bits = raw;
    return true;
}

static bool read_enum(const struct proto_enum *t, enum proto_from from, struct bytes text,
                      uint64_t *bits) {
    char name[256];
    if (from != FROM_NUMBER && text.len < sizeof name && !json_has_nul(text.data, text.len)) {
        memcpy(name, text.data, text.len);
        name[text.len] = '\0';
        const struct proto_enum_value *v = proto_enum_named(t, name);
        if (v != NULL) {
            *bits = (uint64_t)(int64_t)v->number;
            return true;
        }
    }
    return read_integer(text, INT32_MIN, INT32_MAX, bits) &&
           (!t->closed || proto_enum_numbered(t, (int32_t)*bits) != NULL);
}

static bool read_bool(enum proto_from from, struct bytes t, uint64_t *bits) {
    if (from == FROM_STRING || from == FROM_NUMBER ||
        (!bytes_is(t, "true") && !bytes_is(t, "false")))
        return false;
    *bits = bytes_is(t, "true");
    return true;
}

/* Any but string and bytes. */
static bool read_bits(const struct proto_field *f, enum proto_from from, struct bytes t,
                      uint64_t *bits) {
    double value;
    switch (f->type) {
    case PROTO_DOUBLE:
        if (!read_double(from, t, &value))
            return false;
        memcpy(bits, &value, sizeof value);
        return true;
    case PROTO_FLOAT:
        return read_float(from, t, bits);
    case PROTO_INT32:
    case PROTO_SINT32:
    case PROTO_SFIXED32:
        return read_integer(t, INT32_MIN, INT32_MAX, bits);
    case PROTO_INT64:
    case PROTO_SINT64:
    case PROTO_SFIXED64:
        return read_integer(t, INT64_MIN, INT64_MAX, bits);
    case PROTO_UINT32:
    case PROTO_FIXED32:
        return read_integer(t, 0, UINT32_MAX, bits);
    case PROTO_UINT64:
    case PROTO_FIXED64:
        return read_integer(t, 0, UINT64_MAX, bits);
    case PROTO_BOOL:
        return read_bool(from, t, bits);
    case PROTO_ENUM:
        return read_enum(f->enumeration, from, t, bits);
    case PROTO_STRING:
    case PROTO_BYTES:
    case PROTO_MESSAGE:
    case PROTO_GROUP:
        break;
    }
    return false;
}

enum wire_type proto_scalar_wire(enum proto_type type) {
    switch (type) {
    case PROTO_DOUBLE:
    case PROTO_FIXED64:
    case PROTO_SFIXED64:
        return WIRE_FIXED64;
    case PROTO_FLOAT:
    case PROTO_FIXED32:
    case PROTO_SFIXED32:
        return WIRE_FIXED32;
    case PROTO_STRING:
    case PROTO_BYTES:
    case PROTO_MESSAGE:
        return WIRE_BYTES;
    case PROTO_GROUP:
        return WIRE_GROUP;
    case PROTO_INT64:
    case PROTO_UINT64:
    case PROTO_INT32:
    case PROTO_BOOL:
    case PROTO_UINT32:
    case PROTO_ENUM:
    case PROTO_SINT32:
    case PROTO_SINT64:
        break;
    }
    return WIRE_VARINT;
}

static void put_bits(struct buf *out, const struct proto_field *f, enum proto_tagging tagging,
                     uint64_t bits) {
    enum wire_type wire = proto_scalar_wire(f->type);
    if (tagging != TAG_NONE)
        wire_add_tag(out, f->number, wire);
    if (wire == WIRE_FIXED64)
        wire_add_fixed(out, bits, 8);
    else if (wire == WIRE_FIXED32)
        wire_add_fixed(out, bits, 4);
    else if (f->type == PROTO_SINT32 || f->type == PROTO_SINT64)
        wire_add_varint(out, wire_zigzag((int64_t)bits));
    else
        wire_add_varint(out, bits);
}

static bool put_bytes(struct buf *out, const struct proto_field *f, enum proto_tagging tagging,
                      struct bytes text) {
    size_t before = out->len;
    wire_add_tag(out, f->number, WIRE_BYTES);
    size_t at = out->len;
    if (!decode_base64(out, text.data, text.len))
        return false;
    if (out->len == at && tagging == TAG_UNLESS_DEFAULT)
        out->len = before;
    else
        wire_insert_length(out, at);
    return true;
}

bool proto_scalar_put(struct buf *out, const struct proto_field *f, enum proto_tagging tagging,
                      enum proto_from from, struct bytes text) {
    uint64_t bits = 0;
    if (f->type == PROTO_STRING || f->type == PROTO_BYTES) {
        if (from == FROM_NUMBER || from == FROM_BOOL || from == FROM_NULL)
            return false;
        if (f->type == PROTO_BYTES)
            return put_bytes(out, f, tagging, text);
        if (!text_is_utf8(text.data, text.len))
            return false;
        if (text.len > 0 || tagging != TAG_UNLESS_DEFAULT)
            wire_add_bytes(out, f->number, text.data, text.len);
        return true;
    }
    if (from == FROM_NULL) {
        if (f->type != PROTO_ENUM || !f->enumeration->null)
            return false;
    } else if ((from == FROM_BOOL && f->type != PROTO_BOOL) || !read_bits(f, from, text, &bits)) {
        return false;
    }
    if (bits != 0 || tagging != TAG_UNLESS_DEFAULT)
        put_bits(out, f, tagging, bits);
    return true;
}

bool proto_scalar_is_bare(const struct proto_field *f) {
    return f->type != PROTO_STRING && f->type != PROTO_BYTES && f->message == NULL;
}

static const char *message_needs(const struct proto_message *m) {
    switch (m->known) {
    case PROTO_TIMESTAMP:
        return "a time such as \"2026-11-24T02:50:36.5Z\", of the years 1 to 9999";
    case PROTO_DURATION:
        return "a duration such as \"1.5s\", of at most 315576000000 s";
    case PROTO_FIELD_MASK:
        return "names of fields such as \"user.displayName,size\"";
    case PROTO_LIST_VALUE:
        return "an array";
    case PROTO_VALUE:
        return "a JSON value";
    case PROTO_ORDINARY:
    case PROTO_ANY:
    case PROTO_STRUCT:
    case PROTO_WRAPPER:
        break;
    }
    return NULL;
}

/* The range of an integer type; NULL: it is no integer. */
static const char *range_of(enum proto_type type) {
    switch (type) {
    case PROTO_INT64:
    case PROTO_SINT64:
    case PROTO_SFIXED64:
        return "-9223372036854775808 to 9223372036854775807";
    case PROTO_INT32:
    case PROTO_SINT32:
    case PROTO_SFIXED32:
        return "-2147483648 to 2147483647";
    case PROTO_UINT64:
    case PROTO_FIXED64:
        return "0 to 18446744073709551615";
    case PROTO_UINT32:
    case PROTO_FIXED32:
        return "0 to 4294967295";
    case PROTO_DOUBLE:
    case PROTO_FLOAT:
    case PROTO_BOOL:
    case PROTO_STRING:
    case PROTO_GROUP:
    case PROTO_MESSAGE:
    case PROTO_BYTES:
    case PROTO_ENUM:
        break;
    }
    return NULL;
}

void proto_scalar_needs(const struct proto_field *f, char out[PROTO_NEEDS_BYTES]) {
    const char *type = proto_type_text(f->type), *range = range_of(f->type);
    const char *known = f->message == NULL ? NULL : message_needs(f->message);
    if (range != NULL)
        snprintf(out, PROTO_NEEDS_BYTES, "%s %s (a whole number from %s)",
                 *type == 'i' ? "an" : "a", type, range);
    else if (f->type == PROTO_DOUBLE || f->type == PROTO_FLOAT)
        snprintf(out, PROTO_NEEDS_BYTES,
                 "a %s (a number in its range, \"NaN\", \"Infinity\" or \"-Infinity\")", type);
    else if (f->type == PROTO_ENUM)
        snprintf(out, PROTO_NEEDS_BYTES, "a value of the enum %.200s", f->enumeration->name);
    else if (f->message != NULL && known == NULL)
        snprintf(out, PROTO_NEEDS_BYTES, "an object of the type %.200s", f->message->name);
    else
        snprintf(out, PROTO_NEEDS_BYTES, "%s",
                 known != NULL             ? known
                 : f->type == PROTO_BOOL   ? "true or false"
                 : f->type == PROTO_STRING ? "a text in UTF-8"
                                           : "bytes in base64");
}
