#include "schedule/arrivals.h"

#include <math.h>

/* Areas are counted in halves of a micro-rate times a nanosecond: the area under a line from r to s
 * over d is then the whole number (r + s) * d. At most 2 * 10^13 over 3 * 10^17 ns, which is far
 * from 2^127. */
#define AREA_PER_ARRIVAL INT64_C(2000000000000000)

/* Away from the streams of the users, which are their indices. */
#define GAP_STREAM UINT64_MAX

struct line {
    int64_t from, to; /* micro-rates */
    int64_t duration_ns;
};

static bool line_at(const struct load *l, size_t i, struct line *out) {
    if (l->kind == LOAD_RATE && i > l->change_count)
        return false;
    if (l->kind == LOAD_RATE) {
        int64_t rate = i == 0 ? l->micro_rate : l->changes[i - 1].micro_rate;
        int64_t begin = i == 0 ? 0 : l->changes[i - 1].at_ns;
        int64_t end = i == l->change_count ? l->duration_ns : l->changes[i].at_ns;
        *out = (struct line){rate, rate, end - begin};
        return true;
    }
    if (i >= l->stage_count)
        return false;
    int64_t from = i == 0 ? l->start_micro_rate : l->stages[i - 1].micro_rate;
    *out = (struct line){from, l->stages[i].micro_rate, l->stages[i].duration_ns};
    return true;
}

static arrivals_area area_of(const struct line *s) {
    return (arrivals_area)(s->from + s->to) * s->duration_ns;
}

/* How long a line that rises from `low` takes for `part` of its area: the root of
 * (high - low)/d x^2 + 2 low x = part, in the form that subtracts nothing. */
static double rise(int64_t low, int64_t high, int64_t d, arrivals_area part) {
    double slope = (double)(high - low) / (double)d, start = (double)low, area = (double)part;
    double root = sqrt(start * start + slope * area);
    return root + start > 0 ? area / (start + root) : 0;
}

/* Where in the line its area reaches `part`, which is less than all of it; to the nearest
 * nanosecond. */
static int64_t reach(const struct line *s, arrivals_area part) {
    int64_t x;
    if (s->from == s->to)
        x = (int64_t)((part + s->from) / (2 * s->from));
    else if (s->to > s->from)
        x = llround(rise(s->from, s->to, s->duration_ns, part));
    else /* seen from its end, a line that falls is one that rises */
        x = s->duration_ns - llround(rise(s->to, s->from, s->duration_ns, area_of(s) - part));
    return x < 0 ? 0 : x < s->duration_ns ? x : s->duration_ns - 1;
}

static void advance(struct arrivals *a, uint32_t by) {
    a->index += by;
    if (!a->load->poisson) {
        a->position += (arrivals_area)by * AREA_PER_ARRIVAL;
        return;
    }
    for (uint32_t i = 0; i < by; i++)
        a->position += (arrivals_area)(rng_exponential(&a->gaps) * (double)AREA_PER_ARRIVAL);
}

void arrivals_init(struct arrivals *a, const struct load *l, uint64_t seed, uint32_t worker,
                   uint32_t workers) {
    *a = (struct arrivals){.load = l, .end_ns = load_duration(l), .step = workers};
    rng_seed(&a->gaps, seed, GAP_STREAM);
    if (l->kind == LOAD_TRACE) {
        a->index = worker;
        return;
    }
    if (l->poisson) {
        advance(a, 1); /* the first gap begins at the start of the run */
        a->index = 0;
    }
    advance(a, worker);
}

/* Of a trace. */
static bool next_recorded(struct arrivals *a, struct arrival *out) {
    const struct load_times *times = a->load->times;
    uint64_t pass = a->index / times->count;
    if (pass > 0 && !a->load->loop)
        return false;
    a->last.at_ns = load_trace_due(a->load, pass, times->at_ns[a->index % times->count]);
    if (a->last.at_ns >= a->end_ns)
        return false;
    a->last.index = a->index;
    *out = a->last;
    a->index += a->step;
    return true;
}

bool arrivals_next(struct arrivals *a, struct arrival *out) {
    struct line s;
    if (a->load->kind == LOAD_TRACE)
        return next_recorded(a, out);
    if (a->taken)
        advance(a, a->step);
    a->taken = false;
    for (;;) {
        if (!line_at(a->load, a->stage, &s))
            return false;
        if (a->position - a->area < area_of(&s))
            break;
        a->area += area_of(&s);
        a->stage_ns += s.duration_ns;
        a->stage++;
    }
    int64_t at_ns = a->stage_ns + reach(&s, a->position - a->area);
    if (at_ns >= a->end_ns)
        return false;
    /* Two Poisson arrivals of one nanosecond could be swapped by rounding. */
    if (at_ns > a->last.at_ns)
        a->last.at_ns = at_ns;
    a->last.index = a->index;
    *out = a->last;
    a->taken = true;
    return true;
}

bool arrivals_change(struct arrivals *a, int64_t at_ns, bool unused) {
    bool back = unused && a->last.at_ns >= at_ns;
    a->stage = 0;
    a->stage_ns = 0;
    a->area = 0;
    if (back) {
        a->taken = false;
        a->last.at_ns = at_ns;
    }
    return back;
}
