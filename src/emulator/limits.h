/*
 * limits: the CPU that an instance may use, by control groups where this machine lets us.
 *
 * Version 2 (cpu.max) in a group of our own below the one the emulator is in, or version 1 (cfs
 * quota); where neither is writable nothing is limited and limits_text() says so and why. Memory is
 * not limited here: the emulator watches it, because Cloud Run's own message says how much was
 * used.
 *
 * Ownership: embedded; limits_done() removes what was made. Thread: main.
 */
#ifndef EMULATOR_LIMITS_H
#define EMULATOR_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/err.h"

#define LIMITS_PATH_BYTES 512

struct limits {
    int version;                  /* 0: none */
    char base[LIMITS_PATH_BYTES]; /* below it are the groups of the instances */
    char home[LIMITS_PATH_BYTES]; /* the emulator's own group, to come back to */
    char text[LIMITS_PATH_BYTES * 2];
    double cpus;
    unsigned next;
};

struct limits_group {
    char path[LIMITS_PATH_BYTES + 80]; /* "": none */
};

/* Finds out what can be done. `root` stands for "" (the machine's own /proc and /sys) in tests. It
 * does not fail. */
void limits_init(struct limits *l, double cpus, const char *root);
void limits_done(struct limits *l);

/* One sentence for people: what is limited how, or why not. */
const char *limits_text(const struct limits *l);

/* How the names of this emulator's groups begin. */
void limits_prefix(const struct limits *l, char *out, size_t size);

/* Around the start of an instance: the emulator goes into a new group, its child is born there, and
 * the emulator comes back. So not even the first fork of an instance gets away. */
void limits_enter(struct limits *l, struct limits_group *g);
void limits_leave(struct limits *l);
void limits_remove(struct limits_group *g);

#endif
