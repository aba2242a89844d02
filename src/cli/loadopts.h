/*
 * loadopts: applies --users, --spawn-rate, --rate, --speed, --run-time and --source to a scenario,
 * and describes a load in a few words.
 *
 * Ownership: all is borrowed. Thread: main.
 */
#ifndef CLI_LOADOPTS_H
#define CLI_LOADOPTS_H

#include "cli/command.h"
#include "scenario/scenario.h"
#include "schedule/load.h"
#include "util/buf.h"
#include "util/err.h"

/* Fails if a source is not an address of this machine, or if the options do not fit the kind of
 * load. With several loads only --run-time does. */
int loadopts_apply(const struct args *a, struct scenario *s, struct err *e);

/* --seed, or a random one. */
uint64_t loadopts_seed(const struct args *a);

/* Appends "10 users, 1 per second, for 97s". */
void loadopts_text(const struct load *l, struct buf *out);

#endif
