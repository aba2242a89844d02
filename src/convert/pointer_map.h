/*
 * pointer_map: finds pointers by a key of any bytes, in a time that does not grow with their
 * number.
 *
 * It keeps only a hash of the key: the caller compares what it gets. Several pointers may have one
 * key; they come in the order in which they were added. Nothing can be removed. Ownership: the
 * pointers are the caller's; pointer_map_done() frees the table. Thread: one at a time.
 */
#ifndef CONVERT_POINTER_MAP_H
#define CONVERT_POINTER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pointer_entry;

struct pointer_map { /* zero-initialised, it is empty */
    struct pointer_entry *slots;
    size_t count, cap;
};

struct pointer_search { /* private */
    uint64_t hash;
    size_t at;
};

/* Returns false if memory runs out. */
bool pointer_map_add(struct pointer_map *m, const void *key, size_t n, void *value);

/* Return the pointers whose key may be this one; NULL: no more. */
void *pointer_map_first(const struct pointer_map *m, const void *key, size_t n,
                        struct pointer_search *s);
void *pointer_map_next(const struct pointer_map *m, struct pointer_search *s);

void pointer_map_done(struct pointer_map *m);

#endif
