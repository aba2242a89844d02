/*
 * capacity_compare: `compare` of two searches for capacity, each given by its folder or its
 * capacity.json.
 *
 * Thread: main.
 */
#ifndef CLI_CAPACITY_COMPARE_H
#define CLI_CAPACITY_COMPARE_H

#include <stddef.h>

#include "cli/command.h"

/* At least one of the paths is a capacity. Returns an exit code; errors were printed. */
int capacity_compare(const struct args *a, const char *const *base, size_t base_count,
                     const char *const *with, size_t with_count);

#endif
