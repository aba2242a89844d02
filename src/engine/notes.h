/*
 * notes: writes the events of the loads to the run file: all users are there, a stage or load
 * begins or ends.
 *
 * The time of an event is the scheduled one. The event is noticed up to one tick later.
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
    size_t stage;  /* next stage to note */
    size_t change; /* next change to note */
    bool began, ended;
};

struct notes {
    const struct scenario *scenario;
    uint32_t users_max; /* of this machine's part */
    struct record *record;
    struct notes_load *loads;
    bool all_users;
};

int notes_init(struct notes *n, const struct scenario *s, uint32_t users_max, struct record *record,
               struct err *e);
void notes_done(struct notes *n);

/* The load will have this many users from now on. */
void notes_change(struct notes *n, uint32_t users_max);

/* `users` is the number of users at now_ns from the start. `running`: no signal has stopped the
 * loads. */
void notes_take(struct notes *n, int64_t now_ns, uint32_t users, bool running);

#endif
