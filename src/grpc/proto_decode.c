#include "grpc/proto_decode.h"

#include <stdlib.h>
#include <string.h>

#include "grpc/proto_decode_text.h"
#include "grpc/proto_known.h"
#include "grpc/proto_records.h"
#include "grpc/proto_scalar.h"
#include "grpc/proto_wire.h"
#include "util/array.h"
#include "util/encode.h"
#include "util/json.h"
#include "util/text.h"

#define KEEP_MAX ((size_t)65536) /* records for which memory is kept */

/* A map's entry. */
struct entry {
    const struct proto_field *key;
    uint64_t bits; /* of the key */
    struct bytes text, value;
    size_t order;
};

struct proto_decode_work {
    struct proto_records records;
};

struct decode {
    struct proto_records *w;
    struct buf *out;
    const struct proto_set *set; /* for the types in an Any */
    struct err *e;
    int depth;
};

/* The way to a value, from the inside, for errors. */
struct way {
    const struct way *up;
    const char *name; /* NULL: an element */
    size_t index;
};

struct proto_decode_work *proto_decode_work_new(void) {
    return calloc(1, sizeof(struct proto_decode_work));
}

void proto_decode_work_free(struct proto_decode_work *w) {
    if (w == NULL)
        return;
    proto_records_done(&w->records);
    free(w);
}

static void add_way(struct buf *out, const struct way *p) {
    if (p == NULL)
        return;
    add_way(out, p->up);
    if (p->name == NULL)
        buf_printf(out, "[%zu]", p->index);
    else
        buf_printf(out, "%s%.80s", out->len > 0 ? "." : "", p->name);
}

static int fail(struct decode *d, const struct way *way, const char *text) {
    struct buf b;
    buf_init(&b, 1 << 20);
    add_way(&b, way);
    if (b.len == 0)
        err_set(d->e, "the message %s", text);
    else
        err_set(d->e, "the field \"%s%s\" %s", b.len > 300 ? "..." : "",
                buf_text(&b) + (b.len > 300 ? b.len - 300 : 0), text);
    buf_done(&b);
    return -1;
}

static int message(struct decode *d, const struct proto_message *m, struct bytes b,
                   const struct way *way);

/* ---- values ---- */

static int scalar(struct decode *d, const struct proto_field *f, const struct wire_record *r,
                  const struct way *way) {
    if (f->type == PROTO_STRING) {
        if (!text_is_utf8(r->bytes.data, r->bytes.len))
            return fail(d, way, "is a string that is not UTF-8");
        buf_char(d->out, '"');
        json_escape(d->out, r->bytes.data, r->bytes.len);
        buf_char(d->out, '"');
    } else if (f->type == PROTO_BYTES) {
        buf_char(d->out, '"');
        encode_base64(d->out, r->bytes.data, r->bytes.len);
        buf_char(d->out, '"');
    } else {
        proto_decode_number(f, r->bits, d->out);
    }
    return 0;
}

static int packed(struct decode *d, const struct proto_field *f, struct bytes b,
                  const struct way *up, size_t *index, bool *any) {
    struct way way = {up, NULL, *index};
    enum wire_type wire = proto_scalar_wire(f->type);
    size_t width = wire == WIRE_FIXED64 ? 8 : 4;
    while (b.len > 0) {
        struct wire_record r = {.type = wire};
        if (wire == WIRE_VARINT ? !wire_get_varint(&b, &r.bits) : b.len < width)
            return fail(d, &way, "is truncated or invalid");
        if (wire != WIRE_VARINT) {
            for (size_t i = 0; i < width; i++)
                r.bits |= (uint64_t)(unsigned char)b.data[i] << (8 * i);
            b = (struct bytes){b.data + width, b.len - width};
        }
        if (proto_records_unknown(f, r.bits))
            continue;
        buf_str(d->out, *any ? "," : "");
        *any = true;
        if (!buf_ok(d->out) || scalar(d, f, &r, &way) != 0)
            return -1;
        way.index = ++*index;
    }
    return 0;
}

/* The messages of a singular field that came more than once, one behind the other, are one. */
static int merged(struct decode *d, const struct proto_message *m, const struct proto_record *s,
                  size_t n, const struct way *way) {
    struct buf b;
    buf_init(&b, SIZE_MAX / 2);
    for (size_t i = 0; i < n; i++)
        if (!s[i].dead)
            buf_add(&b, s[i].r.bytes.data, s[i].r.bytes.len);
    int result = buf_ok(&b) ? message(d, m, (struct bytes){buf_text(&b), b.len}, way)
                            : err_memory(d->e, NULL);
    buf_done(&b);
    return result;
}

static int value(struct decode *d, const struct proto_field *f, const struct wire_record *r,
                 const struct way *way) {
    return f->message != NULL ? message(d, f->message, r->bytes, way) : scalar(d, f, r, way);
}

