#include "record/result_ids.h"

#include <stdlib.h>

void result_ids_done(struct result_ids *t) {
    free(t->slots);
    *t = (struct result_ids){.slots = NULL};
}

static struct result_ids_key key_of(const struct sample *s) {
    return (struct result_ids_key){
        (uint64_t)s->endpoint | (uint64_t)s->status << 24 | (uint64_t)s->error << 40,
        (uint64_t)s->outcome |
            (uint64_t)(s->flags & (SAMPLE_NEW_CONNECTION | SAMPLE_SENT_AGAIN)) << 8 |
            (uint64_t)s->http_version << 16 | (uint64_t)s->previous_end << 20 |
            (uint64_t)s->grpc_status << 24};
}

/* The slot of the key, or the free one where it belongs. */
static struct result_ids_slot *find(struct result_ids *t, struct result_ids_key key) {
    uint64_t h = (key.a ^ key.b << 48) * UINT64_C(0x9e3779b97f4a7c15); /* 2^64 over the golden
                                                                        ratio: Knuth's */
    size_t i = (h >> 32) & (t->slot_count - 1);
    while (t->slots[i].id != 0 && (t->slots[i].key.a != key.a || t->slots[i].key.b != key.b))
        i = (i + 1) & (t->slot_count - 1);
    return &t->slots[i];
}

static bool reserve(struct result_ids *t) {
    if (t->count < t->slot_count / 2)
        return true;
    struct result_ids bigger = {.slot_count = t->slot_count == 0 ? 64 : t->slot_count * 2};
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

uint32_t result_ids_of(struct result_ids *t, const struct sample *s, bool *is_new) {
    struct result_ids_key key = key_of(s);
    struct result_ids_slot *slot = t->slot_count == 0 ? NULL : find(t, key);
    if (slot != NULL && slot->id != 0)
        return slot->id;
    if (!reserve(t))
        return 0;
    slot = find(t, key);
    *slot = (struct result_ids_slot){.key = key, .id = ++t->count};
    *is_new = true;
    return slot->id;
}
