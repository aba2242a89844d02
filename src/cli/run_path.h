/*
 * run_path: the path of a run file: --out, numbered in a series; NAME-TIME.db in --out if that is a
 * folder, which ends with a slash; else in runs/.
 *
 * Ownership: the record is the caller's. Thread: main.
 */
#ifndef CLI_RUN_PATH_H
#define CLI_RUN_PATH_H

#include "cli/command.h"
#include "cli/repeat.h"
#include "record/record.h"
#include "util/err.h"

/* Creates the run file. If another process has just taken a default name, the next name is
 * tried. */
int run_path_open(const struct args *a, const struct repeat *repeat, const struct record_run *about,
                  char path[REPEAT_PATH_BYTES], struct record **out, struct err *e);

/* Checks that --out can be created for this run and all later ones in the series: none may
 * exist. */
int run_path_check(const struct args *a, const struct repeat *repeat, struct err *e);

#endif
