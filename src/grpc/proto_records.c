#include "grpc/proto_records.h"

#include <stdlib.h>

#include "grpc/proto_scalar.h"
#include "util/array.h"

#define NONE SIZE_MAX

void proto_records_done(struct proto_records *s) {
    free(s->seen);
    free(s->oneofs);
    *s = (struct proto_records){0};
}

bool proto_records_packed(const struct proto_field *f, const struct wire_record *r) {
    return f->repeated && r->type == WIRE_BYTES && proto_scalar_wire(f->type) != WIRE_BYTES;
}

bool proto_records_unknown(const struct proto_field *f, uint64_t bits) {
    return f->type == PROTO_ENUM && f->enumeration->closed &&
           proto_enum_numbered(f->enumeration, (int32_t)bits) == NULL;
}

bool proto_records_add(struct proto_records *s, const struct proto_record *r) {
    struct proto_record *seen = array_room(s->seen, &s->room, s->count + 1, sizeof *seen);
    if (seen == NULL)
        return false;
    s->seen = seen;
    seen[s->count++] = *r;
    return true;
}

/* A member of a oneof arrived: other members that came before do not count. Each record is marked
 * once, so this takes no more time than reading them. */
static void settle_oneof(struct proto_records *s, size_t *last) {
    size_t i = s->count - 1;
    struct proto_record *r = &s->seen[i];
    r->previous = *last;
    *last = i;
    if (r->previous == NONE || s->seen[r->previous].field == r->field)
        return;
    for (size_t k = r->previous; k != NONE; k = s->seen[k].previous)
        s->seen[k].dead = true;
    r->previous = NONE;
}

static bool begin_oneofs(struct proto_records *s, size_t n) {
    size_t *oneofs = array_room(s->oneofs, &s->oneof_room, n, sizeof *oneofs);
    if (oneofs == NULL)
        return false;
    s->oneofs = oneofs;
    for (size_t i = 0; i < n; i++)
        oneofs[i] = NONE;
    return true;
}

static bool is_of(const struct proto_field *f, const struct wire_record *r) {
    if (f == NULL || r->type == WIRE_GROUP)
        return false;
    return proto_records_packed(f, r) ||
           (r->type == proto_scalar_wire(f->type) &&
            !(r->type == WIRE_VARINT && proto_records_unknown(f, r->bits)));
}

static int by_field(const void *a, const void *b) {
    const struct proto_record *x = a, *y = b;
    if (x->field->number != y->field->number)
        return x->field->number > y->field->number ? 1 : -1;
    return (x->order > y->order) - (x->order < y->order);
}

enum proto_records_result proto_records_read(struct proto_records *s, const struct proto_message *m,
                                             struct bytes b) {
    struct proto_record r = {.previous = NONE};
    size_t base = s->count;
    bool sorted = true, oneofs = false;
    for (uint32_t before = 0; b.len > 0; r.order++) {
        if (!wire_next(&b, &r.r))
            return RECORDS_INVALID;
        r.field = proto_field_numbered(m, r.r.number);
        if (!is_of(r.field, &r.r))
            continue;
        sorted = sorted && before <= r.field->number;
        before = r.field->number;
        if (!proto_records_add(s, &r))
            return RECORDS_MEMORY;
        if (r.field->oneof < 0)
            continue;
        if (!oneofs && !begin_oneofs(s, m->oneof_count))
            return RECORDS_MEMORY;
        oneofs = true;
        settle_oneof(s, &s->oneofs[r.field->oneof]);
    }
    if (!sorted)
        qsort(s->seen + base, s->count - base, sizeof *s->seen, by_field);
    return RECORDS_READ;
}
