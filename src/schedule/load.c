#include "schedule/load.h"

#include <math.h>
#include <stdlib.h>

#include "util/clock.h"

/* Products of users and nanoseconds pass 64 bits (10^7 users over ten years: 3 * 10^24). */
__extension__ typedef __int128 wide;

void load_done(struct load *l) {
    free(l->stages);
    *l = (struct load){0};
}

bool load_is_open(const struct load *l) {
    return l->kind == LOAD_RATE || l->kind == LOAD_RATE_STAGES || l->kind == LOAD_TRACE;
}

int64_t load_trace_due(const struct load *l, uint64_t pass, int64_t at_ns) {
    wide whole = (wide)pass * l->times->length_ns + at_ns;
    wide due = (whole * LOAD_MICRO * 2 + l->micro_speed) / (l->micro_speed * (wide)2);
    return due > INT64_MAX ? INT64_MAX : (int64_t)due;
}

/* At the speed of the replay, once. */
static int64_t trace_length(const struct load *l) {
    int64_t length = load_trace_due(l, 0, l->times->length_ns);
    int64_t last = load_trace_due(l, 0, l->times->at_ns[l->times->count - 1]);
    /* At a high speed both may be of one nanosecond, and the last arrival is part of the load. */
    return length > last ? length : last + 1;
}

