/*
 * gnuplot: finds and runs gnuplot, without a shell and with a time limit.
 *
 * It does not write scripts and knows no pictures. The user's start-up files (~/.gnuplot) are not
 * read, so a script draws the same everywhere. Several scripts share one process, which halves the
 * time per script. A script cannot tell that others ran before it, and draws the same bytes as when
 * it runs alone.
 *
 * Ownership: nothing is kept. Thread: any; blocks until gnuplot has ended.
 */
#ifndef REPORT_GNUPLOT_H
#define REPORT_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

/* Searches the absolute directories of PATH. A relative one would be resolved in the data
 * directory, from which no program should be started. Returns false if gnuplot is not there or the
 * path does not fit. */
bool gnuplot_find(char *path, size_t size);

/* Runs the scripts in `directory` one after the other, each as `program -d SCRIPT` would, until one
 * fails. Appends gnuplot's standard error to `said`, as one line that is safe for a terminal. Sets
 * *done, also on failure, to the number of scripts that succeeded: scripts[*done] is the one that
 * failed. Returns -1 if gnuplot does not start, fails (the error has its message about that script)
 * or takes longer than `timeout_ns` for one of them. */
int gnuplot_run(const char *program, const char *directory, const char *const scripts[],
                size_t count, int64_t timeout_ns, struct buf *said, size_t *done, struct err *e);

#endif
