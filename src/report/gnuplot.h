/*
 * gnuplot: finds and runs gnuplot, without a shell and with a time limit.
 *
 * It does not write scripts and knows no picture. Start-up files of the user (~/.gnuplot) are not
 * read, so that a script draws the same everywhere.
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

/* Runs `program -d script` in `directory`. What gnuplot writes to standard error is appended to
 * `said` as one line that a terminal can show. -1 when it does not start, fails (its words are
 * in the error) or takes too long. */
int gnuplot_run(const char *program, const char *directory, const char *script, int64_t timeout_ns,
                struct buf *said, struct err *e);

#endif
