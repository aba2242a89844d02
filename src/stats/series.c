#include "stats/series.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "stats/quantile.h"
#include "util/clock.h"

struct slot {
    struct series_second second;
    uint64_t timed; /* requests with a response time, by the first reading */
    uint64_t have;  /* of them seen in this reading */
    int64_t *values;
    bool known; /* its percentiles are */
    bool again; /* they need the second reading */
};

/* Slots of a number of seconds each, from the start on. */
struct slots {
    struct slot *all;
    size_t count, room;
    size_t open; /* the first that may hold values */
    int64_t seconds;
};

struct series {
    struct slots seconds, steps; /* steps.seconds 1: a step is a second */
    size_t held;
};

int series_new(int64_t step_seconds, struct series **out, struct err *e) {
    struct series *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_memory(e, "the course of the run");
    s->seconds.seconds = 1;
    s->steps.seconds = step_seconds;
    *out = s;
    return 0;
}

static void slots_free(struct slots *s) {
    for (size_t i = 0; i < s->count; i++)
        free(s->all[i].values);
    free(s->all);
    *s = (struct slots){.seconds = s->seconds};
}

void series_free(struct series *s) {
    if (s == NULL)
        return;
    slots_free(&s->seconds);
    slots_free(&s->steps);
    free(s);
}

static const struct slot empty_slot = {.second = {.median_ms = (double)NAN, .p95_ms = (double)NAN}};

static int reserve(struct slots *s, size_t count, struct err *e) {
    if (count > s->room) {
        size_t room = s->room < 64 ? 64 : s->room * 2;
        if (room < count)
            room = count;
        struct slot *all = realloc(s->all, room * sizeof *all);
        if (all == NULL)
            return err_memory(e, "a run of %zu seconds", count);
        s->all = all;
        s->room = room;
    }
    for (; s->count < count; s->count++)
        s->all[s->count] = empty_slot;
    return 0;
}

static void let_go(struct slot *slot) {
    free(slot->values);
    slot->values = NULL;
}

static void take_percentiles(struct slot *slot) {
    quantile_sort(slot->values, slot->have);
    slot->second.median_ms = quantile_sorted(slot->values, slot->have, 0.5) / 1000;
    slot->second.p95_ms = quantile_sorted(slot->values, slot->have, 0.95) / 1000;
    slot->known = true;
    let_go(slot);
}

static void read_again(struct series *s, struct slot *slot) {
    if (slot->values != NULL)
        s->held -= slot->have;
    let_go(slot);
    slot->again = true;
    slot->have = 0;
}

/* Takes the percentiles of all slots that ended before `second`. */
static void close_before(struct series *s, struct slots *x, int64_t second) {
    for (; x->open < x->count && ((int64_t)x->open + 1) * x->seconds <= second; x->open++) {
        struct slot *slot = &x->all[x->open];
        if (slot->values == NULL)
            continue;
        s->held -= slot->have;
        take_percentiles(slot);
    }
}

static void hold(struct series *s, struct slot *slot, int64_t response_us) {
    if (slot->again)
        return;
    if ((slot->have & (slot->have - 1)) == 0) { /* it is full at each power of two */
        size_t room = slot->have == 0 ? 1 : 2 * slot->have;
        int64_t *values = slot->known || s->held + slot->have > SERIES_HELD_MAX
                              ? NULL
                              : realloc(slot->values, room * sizeof *values);
        if (values == NULL) {
            read_again(s, slot);
            return;
        }
        slot->values = values;
    } else if (slot->known) {
        read_again(s, slot);
        return;
    }
    slot->values[slot->have++] = response_us;
    s->held++;
}

static int count_in(struct series *s, struct slots *x, int64_t second, int64_t response_us,
                    bool failed, struct err *e) {
    size_t at = (size_t)(second / x->seconds);
    if (reserve(x, at + 1, e) != 0)
        return -1;
    struct slot *slot = &x->all[at];
    slot->second.requests++;
    slot->second.failures += failed;
    slot->timed += response_us >= 0;
    if (response_us >= 0)
        hold(s, slot, response_us);
    close_before(s, x, second - SERIES_LATE_S);
    return 0;
}

