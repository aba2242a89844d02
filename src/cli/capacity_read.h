/*
 * capacity_read: the folder or file of a search for capacity, given where a run file could be:
 * `report runs/cap`, `gate runs/cap --min-capacity 500`.
 *
 * Thread: main.
 */
#ifndef CLI_CAPACITY_READ_H
#define CLI_CAPACITY_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "capacity/capacity_result.h"
#include "cli/command.h"
#include "util/err.h"

/* Whether it is such a folder, or a capacity.json. */
bool capacity_is(const char *path);

/* The result of that folder or file. */
int capacity_read(const char *path, struct capacity_result *out, struct err *e);

/* Whether both paths lead to one result. */
bool capacity_same(const char *one, const char *other);

/* Fails if one of these n options was given, which are about run files. */
int capacity_refuse(const struct args *a, const char *const *of_runs, size_t n, struct err *e);

/* `gate`: an exit code. */
int capacity_gate(const struct args *a);

/* `report`: an exit code. */
int capacity_report(const struct args *a);

#endif
