#include "schedule/load.h"

#include <math.h>
#include <stdlib.h>

#include "util/clock.h"

/* Products of users and nanoseconds pass 64 bits (10^7 users over ten years: 3 * 10^24). */
__extension__ typedef __int128 wide;

void load_done(struct load *l) {
    free(l->stages);
    free(l->changes);
    *l = (struct load){0};
}

int load_copy(const struct load *from, struct load *to, struct err *e) {
    *to = *from;
    to->stages = calloc(from->stage_count + 1, sizeof *to->stages);
    to->changes = calloc(from->change_count + 1, sizeof *to->changes);
    if (to->stages == NULL || to->changes == NULL) {
        load_done(to);
        return err_memory(e, "a load");
    }
    for (size_t i = 0; i < from->stage_count; i++)
        to->stages[i] = from->stages[i];
    for (size_t i = 0; i < from->change_count; i++)
        to->changes[i] = from->changes[i];
    return 0;
}

const char *load_no_change(const struct load *l) {
    switch (l->kind) {
    case LOAD_USERS:
    case LOAD_RATE:
        return NULL;
    case LOAD_STAGES:
    case LOAD_RATE_STAGES:
        return "its stages say how the load changes";
    case LOAD_TRACE:
        return "its trace says when requests arrive";
    }
    return NULL;
}

int load_change(struct load *l, const struct load_change *c, struct err *e) {
    const char *why = load_no_change(l);
    if (why != NULL)
        return err_set(e, "this load cannot be changed: %s", why);
    if (l->change_count == LOAD_CHANGES_MAX)
        return err_set(e, "a load can be changed %d times", LOAD_CHANGES_MAX);
    int64_t after = l->change_count == 0 ? -1 : l->changes[l->change_count - 1].at_ns;
    if (c->at_ns <= after || c->at_ns < 0)
        return err_set(e, "a change must be later than the one before it");
    if (c->at_ns >= load_duration(l))
        return err_set(e, "the load has ended by then");
    struct load_change *all = realloc(l->changes, (l->change_count + 1) * sizeof *all);
    if (all == NULL)
        return err_memory(e, "a load");
    l->changes = all;
    uint32_t from = c->at_ns == 0 ? 0 : load_users(l, c->at_ns - 1);
    all[l->change_count] = *c;
    all[l->change_count++].from = from;
    return 0;
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
    for (size_t i = 0; i < l->change_count; i++)
        most = l->changes[i].micro_rate > most ? l->changes[i].micro_rate : most;
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

/* When the k-th user of a change starts or stops, from the change. */
static int64_t step_ns(const struct load_change *c, uint32_t k) {
    double t = (double)k * 1e9 / c->spawn_rate;
    return t < 9e18 ? llround(t) : INT64_MAX;
}

static uint32_t distance(const struct load_change *c) {
    return c->users > c->from ? c->users - c->from : c->from - c->users;
}

/* How many users have started or stopped x ns after the change. */
static uint32_t steps_done(const struct load_change *c, int64_t x) {
    uint32_t low = 0, high = distance(c);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (step_ns(c, middle) <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* How many changes have begun by t. */
static size_t changes_begun(const struct load *l, int64_t t_ns) {
    size_t low = 0, high = l->change_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->changes[middle].at_ns <= t_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t users_of(const struct load *l, int64_t t_ns) {
    size_t begun = changes_begun(l, t_ns);
    if (begun == 0)
        return started(l, t_ns);
    const struct load_change *c = &l->changes[begun - 1];
    uint32_t steps = steps_done(c, t_ns - c->at_ns);
    return c->users > c->from ? c->from + steps : c->from - steps;
}

/* When the users of a change leave `low` .. `high` - 1, where they are before it; -1: they do
 * not. */
static int64_t leaves_change(const struct load_change *c, uint32_t low, uint32_t high) {
    int64_t x = -1;
    if (c->users >= high)
        x = step_ns(c, high - c->from - 1);
    else if (c->users < low)
        x = step_ns(c, c->from - low);
    return x < 0 || x >= INT64_MAX - c->at_ns ? -1 : c->at_ns + x;
}

/* The ramp, then each change up to the next one. */
static int64_t next_of_users(const struct load *l, int64_t t_ns, uint32_t low, uint32_t high) {
    size_t begun = changes_begun(l, t_ns);
    int64_t next = begun > 0          ? leaves_change(&l->changes[begun - 1], low, high)
                   : high <= l->users ? start_ns(l, high - 1)
                                      : -1;
    for (size_t i = begun; i < l->change_count; i++) {
        if (next >= 0 && next < l->changes[i].at_ns)
            return next;
        next = leaves_change(&l->changes[i], low, high);
    }
    return next;
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
        return users_of(l, t_ns);
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
    else
        next = next_of_users(l, t_ns, low, high);
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
    if (l->kind == LOAD_USERS) {
        uint32_t users = load_users(l, load_duration(l) - 1);
        for (size_t i = 0; i < l->change_count; i++)
            users = l->changes[i].from > users ? l->changes[i].from : users;
        return users;
    }
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