int series_count(struct series *s, int64_t end_us, int64_t response_us, bool failed,
                 struct err *e) {
    int64_t second = end_us / US_PER_S;
    if (end_us < 0 || second >= SERIES_SECONDS_MAX)
        return err_set(e,
                       "a request ends %" PRId64 " seconds after the start of the run; figures go "
                       "up to %d: is the file damaged?",
                       second, SERIES_SECONDS_MAX);
    if (count_in(s, &s->seconds, second, response_us, failed, e) != 0)
        return -1;
    return s->steps.seconds == 1 ? 0 : count_in(s, &s->steps, second, response_us, failed, e);
}

/* Other steps than those that were counted: their percentiles take another reading. */
static int make_steps(struct series *s, int64_t step_seconds, struct err *e) {
    size_t step = (size_t)step_seconds, n = (s->seconds.count + step - 1) / step;
    slots_free(&s->steps);
    s->steps.seconds = step_seconds;
    if (step_seconds == 1 || reserve(&s->steps, n, e) != 0)
        return step_seconds == 1 ? 0 : -1;
    assert(s->steps.all != NULL || s->seconds.count == 0);
    for (size_t i = 0; i < s->seconds.count; i++) {
        const struct slot *from = &s->seconds.all[i];
        struct slot *to = &s->steps.all[i / step];
        to->second.requests += from->second.requests;
        to->second.failures += from->second.failures;
        to->timed += from->timed;
        to->again = to->timed > 0;
    }
    return 0;
}

int series_plan(struct series *s, int64_t step_seconds, struct err *e) {
    assert(step_seconds > 0);
    s->seconds.open = s->steps.open = 0; /* some may have been passed while they were empty */
    close_before(s, &s->seconds, INT64_MAX);
    close_before(s, &s->steps, INT64_MAX);
    if (s->seconds.count == 0)
        step_seconds = 1;
    return step_seconds == s->steps.seconds ? 0 : make_steps(s, step_seconds, e);
}

static bool any_again(const struct slots *s) {
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].again)
            return true;
    return false;
}

bool series_needs_collecting(const struct series *s) {
    return any_again(&s->seconds) || any_again(&s->steps);
}

static int collect(struct slot *slot, int64_t response_us, struct err *e) {
    if (!slot->again)
        return 0;
    if (slot->have == slot->timed)
        return err_set(e, "the rows changed between two readings of them");
    if (slot->values == NULL) {
        slot->values = malloc(slot->timed * sizeof *slot->values);
        if (slot->values == NULL)
            return err_memory(e, "%" PRIu64 " requests of one time", slot->timed);
    }
    slot->values[slot->have++] = response_us;
    if (slot->have == slot->timed)
        take_percentiles(slot);
    return 0;
}

int series_collect(struct series *s, int64_t end_us, int64_t response_us, struct err *e) {
    if (response_us < 0)
        return 0;
    size_t second = (size_t)(end_us / US_PER_S);
    if (end_us < 0 || second >= s->seconds.count)
        return err_set(e, "the rows changed between two readings of them");
    if (collect(&s->seconds.all[second], response_us, e) != 0)
        return -1;
    return s->steps.seconds == 1
               ? 0
               : collect(&s->steps.all[second / (size_t)s->steps.seconds], response_us, e);
}

static bool is_whole(const struct slots *s) {
    for (size_t i = 0; i < s->count; i++)
        if (s->all[i].again && s->all[i].have != s->all[i].timed)
            return false;
    return true;
}

int series_finish(const struct series *s, struct err *e) {
    return is_whole(&s->seconds) && is_whole(&s->steps)
               ? 0
               : err_set(e, "the rows changed between two readings of them");
}

size_t series_seconds(const struct series *s) {
    return s->seconds.count;
}

void series_at(const struct series *s, size_t second, struct series_second *out) {
    assert(second < s->seconds.count);
    *out = s->seconds.all[second].second;
}

int64_t series_step_seconds(const struct series *s) {
    return s->steps.seconds;
}

static const struct slots *steps_of(const struct series *s) {
    return s->steps.seconds == 1 ? &s->seconds : &s->steps;
}

size_t series_steps(const struct series *s) {
    return steps_of(s)->count;
}

void series_step_at(const struct series *s, size_t step, struct series_second *out) {
    assert(step < series_steps(s));
    *out = steps_of(s)->all[step].second;
}
