#include "report/tally.h"

#include <stdbool.h>
#include <stdlib.h>

static uint64_t hash(const struct tally_kind *k) {
    uint64_t h = (uint64_t)k->entry << 32 ^ k->error;
    h ^= ((uint64_t)(unsigned)k->outcome << 40 ^ (uint64_t)(unsigned)k->status) *
         UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ h >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
    return h ^ h >> 29;
}

static bool same(const struct tally_kind *a, const struct tally_kind *b) {
    return a->entry == b->entry && a->error == b->error && a->outcome == b->outcome &&
           a->status == b->status;
}

/* The kind's slot, or the free one where it belongs; there is always a free one. */
static struct tally_kind *find(struct tally_kind *slots, size_t slot_count,
                               const struct tally_kind *k) {
    size_t i = (size_t)hash(k) & (slot_count - 1);
    while (slots[i].count != 0 && !same(&slots[i], k))
        i = (i + 1) & (slot_count - 1);
    return &slots[i];
}

/* At most half of the slots are in use. */
static int grow(struct tally *t, struct err *e) {
    size_t slot_count = t->slot_count == 0 ? 64 : t->slot_count * 2;
    struct tally_kind *slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL)
        return err_memory(e, "the table of errors");
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].count != 0)
            *find(slots, slot_count, &t->slots[i]) = t->slots[i];
    free(t->slots);
    t->slots = slots;
    t->slot_count = slot_count;
    return 0;
}

int tally_add(struct tally *t, const struct tally_kind *kind, struct err *e) {
    if (t->kinds * 2 >= t->slot_count && grow(t, e) != 0)
        return -1;
    struct tally_kind *slot = find(t->slots, t->slot_count, kind);
    if (slot->count == 0) {
        if (t->kinds == TALLY_KINDS_MAX) {
            t->others++;
            return 0;
        }
        *slot = *kind;
        slot->count = 0;
        t->kinds++;
    }
    slot->count++;
    return 0;
}

void tally_done(struct tally *t) {
    free(t->slots);
    *t = (struct tally){0};
}
