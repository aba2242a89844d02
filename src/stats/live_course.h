/*
 * live_course: the course of a run in at most LIVE_COURSE_POINTS points, for charts that show all
 * of it.
 *
 * A point is one second. If the run becomes longer, each point becomes two seconds, then four, and
 * so on. A point has the highest of its seconds, never their mean: a peak of one second stays
 * visible in a day. Requests by response time are added up, because they are counts.
 *
 * Ownership: plain data, live_course_init() is all. Thread: one at a time.
 */
#ifndef STATS_LIVE_COURSE_H
#define STATS_LIVE_COURSE_H

#include <stddef.h>
#include <stdint.h>

#include "stats/live_table.h"

#define LIVE_COURSE_POINTS 600

/* Eight bands of response times per decade, from 100 microseconds to 1000 seconds. The first and
 * the last band have what is beyond. */
#define LIVE_COURSE_BANDS_PER_DECADE 8
#define LIVE_COURSE_BANDS (7 * LIVE_COURSE_BANDS_PER_DECADE)
#define LIVE_COURSE_FIRST_US 100

struct live_point {
    uint64_t seconds;            /* how many were added; 0: nothing is known of this time */
    uint64_t requests, failures; /* of the second that had most */
    uint64_t tokens;
    uint32_t users;
    struct live_times response, ttft;
    uint32_t bands[LIVE_COURSE_BANDS];
};

struct live_course {
    int64_t step_s; /* seconds per point */
    size_t count;   /* points up to the newest */
    struct live_point points[LIVE_COURSE_POINTS];
};

void live_course_init(struct live_course *c);

/* Adds a second; `bands` are the requests in it by response time. */
void live_course_add(struct live_course *c, int64_t second, uint32_t users,
                     const struct live_second *s, const uint32_t bands[LIVE_COURSE_BANDS]);

/* The band of a response time. */
size_t live_course_band(int64_t us);

#endif
