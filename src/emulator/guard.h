/*
 * guard: a small process that outlives the emulator by a moment and takes the instances with it.
 *
 * It waits on a pipe that only the emulator holds. When the emulator ends, whatever way, kill -9
 * included, the pipe closes and the guard kills every process group it was told of and every
 * process with the emulator's mark; then it ends too. It has a session of its own, so that Ctrl-C
 * does not reach it.
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
    char mark[33]; /* random: the marks of the instances begin so */
};

/* `folder` and `prefix` name the control groups that are removed at the end, when they are empty;
 * "" for none. */
int guard_start(struct guard *g, const char *folder, const char *prefix, struct err *e);

/* An instance's process group; forgotten again when it has ended, for its number may be used
 * again. */
void guard_watch(struct guard *g, pid_t group);
void guard_forget(struct guard *g, pid_t group);

/* Lets the guard do its work, and waits for it. */
void guard_stop(struct guard *g);

#endif
