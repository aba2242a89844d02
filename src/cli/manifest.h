/*
 * manifest: what is needed to repeat a run, written into its file: command line, versions, machine, limits, hashes.
 *
 * No secrets: the command line's userinfo in URLs is masked, the environment is not stored. Thread: main.
 */
#ifndef CLI_MANIFEST_H
#define CLI_MANIFEST_H

#include "cli/calibrate.h"
#include "cli/command.h"
#include "cli/observe.h"
#include "record/record.h"
#include "scenario/model.h"
#include "util/err.h"

struct manifest_sending {
    const char *transport, *why;
    bool kernel_clock;     /* answers came when the kernel says they did */
    const char *trace_run; /* "": no traceparent was sent */
};

int manifest_write(struct record *r, const struct args *a, const struct scenario *s,
                   const struct manifest_sending *sending, struct err *e);

/* What the client was found to add; nothing where there are no requests behind it. */
int manifest_write_calibration(struct record *r, const struct calibration *c, struct err *e);

/* How late the client sent what was scheduled, after record_stop(); nothing where nothing was scheduled. */
int manifest_write_dispatch(struct record *r, const struct observe_result *sent, struct err *e);

#endif
