/*
 * notes: what the run file's events say of the loads: users are all there, stages and loads begin
 * and end.
 *
 * Moments are those of the schedule; they are noted when they are seen, at most a tick late.
 * Ownership: embedded; notes_done() frees; the rest is borrowed. Thread: main.
 */
#ifndef ENGINE_NOTES_H
#define ENGINE_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"
#include "scenario/scenario.h"
#include "util/err.h"

struct notes_load {
    size_t stage; /* the next to be noted */
    bool began, ended;
};

struct notes {
    const struct scenario *scenario;
    struct record *record;
    struct notes_load *loads;
    bool all_users;
};

int notes_init(struct notes *n, const struct scenario *s, struct record *record, struct err *e);
void notes_done(struct notes *n);

/* At now_ns from the start there are `users` users; `running`: no signal has stopped the loads. */
void notes_take(struct notes *n, int64_t now_ns, uint32_t users, bool running);

#endif
