/*
 * load: the number of virtual users at a time, or the number of requests per second that should
 * arrive.
 *
 * Pure functions of a spec and a time in nanoseconds from the start of the run; no clock, no state.
 * A user is an index from 0: if load_users() is n, the users 0 .. n-1 should be active.
 *
 * Ramps are even: with a spawn rate of 10, user k starts at k/10 s (not ten users at each full
 * second). A stage is a straight line from the end of the previous one to its own target. In
 * between it is rounded down; at its end it is exact.
 *
 * Open loads (LOAD_RATE, LOAD_RATE_STAGES, LOAD_TRACE) specify requests instead, independent of
 * earlier responses: see arrivals.h. Their users are a pool that serves the arrivals, so
 * load_users() is always 0.
 *
 * A load of users or of a rate can be changed while it runs: at a time, users start or stop one by
 * one until there are as many as wanted, or the rate becomes another one. The past stays as it was.
 *
 * Ownership: load_done frees stages and changes; the times of a trace are borrowed. Thread: any.
 */
#ifndef SCHEDULE_LOAD_H
#define SCHEDULE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define LOAD_CHANGES_MAX 10000

/* Of a load, which parts on several machines may share, and of what one machine has of it. */
#define LOAD_USERS_MAX 10000000
#define LOAD_MACHINE_USERS_MAX 1000000

/* Rates are in millionths of a request per second: 0.1/s is exactly 100000, which a double
 * cannot represent. */
#define LOAD_MICRO 1000000
#define LOAD_RATE_MAX 10000000 /* requests per second */
#define LOAD_MACHINE_RATE_MAX 100000

/* Maximum replay speed of a trace, as a multiple of the recorded speed. Speeds are in millionths
 * too. */
#define LOAD_SPEED_MAX 1000000

enum load_kind {
    LOAD_USERS,       /* users, spawn_rate, duration_ns */
    LOAD_STAGES,      /* start_users, stages of users */
    LOAD_RATE,        /* micro_rate, duration_ns */
    LOAD_RATE_STAGES, /* start_micro_rate, stages of rates */
    /* times, micro_speed, loop; duration_ns 0: the whole trace, once. */
    LOAD_TRACE
};

/* Recorded arrivals, in nanoseconds at the recorded speed. */
struct load_times {
    const int64_t *at_ns; /* from the start of the replayed part; never decreases */
    uint64_t count;       /* at least 1 */
    /* Length of the replayed part, greater than the last of at_ns; a loop restarts there. */
    int64_t length_ns;
};

/* From a time on, another number of users (LOAD_USERS) or another rate (LOAD_RATE). */
struct load_change {
    int64_t at_ns;      /* from the start of the load */
    uint32_t users;     /* LOAD_USERS */
    double spawn_rate;  /* LOAD_USERS: users that start or stop per second, the first at once */
    int64_t micro_rate; /* LOAD_RATE; 0: nothing arrives */
    uint32_t from;      /* users just before it; load_change() sets it */
};

struct load_stage {
    int64_t duration_ns; /* 0: a jump */
    uint32_t users;      /* at its end */
    int64_t micro_rate;  /* at its end */
};

struct load {
    enum load_kind kind;
    uint32_t users;
    double spawn_rate; /* users per second, > 0 */
    int64_t duration_ns;
    uint32_t start_users;
    struct load_stage *stages; /* owned */
    size_t stage_count;
    struct load_change *changes; /* owned; later ones last */
    size_t change_count;
    int64_t micro_rate;
    int64_t start_micro_rate;
    const struct load_times *times; /* LOAD_TRACE */
    int64_t micro_speed;            /* millionths of the recorded speed */
    bool loop;                      /* starts again at the end of the trace */
    bool poisson;                   /* random arrivals with this mean rate; else evenly spaced */
    uint32_t max_users;             /* open load: maximum requests in flight */
    /* True: an arrival goes to the user that has been free longest, or to a new one while fewer
     * than spread_min are used. False: to the user that was busy last. */
    bool spread;
    uint32_t spread_min;
    int64_t queue_timeout_ns; /* an arrival that waits this long for a free user is dropped */
    /* The load ends here at the latest, whatever its stages; 0: no limit. */
    int64_t cut_ns;
};

void load_done(struct load *l);

/* A copy that owns its stages and changes. */
int load_copy(const struct load *from, struct load *to, struct err *e);

/* Returns NULL if a load can be changed, else why not, for a message. */
const char *load_no_change(const struct load *l);

/* Adds a change. Fails if the load cannot be changed, or if it is not later than the others or not
 * before the end. */
int load_change(struct load *l, const struct load_change *c, struct err *e);

/* True for an open load: requests arrive at a rate. */
bool load_is_open(const struct load *l);

/* Returns the highest rate of an open load, in millionths per second. For a trace, that of its
 * busiest second. */
int64_t load_micro_rate_max(const struct load *l);

/* Returns when an arrival of a trace is due, to the nearest nanosecond. at_ns is its recorded
 * time from the start of the first pass. */
int64_t load_trace_due(const struct load *l, uint64_t pass, int64_t at_ns);

/* Returns the number of arrivals of a trace up to the end of its load. */
uint64_t load_trace_count(const struct load *l);

/* Returns the users that should be active at t_ns; 0 from the end of the load on. */
uint32_t load_users(const struct load *l, int64_t t_ns);

/* Returns the first time after t_ns at which load_users() differs from its value at t_ns, or -1
 * if there is none. */
int64_t load_next_change(const struct load *l, int64_t t_ns);

/* Returns the first time after t_ns at which load_users(), which is from `low` to `high` - 1 at
 * t_ns, is not, or -1 if there is none. A part of the users need not look at each change. */
int64_t load_next_crossing(const struct load *l, int64_t t_ns, uint32_t low, uint32_t high);

/* Returns the end of the load, in ns. */
int64_t load_duration(const struct load *l);

/* Returns the stage at t_ns, from 0. Returns stage_count after the end of the last one, and
 * always if there are none. */
size_t load_stage_at(const struct load *l, int64_t t_ns);

/* Returns the maximum number of active users; max_users of an open load. */
uint32_t load_users_max(const struct load *l);

#endif
