/*
 * python: starts python3 with a script of this program, and returns what it prints.
 *
 * Python runs isolated (-I -S): no settings, no modules of the user, nothing from the current
 * folder. The input is what the script reads from stdin. Time and the size of the output are
 * limited; a child that exceeds them is killed. It does not know what the script does.
 *
 * Ownership: none taken. Thread: any; it waits for the child.
 */
#ifndef CONVERT_PYTHON_H
#define CONVERT_PYTHON_H

#include <stddef.h>

#include "util/buf.h"
#include "util/err.h"

/* Runs the script, whose text is the `parts` one after the other, with the arguments `given` (NULL
 * ends both; at most 8 each). Appends its output. Fails if there is no python3, if the script
 * fails, or if it takes too long. */
int python_run(const char *const *parts, const char *const *given, const char *input, size_t bytes,
               struct buf *out, struct err *e);

#endif
