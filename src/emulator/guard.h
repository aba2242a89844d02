/*
 * guard: a small process that outlives the emulator briefly and kills its instances.
 *
 * It waits on a pipe that only the emulator holds open. When the emulator ends in any way, even by
 * kill -9, the pipe closes. The guard then kills every process group that it was told about and
 * every process with the emulator's mark, and exits. It has its own session, so Ctrl-C does not
 * reach it.
 *
 * Ownership: embedded. Thread: main, before any other thread is started.
 */
#ifndef EMULATOR_GUARD_H
#define EMULATOR_GUARD_H

#include <sys/types.h>

#include "util/err.h"

struct guard {
    int fd; /* the emulator's end of the pipe; -1: none */
    pid_t pid;
    char mark[33]; /* random prefix of the instances' marks */
};

/* `folder` and `prefix` name the control groups that are removed at the end, once they are
 * empty; "" for none. */
int guard_start(struct guard *g, const char *folder, const char *prefix, struct err *e);

/* Registers an instance's process group. Forget it when it has ended, because its number may be
 * reused. */
void guard_watch(struct guard *g, pid_t group);
void guard_forget(struct guard *g, pid_t group);

/* Lets the guard do its work, and waits for it. */
void guard_stop(struct guard *g);

#endif
