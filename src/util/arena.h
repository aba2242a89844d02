/*
 * arena: memory that is allocated piece by piece and freed all at once.
 *
 * Single pieces cannot be freed or grown. Ownership: the arena owns every piece until arena_done().
 * Thread: one at a time.
 */
#ifndef UTIL_ARENA_H
#define UTIL_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* Zero-initialised, it is an empty arena without a limit. */
struct arena {
    struct arena_chunk *chunks;
    size_t bytes; /* allocated so far, rounded up for alignment */
    size_t max;   /* allocation limit; 0: no limit */
};

/* Returns `bytes` uninitialised bytes, aligned for any type; NULL if memory runs out or the
 * limit is exceeded. */
void *arena_alloc(struct arena *a, size_t bytes);

void arena_done(struct arena *a);

#endif
