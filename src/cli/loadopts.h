/*
 * loadopts: --users, --spawn-rate, --rate and --run-time over a scenario's load, and the load in a few words.
 *
 * Ownership: all is borrowed. Thread: main.
 */
#ifndef CLI_LOADOPTS_H
#define CLI_LOADOPTS_H

#include "cli/command.h"
#include "scenario/model.h"
#include "schedule/load.h"
#include "util/buf.h"
#include "util/err.h"

/* Fails where the options do not fit the kind of load. With several loads only --run-time does. */
int loadopts_apply(const struct args *a, struct scenario *s, struct err *e);

/* Appends "10 users, 1 per second, for 97s". */
void loadopts_text(const struct load *l, struct buf *out);

#endif
