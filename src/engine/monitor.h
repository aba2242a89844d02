/*
 * monitor: what the engine observes of itself while a run goes on, by second, into the run file:
 * users, how busy the workers and the writer are, how late the loops wake, what waits to be
 * written, files, ports, retransmits.
 *
 * It judges nothing: the verdict is the caller's. How late requests were sent is not seen here but
 * in the samples.
 * Ownership: embedded in the engine, all zero at first; monitor_done() frees. Thread: main.
 */
#ifndef ENGINE_MONITOR_H
#define ENGINE_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

struct worker;

/* A share is taken over this many seconds: short enough to see a saturated phase, long enough to
 * mean something. */
#define MONITOR_WINDOW_S 5

/* How often monitor_tick() is called. */
#define MONITOR_TICK_NS (100 * INT64_C(1000000))

/* What is monitored; borrowed for the call. */
struct monitor_subject {
    struct worker *workers;
    uint32_t count;
    struct record *record;
};

/* A worker at the last looks, one a second. */
struct monitor_worker {
    int64_t cpu_ns[MONITOR_WINDOW_S + 1];
    uint64_t wakes; /* of its pacer, at the newest */
    int64_t late_ns;
};

struct monitor_state {
    int64_t second; /* that users_in_second and queued_max are about */
    uint32_t users_in_second;
    uint64_t queued_max;
    struct monitor_worker *workers;
    int64_t at_ns[MONITOR_WINDOW_S + 1]; /* when the looks were taken */
    uint32_t samples; /* taken so far; the newest is at [(samples - 1) % (MONITOR_WINDOW_S + 1)] */
    int64_t writer_cpu_ns;
    int64_t retransmits;
    double busiest_core;
    int64_t longest_stall_ns; /* over the run; see note_stall() */
    int64_t stall_ns;         /* in this second */
    int64_t tick_ns;          /* when monitor_tick() was called last; 0: never */
    uint32_t busiest_worker;
    bool told_busy;
};

/* Several times a second; now_ns from the start of the run. */
void monitor_tick(struct monitor_state *w, const struct monitor_subject *of, int64_t now_ns,
                  uint32_t users);

/* Once, when the workers have ended: what is left of the last second. */
void monitor_end(struct monitor_state *w, const struct monitor_subject *of, int64_t now_ns,
                 uint32_t users);
void monitor_done(struct monitor_state *w);

#endif
