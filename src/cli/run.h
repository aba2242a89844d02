/*
 * run: a run, from its command line to its exit code: scenario, run file, engine, verdict and
 * messages. The options are in cmd_run.c.
 *
 * Thread: main, one at a time.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/command.h"
#include "control/control.h"

struct web;

/* Who makes several runs and shows them at one place: `coldswarm web`. */
struct run_owner {
    struct web *web;    /* its page, instead of one of --web; stays open */
    int signal;         /* that ended the last run; 0: none */
    struct err failure; /* why the last run failed; "": it did not */
};

/* What the sources of commands get in their init(). */
struct run_source_view {
    const struct args *args;
    struct run_owner *owner; /* NULL: the run is on its own */
};

/* `tables` are the run's listeners and command sources: run_tables of cli/listeners.h. owner NULL:
 * the run is on its own. */
int run(const struct args *a, const struct control_tables *tables, struct run_owner *owner);

/* What would stop run() before it does anything: a mistake of the scenario or of the options.
 * `target` gets the target as written, for the caller to free; NULL: not wanted. */
int run_check(const struct args *a, char **target, struct err *e);

#endif
