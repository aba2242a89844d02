/*
 * limits: limits the CPU of instances, with control groups if this machine allows it.
 *
 * It uses version 2 (cpu.max), in its own group below the emulator's, or version 1 (cfs quota). If
 * neither is writable, nothing is limited, and limits_text() says why. Memory is not limited here:
 * the emulator watches it, because Cloud Run's message says how much was used.
 *
 * Ownership: embedded; limits_done() removes what was created. Thread: main.
 */
#ifndef EMULATOR_LIMITS_H
#define EMULATOR_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "util/err.h"

#define LIMITS_PATH_BYTES 512

struct limits {
    int version;                  /* of control groups; 0: no limits */
    char base[LIMITS_PATH_BYTES]; /* contains the instances' groups */
    char home[LIMITS_PATH_BYTES]; /* the emulator's own group, to return to */
    char text[LIMITS_PATH_BYTES * 2];
    double cpus;
    unsigned next;
};

struct limits_group {
    char path[LIMITS_PATH_BYTES + 80]; /* "": none */
};

/* Finds out what is possible. `root` replaces "" (the machine's own /proc and /sys) in tests. It
 * does not fail. */
void limits_init(struct limits *l, double cpus, const char *root);
void limits_done(struct limits *l);

/* One sentence for the user: what is limited and how, or why not. */
const char *limits_text(const struct limits *l);

/* Writes the common prefix of this emulator's group names. */
void limits_prefix(const struct limits *l, char *out, size_t size);

/* Call these around the start of an instance. The emulator enters a new group, its child is
 * created there, and the emulator returns. So even the first fork of an instance is limited. */
void limits_enter(struct limits *l, struct limits_group *g);
void limits_leave(struct limits *l);
void limits_remove(struct limits_group *g);

#endif
