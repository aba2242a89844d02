/*
 * array: the length of an array, and room for more items in one that grows.
 *
 * array_room() doubles, so adding n items one by one copies fewer than 2 n. It never shrinks, and
 * knows no limits of its own. Ownership: the block is the caller's, from malloc(). Thread: any.
 */
#ifndef UTIL_ARRAY_H
#define UTIL_ARRAY_H

#include <stddef.h>

/* Number of items of an array, not of a pointer. */
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Room for `wanted` items of `item_bytes`: returns `items` (NULL: none yet), moved if it had to
 * grow, and sets *room, which counts items. New items are not set. NULL: out of memory, and `items`
 * and *room are as before. */
void *array_room(void *items, size_t *room, size_t wanted, size_t item_bytes);

#endif
