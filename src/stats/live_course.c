#include "stats/live_course.h"

#include <math.h>
#include <string.h>

static const struct live_times no_times = {LIVE_NO_VALUE, LIVE_NO_VALUE, LIVE_NO_VALUE};

void live_course_init(struct live_course *c) {
    memset(c, 0, sizeof *c);
    c->step_s = 1;
}

size_t live_course_band(int64_t us) {
    if (us < LIVE_COURSE_FIRST_US)
        return 0;
    /* A little more than exact, so that each decade begins with its own band. */
    double band =
        floor(log10((double)us / LIVE_COURSE_FIRST_US) * LIVE_COURSE_BANDS_PER_DECADE + 1e-9);
    return band >= LIVE_COURSE_BANDS ? LIVE_COURSE_BANDS - 1 : (size_t)band;
}

static uint64_t higher(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* LIVE_NO_VALUE is lower than any time. */
static void raise_times(struct live_times *to, const struct live_times *by) {
    to->p50_us = by->p50_us > to->p50_us ? by->p50_us : to->p50_us;
    to->p95_us = by->p95_us > to->p95_us ? by->p95_us : to->p95_us;
    to->p99_us = by->p99_us > to->p99_us ? by->p99_us : to->p99_us;
}

static void join(struct live_point *to, const struct live_point *by) {
    if (by->seconds == 0)
        return;
    if (to->seconds == 0) {
        *to = *by;
        return;
    }
    to->seconds += by->seconds;
    to->requests = higher(to->requests, by->requests);
    to->failures = higher(to->failures, by->failures);
    to->tokens = higher(to->tokens, by->tokens);
    to->users = by->users > to->users ? by->users : to->users;
    raise_times(&to->response, &by->response);
    raise_times(&to->ttft, &by->ttft);
    for (size_t i = 0; i < LIVE_COURSE_BANDS; i++)
        to->bands[i] += by->bands[i];
}

static void halve(struct live_course *c) {
    for (size_t i = 0; i < (c->count + 1) / 2; i++) {
        struct live_point both = c->points[2 * i];
        if (2 * i + 1 < c->count)
            join(&both, &c->points[2 * i + 1]);
        c->points[i] = both;
    }
    c->count = (c->count + 1) / 2;
    memset(&c->points[c->count], 0, (LIVE_COURSE_POINTS - c->count) * sizeof *c->points);
    c->step_s *= 2;
}

void live_course_add(struct live_course *c, int64_t second, uint32_t users,
                     const struct live_second *s, const uint32_t bands[LIVE_COURSE_BANDS]) {
    if (second < 0)
        return;
    while (second / c->step_s >= LIVE_COURSE_POINTS)
        halve(c);
    size_t i = (size_t)(second / c->step_s);
    struct live_point one = {.seconds = 1,
                             .requests = s->requests,
                             .failures = s->failures,
                             .tokens = s->tokens,
                             .users = users,
                             .response = s->requests > 0 ? s->response : no_times,
                             .ttft = s->ttft};
    memcpy(one.bands, bands, sizeof one.bands);
    join(&c->points[i], &one);
    c->count = i + 1 > c->count ? i + 1 : c->count;
}
