/*
 * capacity_say: what a search for capacity prints: its plan and a line per step to stderr, the
 * result to stdout.
 *
 * Thread: main.
 */
#ifndef CLI_CAPACITY_SAY_H
#define CLI_CAPACITY_SAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "capacity/capacity_result.h"
#include "capacity/search.h"
#include "report/report.h"

void capacity_say_plan(const struct capacity_result *r, const char *folder);

/* How long the search still takes; 0: not known. */
struct capacity_left {
    int64_t least_ns; /* if every load is decided at once */
    int64_t most_ns;  /* of --max-time */
};

/* The last step of the result. `silent`: it got no answer, which is no fault of the client. */
void capacity_say_step(const struct capacity_result *r, const struct search_ask *ask,
                       const struct capacity_left *left, bool silent);

/* These two return an exit code; an error was printed. capacity_say_files() writes the result into
 * a folder, and prints to `list` what it wrote; NULL: it does not. */
int capacity_say_files(const struct capacity_result *r, const char *folder, bool figures,
                       FILE *list);
int capacity_say_result(const struct capacity_result *r, const char *folder,
                        const struct report_format *format);

#endif
