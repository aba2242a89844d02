/*
 * groups: compares several runs of one scenario, for `report A.db B.db …` and at the end of `run
 * --repeat`.
 *
 * Thread: main.
 */
#ifndef CLI_GROUPS_H
#define CLI_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/group.h"

struct groups_format {
    const char *word, *file;
    void (*emit)(struct buf *out, const struct document *d);
};

/* Returns NULL if groups do not have such a format. */
const struct groups_format *groups_format(const char *word);

struct groups_options {
    const struct groups_format *format;
    struct group_options group;
    const char *folder; /* also write the tables there, in every format; NULL: do not */
};

/* Prints to stdout. Returns an exit code; errors were already printed. */
int groups_show(const char *const *paths, size_t n, const struct groups_options *o);

#endif
