/*
 * token_heap: sendings ordered by due time, the earliest at the top; ties go in the order of
 * insertion.
 *
 * Ownership: the sendings are the caller's; a sending is in one heap at a time. Thread: plain data,
 * owned by the caller.
 */
#ifndef TARGET_TOKEN_HEAP_H
#define TARGET_TOKEN_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/token_sender.h"

struct token_heap {
    struct token_sending **items; /* items[0] is unused */
    size_t count, capacity;
    uint64_t added;
};

void token_heap_done(struct token_heap *h);

/* Returns false if memory runs out. */
bool token_heap_add(struct token_heap *h, struct token_sending *s, int64_t due_ns);

/* No-op if it is not in the heap. */
void token_heap_remove(struct token_heap *h, struct token_sending *s);

struct token_sending *token_heap_first(const struct token_heap *h); /* NULL: empty */

#endif
