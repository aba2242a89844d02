/*
 * names: numbers texts in the order in which they appear first.
 *
 * Ownership: names_done() frees; texts are copied. Thread: plain data.
 */
#ifndef RESULTS_NAMES_H
#define RESULTS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/bytes.h"

struct names {
    struct arena memory;
    const char **texts; /* by number; each ends with a NUL */
    size_t count, room;
    uint32_t *slots; /* number + 1; 0: free */
    size_t slot_count;
};

void names_done(struct names *n); /* all zeros is allowed */

/* The number of the text; -1: it has none. `key` may have NULs inside. */
int64_t names_find(const struct names *n, struct bytes key);

/* The same, but a new text gets the next number; -1: memory ran out. */
int64_t names_number(struct names *n, struct bytes key);

#endif
