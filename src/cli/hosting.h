/*
 * hosting: `coldswarm web`: a page that starts runs, one after the other, and shows earlier ones.
 *
 * Each run is a `coldswarm run` in this process, on the main thread, with the page as its source of
 * commands and as a listener (serving.h). Reports are made by child processes (hosting_reports.c).
 *
 * Scenarios are files directly in one folder, or one file. Runs are files directly in another
 * folder. A name from outside is only used if it is that of a regular file there: no path. A
 * scenario may be a symbolic link to a file inside of its folder; a run may not.
 *
 * Ownership: embedded; texts are borrowed. Thread: main; what says so also runs on the page's.
 */
#ifndef CLI_HOSTING_H
#define CLI_HOSTING_H

#include <pthread.h>

#include "cli/command.h"
#include "cli/run.h"
#include "util/buf.h"
#include "web/web_host.h"

#define HOSTING_PATH_BYTES 4096
#define HOSTING_NAMES_MAX 1000 /* of a folder that are looked at */

struct hosting {
    const char *scenarios;         /* a folder, or a file */
    bool one;                      /* it is a file */
    char runs[HOSTING_PATH_BYTES]; /* a folder, with a slash at its end */
    const char *const *hosts;      /* to choose from */
    size_t host_count;
    struct run_owner owner;
    pthread_mutex_t lock;
    struct web_start last; /* under the lock: what was started last */
};

/* Serves until a signal; an exit code. */
int hosting_run(const struct args *a);

/* ---- names (hosting_names.c); thread: any ---- */

struct hosting_names {
    char **names;
    size_t count;
};

/* The scenarios that can be started, by name. */
int hosting_scenarios(const struct hosting *h, struct hosting_names *out, struct err *e);
/* Run files, the newest first. */
int hosting_runs(const struct hosting *h, struct hosting_names *out, struct err *e);
void hosting_names_done(struct hosting_names *n);

/* The path of a name. -1: there is no such file. */
int hosting_scenario_path(const struct hosting *h, const char *name, char path[HOSTING_PATH_BYTES],
                          struct err *e);
int hosting_run_path(const struct hosting *h, const char *name, char path[HOSTING_PATH_BYTES],
                     struct err *e);

/* ---- what the page asks for (hosting_answers.c, hosting_reports.c); thread: any ---- */

void hosting_serve(void *context, const struct web_ask *ask, struct web_reply *out);

/* A report or a comparison. The names are checked. */
void hosting_report(const struct hosting *h, const struct web_ask *ask, struct web_reply *out);
void hosting_compare(const struct hosting *h, const struct web_ask *ask, struct web_reply *out);

#endif
