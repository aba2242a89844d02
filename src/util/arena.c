#include "util/arena.h"

#include <stdlib.h>

#include "util/memory.h"

#define CHUNK_BYTES ((size_t)65536)

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, cap;
    _Alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *a, size_t bytes) {
    const size_t align = sizeof(max_align_t);
    size_t n = (bytes + align - 1) / align * align;
    struct arena_chunk *c = a->chunks;
    if (n < bytes || (a->max > 0 && n > a->max - a->bytes))
        return NULL;
    if (c == NULL || c->cap - c->used < n) {
        size_t cap = n > CHUNK_BYTES ? n : CHUNK_BYTES;
        c = malloc(sizeof *c + cap);
        if (c == NULL) {
            memory_note();
            return NULL;
        }
        c->next = a->chunks;
        c->used = 0;
        c->cap = cap;
        a->chunks = c;
    }
    void *p = c->data + c->used;
    c->used += n;
    a->bytes += n;
    return p;
}

void arena_done(struct arena *a) {
    while (a->chunks != NULL) {
        struct arena_chunk *c = a->chunks;
        a->chunks = c->next;
        free(c);
    }
    a->bytes = 0;
}
