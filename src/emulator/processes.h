/*
 * processes: the processes of an instance, from /proc: measures what they use, and kills them all.
 *
 * A process belongs to an instance if it is in the process group or session of the instance's first
 * process, or has its mark in the environment. So neither a fork, nor setsid(), nor a daemon
 * escapes. It starts nothing. It is for Linux only.
 *
 * Thread: any; it keeps no state.
 */
#ifndef EMULATOR_PROCESSES_H
#define EMULATOR_PROCESSES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The environment variable with the mark. */
#define PROCESSES_MARK_NAME "COLDSWARM_GUARD"

struct processes_use {
    /* User and system time of living processes, and of children that they have waited for. */
    int64_t cpu_ns;
    uint64_t memory_bytes; /* resident; memory shared by several counts once (PSS) */
    unsigned processes;
};

/* Reads /proc once for all groups. A group without processes gets zeros. */
void processes_sample(const pid_t *groups, struct processes_use *out, size_t n);

/* Sends SIGKILL to all processes of the groups (n may be 0) and to those whose mark begins with
 * `mark` (NULL: none). Returns how many were found alive: repeat until it is 0. */
unsigned processes_kill(const pid_t *groups, size_t n, const char *mark);

/* Repeats that until none is left, for at most a second. Processes in an uninterruptible wait
 * may remain. */
void processes_kill_all(const pid_t *groups, size_t n, const char *mark);

#endif
