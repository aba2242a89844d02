/*
 * load: how many virtual users there should be at a time, or how many requests per second should arrive.
 *
 * Pure functions of a spec and a time in nanoseconds from the start of the run; no clock is read and no state is
 * kept. A user is an index from 0: where load_users() is n, the users 0 .. n-1 should be active.
 *
 * Ramps are even: with a spawn rate of 10, user k starts at k/10 s (not ten users at each full second). A stage is
 * a straight line from where the last one ended to its own target, rounded down between, exact at its end.
 *
 * Open loads (LOAD_RATE, LOAD_RATE_STAGES) call for requests instead, whatever became of those before: arrivals.h says
 * when. Their users are a pool that serves the arrivals, so load_users() is 0 throughout.
 *
 * Ownership: load_done frees the stages. Thread: any.
 */
#ifndef SCHEDULE_LOAD_H
#define SCHEDULE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOAD_USERS_MAX 1000000

/* Rates are counted in millionths of a request per second: 0.1/s is 100000, exactly, which no double can say. */
#define LOAD_MICRO 1000000
#define LOAD_RATE_MAX 100000 /* requests per second */

enum load_kind {
    LOAD_USERS,      /* users, spawn_rate, duration_ns */
    LOAD_STAGES,     /* start_users, stages of users */
    LOAD_RATE,       /* micro_rate, duration_ns */
    LOAD_RATE_STAGES /* start_micro_rate, stages of rates */
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
    bool poisson;             /* arrivals at random, at this rate on average; else evenly */
    uint32_t max_users;       /* of an open load: requests under way at once */
    int64_t queue_timeout_ns; /* an arrival that no user was free for in this time is not sent */
    int64_t cut_ns;           /* the load ends here at the latest, stages or not; 0: no cut */
};

void load_done(struct load *l);

/* True where requests arrive by a rate. */
bool load_is_open(const struct load *l);

/* The highest rate of an open load, in millionths per second. */
int64_t load_micro_rate_max(const struct load *l);

/* Users that should be active at t_ns; 0 from the end of the load on. */
uint32_t load_users(const struct load *l, int64_t t_ns);

/* The first time after t_ns at which load_users() differs from its value at t_ns; -1 where there is none. */
int64_t load_next_change(const struct load *l, int64_t t_ns);

/* When the load ends, in ns. */
int64_t load_duration(const struct load *l);

/* The stage that t_ns falls into, from 0; stage_count from the end of the last on, and always where there are none. */
size_t load_stage_at(const struct load *l, int64_t t_ns);

/* The most users that are ever active; max_users of an open load. */
uint32_t load_users_max(const struct load *l);

#endif
