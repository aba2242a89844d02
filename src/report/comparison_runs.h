/*
 * comparison_runs: reads the run files of a comparison. Internal to comparison.h.
 *
 * Thread: one.
 */
#ifndef REPORT_COMPARISON_RUNS_H
#define REPORT_COMPARISON_RUNS_H

#include "report/comparison.h"

/* Fills files, sides, entries (names only) and refusals. */
int comparison_runs_read(struct comparison *c, struct err *e);

#endif
