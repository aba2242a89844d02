/*
 * results: shows a finished run: its tables on stdout, and a report in a folder where asked for.
 *
 * Thread: main.
 */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include <stdbool.h>

/* Reads the run file at `path` and prints tables, errors and verdict; `folder` NULL means no report. `quiet`: tables alone.
 * Returns an exit code; what went wrong was said. */
int results_show(const char *path, const char *folder, bool quiet);

#endif
