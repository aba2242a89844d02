/*
 * gnuplot: finds and runs gnuplot, without a shell and with a time limit.
 *
 * It does not write scripts and knows no picture. Start-up files of the user (~/.gnuplot) are not
 * read, so that a script draws the same everywhere. Several scripts share one process, which costs
 * half of one for each; none can tell that others ran before it, and draws the bytes that it draws
 * alone.
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

/* Searches the absolute directories of PATH. (A relative one would be looked up in the directory
 * of the data, which is no place to take programs from.) False when it is not there or the path
 * does not fit. */
bool gnuplot_find(char *path, size_t size);

/* Runs the scripts in `directory` one after the other, each as `program -d SCRIPT` would, until one
 * fails. What gnuplot writes to standard error is appended to `said` as one line that a terminal
 * can show. `*done` is how many scripts ended well, also on failure: scripts[*done] is the one that
 * did not. -1 when gnuplot does not start, fails (its words about that script are in the error) or
 * takes longer than `timeout_ns` for one of them. */
int gnuplot_run(const char *program, const char *directory, const char *const scripts[],
                size_t count, int64_t timeout_ns, struct buf *said, size_t *done, struct err *e);

#endif
