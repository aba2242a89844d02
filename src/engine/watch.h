/*
 * watch: what the engine observes of itself while a run goes on: users by second, and how busy each worker's core is.
 *
 * It judges nothing: the verdict is the caller's. Ownership: embedded in the engine. Thread: main.
 */
#ifndef ENGINE_WATCH_H
#define ENGINE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

struct worker;

/* A share is taken over this many seconds: short enough to see a saturated phase, long enough to mean something. */
#define WATCH_WINDOW_S 5

/* What is watched; borrowed for the call. */
struct watch_subject {
    struct worker *workers;
    uint32_t count;
    struct record *record;
};

struct watch_state {
    int64_t second; /* that users_in_second is about */
    uint32_t users_in_second;
    int64_t (*cpu_ns)[WATCH_WINDOW_S +
                      1]; /* by worker: its CPU time at the last samples, one a second */
    int64_t at_ns[WATCH_WINDOW_S + 1];
    uint32_t samples; /* taken so far; the newest is at [(samples - 1) % (WATCH_WINDOW_S + 1)] */
    double busiest_core;
    uint32_t busiest_worker;
    bool told_busy;
};

/* Several times a second; now_ns from the start of the run. */
void watch_tick(struct watch_state *w, const struct watch_subject *of, int64_t now_ns,
                uint32_t users);

/* Once, when the workers have ended: what is left of the last second. */
void watch_end(struct watch_state *w, const struct watch_subject *of, int64_t now_ns,
               uint32_t users);
void watch_done(struct watch_state *w);

#endif
