/*
 * load: how many virtual users there should be at a time, or how many requests per second should
 * arrive.
 *
 * Pure functions of a spec and a time in nanoseconds from the start of the run; no clock is read
 * and no state is kept. A user is an index from 0: where load_users() is n, the users 0 .. n-1
 * should be active.
 *
 * Ramps are even: with a spawn rate of 10, user k starts at k/10 s (not ten users at each full
 * second). A stage is a straight line from where the last one ended to its own target, rounded down
 * between, exact at its end.
 *
 * Open loads (LOAD_RATE, LOAD_RATE_STAGES, LOAD_TRACE) call for requests instead, whatever became
 * of those before: arrivals.h says when. Their users are a pool that serves the arrivals, so
 * load_users() is 0 throughout.
 *
 * Ownership: load_done frees the stages; the times of a trace are borrowed. Thread: any.
 */
#ifndef SCHEDULE_LOAD_H
#define SCHEDULE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_USERS_MAX 1000000

/* Rates are counted in millionths of a request per second: 0.1/s is 100000, exactly, which no
 * double can say. */
#define LOAD_MICRO 1000000
#define LOAD_RATE_MAX 100000 /* requests per second */

/* How much faster than recorded a trace may be replayed; counted in millionths too. */
#define LOAD_SPEED_MAX 1000000

enum load_kind {
    LOAD_USERS,       /* users, spawn_rate, duration_ns */
    LOAD_STAGES,      /* start_users, stages of users */
    LOAD_RATE,        /* micro_rate, duration_ns */
    LOAD_RATE_STAGES, /* start_micro_rate, stages of rates */
    LOAD_TRACE        /* times, micro_speed, loop; duration_ns 0: all of it, once */
};

/* Arrivals as they were recorded, in nanoseconds at the recorded speed. */
struct load_times {
    const int64_t *at_ns; /* from where the replay begins in the trace; they never decrease */
    uint64_t count;       /* at least 1 */
    int64_t
        length_ns; /* of the replayed part, above the last of at_ns; a loop begins again there */
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
    int64_t micro_rate;
    int64_t start_micro_rate;
    const struct load_times *times; /* LOAD_TRACE */
    int64_t micro_speed;            /* millionths of the recorded speed */
    bool loop;                      /* begins again at the end of the trace */
    bool poisson;                   /* arrivals at random, at this rate on average; else evenly */
    uint32_t max_users;             /* of an open load: requests in flight at once */
    /* An arrival goes to the user that has been free longest, and to a new one while fewer than
     * spread_min have been used; else to the user that was busy last. */
    bool spread;
    uint32_t spread_min;
    int64_t queue_timeout_ns; /* an arrival that no user was free for in this time is not sent */
    int64_t cut_ns;           /* the load ends here at the latest, stages or not; 0: no cut */
};

void load_done(struct load *l);

/* True where requests arrive by a rate. */
bool load_is_open(const struct load *l);

/* The highest rate of an open load, in millionths per second; of a trace in the busiest second. */
int64_t load_micro_rate_max(const struct load *l);

/* When an arrival of a trace is due that was recorded at_ns from the first pass's beginning: to the
 * nearest nanosecond. */
int64_t load_trace_due(const struct load *l, uint64_t pass, int64_t at_ns);

/* How many arrivals a trace has up to the end of its load. */
uint64_t load_trace_count(const struct load *l);

/* Users that should be active at t_ns; 0 from the end of the load on. */
uint32_t load_users(const struct load *l, int64_t t_ns);

/* The first time after t_ns at which load_users() differs from its value at t_ns; -1 if there is
 * none. */
int64_t load_next_change(const struct load *l, int64_t t_ns);

/* When the load ends, in ns. */
int64_t load_duration(const struct load *l);

/* The stage that t_ns falls into, from 0; stage_count from the end of the last on, and always if
 * there are none. */
size_t load_stage_at(const struct load *l, int64_t t_ns);

/* The most users that are ever active; max_users of an open load. */
uint32_t load_users_max(const struct load *l);

#endif
