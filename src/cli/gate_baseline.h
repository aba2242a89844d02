/*
 * gate_baseline: `gate --baseline`: its options, and its results next to those of thresholds.
 *
 * Thread: main.
 */
#ifndef CLI_GATE_BASELINE_H
#define CLI_GATE_BASELINE_H

#include "cli/command.h"
#include "report/regressions.h"

/* Compares the run at `path` with the baseline, if the options ask for it; otherwise *out stays
 * NULL. Returns EXIT_OK, or an exit code with `e` set. */
int gate_baseline(const struct args *a, const char *path, struct gate_regression **items,
                  size_t *count, struct regressions **out, struct err *e);
void gate_baseline_free(struct gate_regression *items, size_t count);

#endif