/* How many of the recorded arrivals of a pass are due before t_ns. */
static uint64_t due_before(const struct load *l, uint64_t pass, int64_t t_ns) {
    uint64_t low = 0, high = l->times->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (load_trace_due(l, pass, l->times->at_ns[middle]) < t_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t load_trace_count(const struct load *l) {
    int64_t end = load_duration(l);
    uint64_t pass = 0;
    if (l->loop)
        pass = (uint64_t)((wide)end * l->micro_speed / LOAD_MICRO / l->times->length_ns);
    /* Rounding can put the end into the pass before or behind. */
    pass -= pass > 0;
    uint64_t count = pass * l->times->count;
    for (uint64_t more = l->times->count; more == l->times->count; pass++) {
        more = due_before(l, pass, end);
        count += more;
        if (!l->loop)
            break;
    }
    return count;
}

/* The most arrivals within any second; the loop's seam is left out. */
static int64_t trace_rate_max(const struct load *l) {
    uint64_t from = 0, most = 0;
    for (uint64_t to = 0; to < l->times->count; to++) {
        int64_t due = load_trace_due(l, 0, l->times->at_ns[to]);
        while (due - load_trace_due(l, 0, l->times->at_ns[from]) >= NS_PER_S)
            from++;
        most = to - from + 1 > most ? to - from + 1 : most;
    }
    return (int64_t)most * LOAD_MICRO;
}

int64_t load_micro_rate_max(const struct load *l) {
    if (l->kind == LOAD_TRACE)
        return trace_rate_max(l);
    int64_t most = l->kind == LOAD_RATE ? l->micro_rate : l->start_micro_rate;
    for (size_t i = 0; i < l->stage_count; i++)
        most = l->stages[i].micro_rate > most ? l->stages[i].micro_rate : most;
    return most;
}

/* When user k starts, to the nearest nanosecond. k * 10^9 is exact in a double (it has nine factors
 * of two), so the only rounding is the division's and the result never decreases with k. A user who
 * would start after the end gets the end. */
static int64_t start_ns(const struct load *l, uint32_t k) {
    double t = (double)k * 1e9 / l->spawn_rate;
    return t < (double)l->duration_ns ? llround(t) : l->duration_ns;
}

/* How many users have started by t: searched, so that it agrees with start_ns() to the nanosecond.
 * */
static uint32_t started(const struct load *l, int64_t t_ns) {
    uint32_t low = 0, high = l->users;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (start_ns(l, middle) <= t_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Users x ns into a straight line from `from` to `to` over d ns, rounded down; 0 <= x < d. */
static uint32_t on_line(uint32_t from, uint32_t to, int64_t x, int64_t d) {
    if (to >= from)
        return from + (uint32_t)((wide)(to - from) * x / d);
    return from - (uint32_t)(((wide)(from - to) * x + d - 1) / d);
}

/* The first x at which on_line(), from `low` to `high` - 1 now, is not; d or more where it stays
 * there to the end. */
static int64_t leaves_line(uint32_t from, uint32_t to, uint32_t low, uint32_t high, int64_t d) {
    if (to > from) {
        wide rise = to - from;
        return (int64_t)(((wide)(high - from) * d + rise - 1) / rise);
    }
    if (to < from)
        return (int64_t)((wide)(from - low) * d / (from - to) + 1);
    return d;
}

uint32_t load_users(const struct load *l, int64_t t_ns) {
    if (load_is_open(l) || t_ns < 0 || t_ns >= load_duration(l))
        return 0;
    if (l->kind == LOAD_USERS)
        return started(l, t_ns);
    uint32_t from = l->start_users;
    int64_t start = 0;
    for (size_t i = 0; i < l->stage_count; i++) {
        const struct load_stage *s = &l->stages[i];
        if (t_ns - start < s->duration_ns)
            return on_line(from, s->users, t_ns - start, s->duration_ns);
        start += s->duration_ns;
        from = s->users;
    }
    return 0;
}

static int64_t next_in_stages(const struct load *l, int64_t t_ns, uint32_t low, uint32_t high) {
    uint32_t from = l->start_users;
    int64_t start = 0;
    for (size_t i = 0; i < l->stage_count; i++) {
        const struct load_stage *s = &l->stages[i];
        int64_t end = start + s->duration_ns;
        if (end > t_ns && s->duration_ns > 0) {
            int64_t x = leaves_line(from, s->users, low, high, s->duration_ns);
            if (x < s->duration_ns)
                return start + x;
            uint32_t then = load_users(l, end);
            if (then < low || then >= high)
                return end;
        }
        start = end;
        from = s->users;
    }
    return -1;
}

int64_t load_next_crossing(const struct load *l, int64_t t_ns, uint32_t low, uint32_t high) {
    int64_t duration = load_duration(l), next = -1;
    if (load_is_open(l) || t_ns >= duration)
        return -1;
    if (l->kind == LOAD_STAGES)
        next = next_in_stages(l, t_ns, low, high);
    else if (high <= l->users)
        next = start_ns(l, high - 1);
    if (next >= 0 && next < duration)
        return next;
    return low > 0 ? duration : -1;
}

int64_t load_next_change(const struct load *l, int64_t t_ns) {
    if (load_is_open(l) || t_ns >= load_duration(l))
        return -1;
    if (t_ns < 0 && load_users(l, 0) > 0)
        return 0;
    uint32_t now = load_users(l, t_ns);
    return load_next_crossing(l, t_ns, now, now + 1);
}

static int64_t uncut_duration(const struct load *l) {
    if (l->kind == LOAD_TRACE && l->duration_ns == 0)
        return trace_length(l);
    if (l->kind == LOAD_TRACE)
        return l->duration_ns;
    if (l->kind == LOAD_USERS || l->kind == LOAD_RATE)
        return l->duration_ns;
    int64_t sum = 0;
    for (size_t i = 0; i < l->stage_count; i++)
        sum += l->stages[i].duration_ns;
    return sum;
}

int64_t load_duration(const struct load *l) {
    int64_t whole = uncut_duration(l);
    return l->cut_ns > 0 && l->cut_ns < whole ? l->cut_ns : whole;
}

size_t load_stage_at(const struct load *l, int64_t t_ns) {
    int64_t end = 0;
    size_t i = 0;
    for (; i < l->stage_count; i++) {
        end += l->stages[i].duration_ns;
        if (t_ns < end)
            break;
    }
    return i;
}

uint32_t load_users_max(const struct load *l) {
    if (load_is_open(l))
        return l->max_users;
    if (l->kind == LOAD_USERS)
        return load_users(l, load_duration(l) - 1);
    /* A line is highest at one of its ends; a target that only the very end of the load would reach
     * is never active, and a jump over it neither. */
    uint32_t most = 0, from = l->start_users;
    int64_t start = 0, end = load_duration(l);
    for (size_t i = 0; i < l->stage_count && start < end; i++) {
        const struct load_stage *s = &l->stages[i];
        if (s->duration_ns > 0) {
            int64_t ran = s->duration_ns < end - start ? s->duration_ns : end - start;
            uint32_t last = on_line(from, s->users, ran - 1, s->duration_ns);
            most = from > most ? from : most;
            most = last > most ? last : most;
        }
        start += s->duration_ns;
        from = s->users;
    }
    return most;
}
