/*
 * groups: shows several runs of one scenario side by side, for `report A.db B.db …` and the end of
 * `run --repeat`.
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

/* NULL: a group has no such format. */
const struct groups_format *groups_format(const char *word);

struct groups_options {
    const struct groups_format *format;
    struct group_options group;
    const char *folder; /* the tables go there too, in every format; NULL: nowhere */
};

/* Prints to stdout; an exit code, what went wrong was said. */
int groups_show(const char *const *paths, size_t n, const struct groups_options *o);

#endif
