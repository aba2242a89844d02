/*
 * steering: changes of the load while a run goes on: by --change, and by commands.
 *
 * A command's change is stored in the manifest as one more --change, so that --replay repeats it at
 * its time. It does not decide who may command: see the sources in listeners.c.
 *
 * Ownership: a zeroed struct steering is empty; steering_done() frees. Thread: main.
 */
#ifndef CLI_STEERING_H
#define CLI_STEERING_H

#include "cli/command.h"
#include "cli/manifest.h"
#include "control/control.h"
#include "scenario/scenario.h"
#include "schedule/load.h"

struct steering {
    struct load_change *changes; /* those that commands made */
    size_t count;
    bool failed; /* no memory: the manifest lacks some */
};

/* Makes the changes of --change part of the load. */
int steering_apply(const struct args *a, struct load *l, struct err *e);

/* Why commands cannot change the load of this run; NULL: they can. */
const char *steering_refusal(const struct args *a, const struct scenario *s);

/* Takes a change from the commands, and keeps it. */
bool steering_take(struct steering *s, struct control *c, struct load_change *change);

/* The most users that a change asked for; 0 without one. */
uint32_t steering_users(const struct steering *s);

/* Adds what was kept to the manifest. */
void steering_describe(const struct steering *s, const struct args *a, struct manifest *m);

void steering_done(struct steering *s);

/* Appends "users 50, 10 per second" or "200 requests per second". */
void steering_text(const struct control_change *c, struct buf *out);

#endif
