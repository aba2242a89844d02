/*
 * change: what somebody asks of the load while a run goes on, and whether the run can do it.
 *
 * The page, Locust's calls and the agent of a control socket ask by the same rules. It does not
 * read requests or lines: callers do. Pure. Thread: any.
 */
#ifndef CONTROL_CHANGE_H
#define CONTROL_CHANGE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "control/control.h"
#include "util/err.h"

#define CHANGE_NOTHING ((double)NAN)
#define CHANGE_REFUSED "the load of this run cannot be changed: "

/* CHANGE_NOTHING: it was not given. */
struct change_asked {
    double users, spawn_rate, rate;
};

/* The load that is to change. */
struct change_of {
    bool open; /* an arrival rate, not users */
    uint32_t users_possible;
    double spawn_rate; /* if none is asked for */
};

/* False: it cannot be; *why says what can. */
bool change_make(const struct change_asked *a, const struct change_of *of,
                 struct control_change *out, struct err *why);

#endif
