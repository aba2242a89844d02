#include "convert/pointer_map.h"

#include <stdlib.h>

#include "util/memory.h"

struct pointer_entry {
    uint64_t hash;
    void *value; /* NULL: the slot is free */
};

/* FNV-1a. */
static uint64_t hash_of(const unsigned char *bytes, size_t n) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

static void put(struct pointer_map *m, uint64_t hash, void *value) {
    size_t at = hash % m->cap;
    while (m->slots[at].value != NULL)
        at = (at + 1) % m->cap;
    m->slots[at] = (struct pointer_entry){hash, value};
}

static bool grow(struct pointer_map *m) {
    struct pointer_map bigger = {.count = m->count, .cap = m->cap == 0 ? 256 : m->cap * 4};
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        memory_note();
        return false;
    }
    /* From a free slot on, those of one hash keep their order. */
    size_t start = 0;
    while (start < m->cap && m->slots[start].value != NULL)
        start++;
    for (size_t i = 0; i < m->cap; i++) {
        const struct pointer_entry *e = &m->slots[(start + i) % m->cap];
        if (e->value != NULL)
            put(&bigger, e->hash, e->value);
    }
    free(m->slots);
    *m = bigger;
    return true;
}

bool pointer_map_add(struct pointer_map *m, const void *key, size_t n, void *value) {
    if (m->count * 2 >= m->cap && !grow(m))
        return false;
    put(m, hash_of(key, n), value);
    m->count++;
    return true;
}

static void *from(const struct pointer_map *m, struct pointer_search *s) {
    if (m->cap == 0)
        return NULL;
    while (m->slots[s->at].value != NULL) {
        const struct pointer_entry *e = &m->slots[s->at];
        s->at = (s->at + 1) % m->cap;
        if (e->hash == s->hash)
            return e->value;
    }
    return NULL;
}

void *pointer_map_first(const struct pointer_map *m, const void *key, size_t n,
                        struct pointer_search *s) {
    s->hash = hash_of(key, n);
    s->at = m->cap == 0 ? 0 : s->hash % m->cap;
    return from(m, s);
}

void *pointer_map_next(const struct pointer_map *m, struct pointer_search *s) {
    return from(m, s);
}

void pointer_map_done(struct pointer_map *m) {
    free(m->slots);
    *m = (struct pointer_map){0};
}
