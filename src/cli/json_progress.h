/*
 * json_progress: a listener that writes the status of a run once a second, one JSON line each, for
 * scripts: --json-progress FD|FILE.
 *
 * Each line is written at once. What takes it is never waited for: a pipe that is full loses whole
 * lines, and the next line says how many. At the end it has up to two seconds to take the last
 * line.
 *
 * Thread: main.
 */
#ifndef CLI_JSON_PROGRESS_H
#define CLI_JSON_PROGRESS_H

#include "cli/command.h"
#include "control/control.h"

/* Whether a descriptor that --json-progress names can be written to, before there is a run. */
int json_progress_check(const struct args *a, struct err *e);

extern const struct control_listener json_progress_listener;

#endif
