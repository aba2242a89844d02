/*
 * cloudrun_opts: the options of `coldswarm cloudrun`, converted to emulator options.
 *
 * The service's file is read first; options on the command line override it. Thread: main only.
 */
#ifndef CLI_CLOUDRUN_OPTS_H
#define CLI_CLOUDRUN_OPTS_H

#include "cli/command.h"
#include "emulator/emulator.h"

#define CLOUDRUN_OPT_COUNT 35

extern const struct opt_def cloudrun_opts[CLOUDRUN_OPT_COUNT];

/* Fills all but the callbacks. Unknown settings in the file are passed to `note`. service_done()
 * frees, also after a failure. */
int cloudrun_opts_read(const struct args *a, struct emulator_options *o,
                       void (*note)(void *context, const char *text), void *context, struct err *e);

#endif
