#include "results/names.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"

#define SLOTS_FIRST 256

struct text {
    size_t len;
    char bytes[];
};

void names_done(struct names *n) {
    arena_done(&n->memory);
    free(n->texts);
    free(n->slots);
    *n = (struct names){0};
}

/* FNV-1a. */
static uint64_t hash_of(struct bytes key) {
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (unsigned char)key.data[i]) * UINT64_C(1099511628211);
    return h;
}

static const struct text *text_at(const struct names *n, size_t number) {
    return (const struct text *)(const void *)(n->texts[number] - offsetof(struct text, bytes));
}

/* The slot of the text, or the free one where it belongs. */
static uint32_t *slot_of(const struct names *n, struct bytes key) {
    size_t at = (size_t)hash_of(key) & (n->slot_count - 1);
    for (;; at = (at + 1) & (n->slot_count - 1)) {
        if (n->slots[at] == 0)
            return &n->slots[at];
        const struct text *t = text_at(n, n->slots[at] - 1);
        if (t->len == key.len && memcmp(t->bytes, key.data, key.len) == 0)
            return &n->slots[at];
    }
}

static int grow(struct names *n) {
    size_t count = n->slot_count == 0 ? SLOTS_FIRST : 2 * n->slot_count;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        return -1;
    free(n->slots);
    n->slots = slots;
    n->slot_count = count;
    for (size_t i = 0; i < n->count; i++) {
        const struct text *t = text_at(n, i);
        *slot_of(n, (struct bytes){t->bytes, t->len}) = (uint32_t)i + 1;
    }
    return 0;
}

int64_t names_find(const struct names *n, struct bytes key) {
    return n->slot_count == 0 ? -1 : (int64_t)*slot_of(n, key) - 1;
}

int64_t names_number(struct names *n, struct bytes key) {
    if (2 * n->count >= n->slot_count && grow(n) != 0)
        return -1;
    uint32_t *slot = slot_of(n, key);
    if (*slot != 0)
        return *slot - 1;
    const char **texts = array_room(n->texts, &n->room, n->count + 1, sizeof *texts);
    struct text *t = arena_alloc(&n->memory, sizeof *t + key.len + 1);
    if (texts != NULL)
        n->texts = texts;
    if (texts == NULL || t == NULL)
        return -1;
    t->len = key.len;
    memcpy(t->bytes, key.data, key.len);
    t->bytes[key.len] = '\0';
    n->texts[n->count] = t->bytes;
    *slot = (uint32_t)++n->count;
    return *slot - 1;
}
