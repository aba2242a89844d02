/*
 * capacity_cause: looks into the files of a search's steps for whether cold starts are what limits
 * the capacity (capacity/capacity_cold.h).
 *
 * Which requests are cold is known from the server's log if it was imported into the file of each
 * step at that load. Otherwise the report's rule estimates it (report/guess_live.h), from all
 * requests of a step.
 *
 * Thread: main.
 */
#ifndef CLI_CAPACITY_CAUSE_H
#define CLI_CAPACITY_CAUSE_H

#include "cli/capacity_setup.h"
#include "util/err.h"

/* Sets result.cold of the setup, once its answer and its limit are known. Reads the files of the
 * lowest load that fails twice. */
int capacity_cause_find(struct capacity_setup *s, struct err *e);

#endif
