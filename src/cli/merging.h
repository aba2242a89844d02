/*
 * merging: merges the parts of a load, for `merge`, which keeps the file, and for `report`, which
 * reports the parts as the run that they are.
 *
 * The exit code in the merged file is decided here, by the rules of a run. Thread: main, because
 * signals are caught meanwhile.
 */
#ifndef CLI_MERGING_H
#define CLI_MERGING_H

#include <stdbool.h>
#include <stddef.h>

#include "merge/merge.h"
#include "util/err.h"

#define MERGING_SIGNAL 128

/* Whether the run file says that it is a part of a load. False if it cannot be read. */
bool merging_is_part(const char *path);

/* An exit code. If it is not EXIT_OK, there is no file, and e says why; over MERGING_SIGNAL, a
 * signal ended it. `partial`: also if parts are missing. merge_whole_done() frees *whole. */
int merging_run(const char *out, const char *const *parts, size_t n, bool partial,
                struct merge_whole *whole, struct err *e);

/* Merges into a file of its own in $TMPDIR, which merging_remove() removes, as do the signals that
 * end the program. One at a time. Parts may be missing: the file says so. *path is valid until
 * then. */
int merging_temporary(const char *const *parts, size_t n, const char **path, struct err *e);
void merging_remove(void);

#endif
