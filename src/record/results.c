#include "record/results.h"

#include <stdlib.h>

void results_done(struct results *t) {
    free(t->slots);
    *t = (struct results){.slots = NULL};
}

static uint64_t key_of(const struct sample *s) {
    return (uint64_t)s->endpoint | (uint64_t)(s->status & 0xfff) << 24 | (uint64_t)s->error << 36 |
           (uint64_t)s->outcome << 52 |
           (uint64_t)(s->flags & (SAMPLE_NEW_CONNECTION | SAMPLE_SENT_AGAIN)) << 56;
}

/* The slot of the key, or the free one where it belongs. */
static struct results_slot *find(struct results *t, uint64_t key) {
    uint64_t h = key * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 over the golden ratio: Knuth's */
    size_t i = (h >> 32) & (t->slot_count - 1);
    while (t->slots[i].id != 0 && t->slots[i].key != key)
        i = (i + 1) & (t->slot_count - 1);
    return &t->slots[i];
}

static bool reserve(struct results *t) {
    if (t->count < t->slot_count / 2)
        return true;
    struct results bigger = {.slot_count = t->slot_count == 0 ? 64 : t->slot_count * 2};
    bigger.slots = calloc(bigger.slot_count, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return false;
    for (size_t i = 0; i < t->slot_count; i++) {
        if (t->slots[i].id != 0)
            *find(&bigger, t->slots[i].key) = t->slots[i];
    }
    bigger.count = t->count;
    free(t->slots);
    *t = bigger;
    return true;
}

uint32_t results_id(struct results *t, const struct sample *s, bool *is_new) {
    uint64_t key = key_of(s);
    struct results_slot *slot = t->slot_count == 0 ? NULL : find(t, key);
    if (slot != NULL && slot->id != 0)
        return slot->id;
    if (!reserve(t))
        return 0;
    slot = find(t, key);
    *slot = (struct results_slot){.key = key, .id = ++t->count};
    *is_new = true;
    return slot->id;
}
