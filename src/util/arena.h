/*
 * arena: memory that is given out piece by piece and freed all at once.
 *
 * It frees no single piece and grows none. Ownership: the arena owns every piece until
 * arena_done(). Thread: one at a time.
 */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* All zero is an empty arena without a limit. */
struct arena {
    struct arena_chunk *chunks;
    size_t bytes; /* given out so far, rounded up for alignment */
    size_t max;   /* the most that it gives out; 0: no limit */
};

/* `bytes` bytes, aligned for any type and not set to anything; NULL without memory or above the
 * limit. */
void *arena_alloc(struct arena *a, size_t bytes);

void arena_done(struct arena *a);

#endif
