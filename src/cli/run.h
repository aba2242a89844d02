/*
 * run: a run, from its command line to its exit code: scenario, run file, engine, verdict and
 * messages. The options are in cmd_run.c.
 *
 * Thread: main, once per process.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/command.h"
#include "control/control.h"

/* `tables` are the run's listeners and command sources: run_tables of cli/listeners.h. */
int run(const struct args *a, const struct control_tables *tables);

#endif
