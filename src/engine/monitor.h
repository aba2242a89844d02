/*
 * monitor: records in the run file, by second, how the client itself is doing: users, CPU load of
 * the workers and the writer, lag of the loops, length of the write queue, open files, ports,
 * retransmits. Notes when the client stalled, when the time of the day was set and when the machine
 * slept.
 *
 * It does not judge: the caller computes the verdict. It does not see how late requests were sent;
 * the samples contain that.
 * Ownership: embedded in the engine, zero-initialised; monitor_done() frees. Thread: main.
 */
#ifndef ENGINE_MONITOR_H
#define ENGINE_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

struct worker;

/* CPU shares are averages over this many seconds: short enough to see a saturated phase, long
 * enough to be meaningful. */
#define MONITOR_WINDOW_S 5

/* How often monitor_tick() is called. */
#define MONITOR_TICK_NS (100 * INT64_C(1000000))

/* What is monitored; borrowed for the call. */
struct monitor_subject {
    struct worker *workers;
    uint32_t count;
    struct record *record;
};

/* A worker at the last measurements, one a second. */
struct monitor_worker {
    int64_t cpu_ns[MONITOR_WINDOW_S + 1];
    uint64_t wakes; /* of its pacer, at the newest measurement */
    int64_t late_ns;
};

struct monitor_state {
    int64_t second; /* the second of users_in_second and queued_max */
    uint32_t users_in_second;
    uint64_t queued_max;
    struct monitor_worker *workers;
    int64_t at_ns[MONITOR_WINDOW_S + 1]; /* when the measurements were taken */
    /* Measurements so far. The newest is at [(samples - 1) % (MONITOR_WINDOW_S + 1)]. */
    uint32_t samples;
    int64_t writer_cpu_ns;
    int64_t retransmits;
    double busiest_core;
    int64_t longest_stall_ns; /* over the run; see note_stall() */
    int64_t stall_ns;         /* in this second */
    int64_t tick_ns;          /* time of the last monitor_tick(); 0: never called */
    /* The clock of the day, and the one that counts while the machine sleeps: both minus the
     * monotonic one, at the last reading. */
    bool clocks_known;
    int64_t real_ahead_ns, boot_ahead_ns;
    uint32_t busiest_worker;
    bool told_busy;
};

/* Call several times a second. now_ns counts from the start of the run. */
void monitor_tick(struct monitor_state *w, const struct monitor_subject *of, int64_t now_ns,
                  uint32_t users);

/* Call once, after the workers have ended: records the rest of the last second. */
void monitor_end(struct monitor_state *w, const struct monitor_subject *of, int64_t now_ns,
                 uint32_t users);
void monitor_done(struct monitor_state *w);

#endif
