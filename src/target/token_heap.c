#include "target/token_heap.h"

#include <stdlib.h>

#include "util/array.h"

void token_heap_done(struct token_heap *h) {
    free(h->items);
    *h = (struct token_heap){0};
}

static bool sooner(const struct token_sending *a, const struct token_sending *b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void put(struct token_heap *h, size_t slot, struct token_sending *s) {
    h->items[slot] = s;
    s->slot = slot;
}

static void rise(struct token_heap *h, size_t slot, struct token_sending *s) {
    while (slot > 1 && sooner(s, h->items[slot / 2])) {
        put(h, slot, h->items[slot / 2]);
        slot /= 2;
    }
    put(h, slot, s);
}

static void sink(struct token_heap *h, size_t slot, struct token_sending *s) {
    for (size_t child; (child = 2 * slot) <= h->count; slot = child) {
        if (child < h->count && sooner(h->items[child + 1], h->items[child]))
            child++;
        if (!sooner(h->items[child], s))
            break;
        put(h, slot, h->items[child]);
    }
    put(h, slot, s);
}

bool token_heap_add(struct token_heap *h, struct token_sending *s, int64_t due_ns) {
    struct token_sending **items = array_room(h->items, &h->capacity, h->count + 2, sizeof *items);
    if (items == NULL)
        return false;
    h->items = items;
    s->due_ns = due_ns;
    s->order = h->added++;
    rise(h, ++h->count, s);
    return true;
}

void token_heap_remove(struct token_heap *h, struct token_sending *s) {
    size_t slot = s->slot;
    if (slot == 0)
        return;
    struct token_sending *last = h->items[h->count--];
    s->slot = 0;
    if (last == s)
        return;
    if (slot > 1 && sooner(last, h->items[slot / 2]))
        rise(h, slot, last);
    else
        sink(h, slot, last);
}

struct token_sending *token_heap_first(const struct token_heap *h) {
    return h->count > 0 ? h->items[1] : NULL;
}
