/*
 * processes: the processes of an instance, as the kernel shows them in /proc: what they use, and a
 * way to end them all.
 *
 * To an instance belongs what is in the process group or session of its first process, and what
 * carries its mark in the environment: so neither a fork, nor setsid(), nor a daemon gets away. It
 * starts nothing. It is Linux only.
 *
 * Thread: any; nothing is kept.
 */
#ifndef EMULATOR_PROCESSES_H
#define EMULATOR_PROCESSES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The environment variable that carries the mark. */
#define PROCESSES_MARK_NAME "COLDSWARM_GUARD"

struct processes_use {
    /* User and system, of living processes and of children that they have waited for. */
    int64_t cpu_ns;
    uint64_t memory_bytes; /* resident; what several processes share counts once (PSS) */
    unsigned processes;
};

/* One look at /proc for all groups; a group that is not there has zeros. */
void processes_sample(const pid_t *groups, struct processes_use *out, size_t n);

/* Sends SIGKILL to all processes of the groups (n may be 0) and to those whose mark begins with
 * `mark` (NULL: none). Returns how many were found alive: call it again until that is 0. */
unsigned processes_kill(const pid_t *groups, size_t n, const char *mark);

/* The same until nothing is left, for at most a second; what is in an uninterruptible wait may
 * stay. */
void processes_kill_all(const pid_t *groups, size_t n, const char *mark);

#endif