/* ---- maps ---- */

static int by_key(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    int order;
    if (x->key->type == PROTO_STRING) {
        size_t n = x->text.len < y->text.len ? x->text.len : y->text.len;
        order = n == 0 ? 0 : memcmp(x->text.data, y->text.data, n);
        if (order == 0)
            order = (x->text.len > y->text.len) - (x->text.len < y->text.len);
    } else {
        order = proto_decode_compare(x->key, x->bits, y->bits);
    }
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

static bool same_key(const struct entry *x, const struct entry *y) {
    struct entry same = *y;
    same.order = x->order;
    return by_key(x, &same) == 0;
}

/* The last key of an entry; that it has another value of an enum makes the entry unknown. */
static int read_entry(struct decode *d, const struct proto_message *m, struct bytes b,
                      const struct way *way, struct entry *out, bool *unknown) {
    struct wire_record r;
    const struct proto_field *key = &m->fields[0], *v = &m->fields[1];
    *out = (struct entry){.key = key, .value = b, .text = {"", 0}};
    *unknown = false;
    while (b.len > 0) {
        if (!wire_next(&b, &r))
            return fail(d, way, "is truncated or invalid");
        if (r.number == 2 && r.type == WIRE_VARINT && proto_scalar_wire(v->type) == WIRE_VARINT)
            *unknown = proto_records_unknown(v, r.bits);
        if (r.number != 1 || r.type != proto_scalar_wire(key->type))
            continue;
        out->bits = r.type == WIRE_BYTES ? 0 : proto_decode_bits(key, r.bits);
        if (r.type == WIRE_BYTES)
            out->text = r.bytes;
    }
    if (key->type == PROTO_STRING && !text_is_utf8(out->text.data, out->text.len))
        return fail(d, way, "has a key that is not UTF-8");
    return 0;
}

/* The value of an entry; the default if it has none. */
static int entry_value(struct decode *d, const struct proto_message *m, struct bytes b,
                       const struct way *way) {
    struct proto_records *w = d->w;
    const struct proto_field *f = &m->fields[1];
    struct wire_record r = {.bytes = {"", 0}}, last = {.bytes = {"", 0}};
    size_t base = w->count;
    int result = 0;
    if (f->type == PROTO_ENUM && f->enumeration->closed)
        last.bits = (uint64_t)(int64_t)f->enumeration->values[0].number;
    while (result == 0 && b.len > 0 && wire_next(&b, &r))
        if (r.number == 2 && r.type == proto_scalar_wire(f->type)) {
            last = r;
            if (f->message != NULL) {
                struct proto_record record = {.field = f, .r = r};
                if (!proto_records_add(w, &record))
                    result = err_memory(d->e, NULL);
            }
        }
    if (result == 0 && f->message != NULL && w->count > base + 1)
        result = merged(d, f->message, &w->seen[base], w->count - base, way);
    else if (result == 0)
        result = value(d, f, &last, way);
    w->count = base;
    return result;
}

static void put_key(struct decode *d, const struct entry *x) {
    buf_char(d->out, '"');
    if (x->key->type == PROTO_STRING)
        json_escape(d->out, x->text.data, x->text.len);
    else
        proto_decode_key(x->key, x->bits, d->out);
    buf_str(d->out, "\":");
}

/* The records from `from` to `to` - 1 are a map's entries. They are sorted by key; of equal keys
 * the last one counts. */
static int map(struct decode *d, const struct proto_field *f, size_t from, size_t to,
               const struct way *up) {
    struct entry *entries = malloc(sizeof *entries * (to - from));
    struct way way = {up, NULL, 0};
    size_t n = 0;
    int result = entries == NULL ? err_memory(d->e, NULL) : 0;
    for (size_t i = from; result == 0 && i < to; i++, way.index++) {
        bool unknown;
        result = read_entry(d, f->message, d->w->seen[i].r.bytes, &way, &entries[n], &unknown);
        entries[n].order = i;
        n += !unknown;
    }
    if (result == 0 && n > 1)
        qsort(entries, n, sizeof *entries, by_key);
    buf_char(d->out, '{');
    bool any = false;
    for (size_t i = 0; result == 0 && i < n; i++) {
        if (i + 1 < n && same_key(&entries[i], &entries[i + 1]))
            continue;
        buf_str(d->out, any ? "," : "");
        any = true;
        put_key(d, &entries[i]);
        way.index = entries[i].order - from;
        result = entry_value(d, f->message, entries[i].value, &way);
    }
    buf_char(d->out, '}');
    free(entries);
    return result;
}

/* ---- fields ---- */

static int list(struct decode *d, const struct proto_field *f, size_t from, size_t to,
                const struct way *up) {
    struct way way = {up, NULL, 0};
    bool any = false;
    buf_char(d->out, '[');
    for (size_t i = from; i < to; i++) {
        struct wire_record r = d->w->seen[i].r;
        if (proto_records_packed(f, &r)) {
            if (packed(d, f, r.bytes, up, &way.index, &any) != 0)
                return -1;
            continue;
        }
        buf_str(d->out, any ? "," : "");
        any = true;
        if (!buf_ok(d->out) || value(d, f, &r, &way) != 0)
            return -1;
        way.index++;
    }
    buf_char(d->out, ']');
    return 0;
}

/* The records of one field, without its name. */
static int content(struct decode *d, const struct proto_field *f, size_t from, size_t to,
                   const struct way *way) {
    const struct proto_record *s = d->w->seen;
    size_t alive = 0;
    if (f->map)
        return map(d, f, from, to, way);
    if (f->repeated)
        return list(d, f, from, to, way);
    for (size_t i = from; i < to; i++)
        alive += !s[i].dead;
    if (f->message != NULL && alive > 1)
        return merged(d, f->message, &s[from], to - from, way);
    struct wire_record r = s[to - 1].r;
    return value(d, f, &r, way);
}

/* True if JSON leaves a singular field out: it does not count, or it has its default. */
static bool is_absent(const struct proto_field *f, const struct proto_record *last) {
    if (last->dead)
        return true;
    if (f->presence)
        return false;
    return last->r.type == WIRE_BYTES ? last->r.bytes.len == 0
                                      : proto_decode_bits(f, last->r.bits) == 0;
}

/* Reads the records of a message, sorted by field, from *base on. */
static int begin(struct decode *d, const struct proto_message *m, struct bytes b,
                 const struct way *way, size_t *base) {
    *base = d->w->count;
    switch (proto_records_read(d->w, m, b)) {
    case RECORDS_READ:
        return 0;
    case RECORDS_INVALID:
        return fail(d, way, "is truncated or invalid");
    case RECORDS_MEMORY:
        break;
    }
    return err_memory(d->e, NULL);
}

/* "name":value, for each field that is there; *any: there was one before. */
static int members(struct decode *d, size_t base, const struct way *up, bool *any) {
    struct proto_records *w = d->w;
    size_t end = w->count;
    for (size_t from = base, to; from < end; from = to) {
        const struct proto_field *f = w->seen[from].field;
        struct way way = {up, f->json_name, 0};
        size_t before = d->out->len;
        for (to = from; to < end && w->seen[to].field == f; to++)
            ;
        if (!f->repeated && is_absent(f, &w->seen[to - 1]))
            continue;
        buf_str(d->out, *any ? ",\"" : "\"");
        json_escape(d->out, f->json_name, strlen(f->json_name));
        buf_str(d->out, "\":");
        size_t at = d->out->len;
        if (!buf_ok(d->out) || content(d, f, from, to, &way) != 0)
            return -1;
        if (f->repeated && d->out->len == at + strlen("[]"))
            d->out->len = before; /* all its values are unknown */
        else
            *any = true;
    }
    return 0;
}

/* ---- known types ---- */

static const struct wire_record *last_of(struct decode *d, size_t base, uint32_t number) {
    const struct wire_record *found = NULL;
    for (size_t i = base; i < d->w->count; i++)
        if (d->w->seen[i].r.number == number && !d->w->seen[i].dead)
            found = &d->w->seen[i].r;
    return found;
}

static int time_text(struct decode *d, const struct proto_message *m, size_t base,
                     const struct way *way) {
    const struct wire_record *seconds = last_of(d, base, 1), *nanos = last_of(d, base, 2);
    bool stamp = m->known == PROTO_TIMESTAMP;
    if (proto_decode_time(stamp, seconds == NULL ? 0 : seconds->bits,
                          nanos == NULL ? 0 : nanos->bits, d->out))
        return 0;
    return fail(d, way,
                stamp ? "is a time beyond the years 1 to 9999"
                      : "is a duration beyond 10000 years, or with two signs");
}

static int mask_text(struct decode *d, size_t base, const struct way *way) {
    buf_char(d->out, '"');
    for (size_t i = base; i < d->w->count; i++) {
        buf_str(d->out, i > base ? "," : "");
        if (!proto_decode_mask_path(d->w->seen[i].r.bytes, d->out))
            return fail(d, way, "has a path that is no name of proto fields");
    }
    buf_char(d->out, '"');
    return 0;
}

/* The only member of a Value. */
static int any_value(struct decode *d, size_t base, const struct way *way) {
    size_t from = base, to;
    for (; from < d->w->count; from = to) {
        const struct proto_field *f = d->w->seen[from].field;
        for (to = from; to < d->w->count && d->w->seen[to].field == f; to++)
            ;
        if (d->w->seen[to - 1].dead)
            continue;
        if (f->number == VALUE_NUMBER && !proto_decode_is_finite(d->w->seen[to - 1].r.bits))
            return fail(d, way, "is a Value with NaN or Infinity, which JSON does not have");
        return content(d, f, from, to, way);
    }
    buf_str(d->out, "null");
    return 0;
}

/* {"@type": URL, and the members, or "value" with a known type, or with bytes of an unknown one. */
static int any(struct decode *d, size_t base, const struct way *way) {
    const struct wire_record *url = last_of(d, base, 1), *bytes = last_of(d, base, 2);
    struct bytes name = url == NULL ? (struct bytes){"", 0} : url->bytes;
    struct bytes inside = bytes == NULL ? (struct bytes){"", 0} : bytes->bytes;
    bool more = true;
    if (name.len == 0 && inside.len == 0) {
        buf_str(d->out, "{}");
        return 0;
    }
    if (!text_is_utf8(name.data, name.len))
        return fail(d, way, "is an Any whose type is not UTF-8");
    buf_str(d->out, "{\"@type\":\"");
    json_escape(d->out, name.data, name.len);
    buf_char(d->out, '"');
    const struct proto_message *m = proto_decode_any_type(d->set, name);
    int result = 0;
    if (m != NULL && m->known == PROTO_ORDINARY) {
        size_t own;
        struct way in = {way, "value", 0};
        if (d->depth == PROTO_DECODE_DEPTH_MAX)
            return fail(d, way, "is nested too deep");
        d->depth++;
        result = begin(d, m, inside, &in, &own);
        if (result == 0)
            result = members(d, own, &in, &more);
        d->w->count = own;
        d->depth--;
    } else {
        buf_str(d->out, ",\"value\":");
        if (m != NULL)
            result = message(d, m, inside, way);
        else {
            buf_char(d->out, '"');
            encode_base64(d->out, inside.data, inside.len);
            buf_char(d->out, '"');
        }
    }
    buf_char(d->out, '}');
    return result;
}

static int wrapper(struct decode *d, const struct proto_message *form, size_t base,
                   const struct way *way) {
    const struct wire_record none = {.bytes = {"", 0}}, *r = last_of(d, base, 1);
    return scalar(d, &form->fields[0], r == NULL ? &none : r, way);
}

static int repeated_form(struct decode *d, const struct proto_field *f, size_t base,
                         const struct way *way) {
    size_t to = d->w->count;
    if (base == to) {
        buf_str(d->out, f->map ? "{}" : "[]");
        return 0;
    }
    return content(d, f, base, to, way);
}

static int known(struct decode *d, const struct proto_message *form, size_t base,
                 const struct way *way) {
    switch (form->known) {
    case PROTO_ANY:
        return any(d, base, way);
    case PROTO_DURATION:
    case PROTO_TIMESTAMP:
        return time_text(d, form, base, way);
    case PROTO_FIELD_MASK:
        return mask_text(d, base, way);
    case PROTO_LIST_VALUE:
    case PROTO_STRUCT:
        return repeated_form(d, &form->fields[0], base, way);
    case PROTO_VALUE:
        return any_value(d, base, way);
    case PROTO_WRAPPER:
        return wrapper(d, form, base, way);
    case PROTO_ORDINARY:
        break;
    }
    return 0;
}

static int message(struct decode *d, const struct proto_message *m, struct bytes b,
                   const struct way *way) {
    const struct proto_message *form = m->form != NULL ? m->form : m;
    size_t base = d->w->count;
    bool more = false;
    if (d->depth == PROTO_DECODE_DEPTH_MAX)
        return fail(d, way, "is nested too deep");
    d->depth++;
    int result = begin(d, form, b, way, &base);
    if (result == 0 && form->known != PROTO_ORDINARY)
        result = known(d, form, base, way);
    else if (result == 0) {
        buf_char(d->out, '{');
        result = members(d, base, way, &more);
        buf_char(d->out, '}');
    }
    d->w->count = base;
    d->depth--;
    return result;
}

int proto_decode(const struct proto_message *m, struct proto_decode_work *w, const void *bytes,
                 size_t n, struct buf *out, struct err *e) {
    struct err inner = {""};
    struct decode d = {.w = &w->records, .out = out, .set = m->set, .e = &inner};
    struct bytes b = {n == 0 ? "" : bytes, n};
    int result = message(&d, m, b, NULL);
    if (!buf_ok(out))
        result = err_set(&inner, "the message is more than %zu bytes of JSON", out->max);
    if (result != 0)
        err_set(e, "%s", inner.text);
    w->records.count = 0; /* after an error, some are left */
    if (w->records.room > KEEP_MAX)
        proto_records_done(&w->records);
    return result;
}
