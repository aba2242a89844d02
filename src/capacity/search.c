#include "capacity/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"

#define UNITS_MAX 32

/* Loads that stay open may be this far apart, as a power of the width of the interval. Beyond, the
 * service is about flat there: the search only decides the loads that it has tried. */
#define BLOCKED_WIDTHS 3

int search_init(struct search *s, const struct search_plan *plan, struct err *e) {
    if (plan->load_count == 0 && !(plan->from > 0 && plan->from < plan->to))
        return err_set(e, "the search needs a range of loads: 0 < from < to");
    *s = (struct search){.plan = *plan};
    return 0;
}

void search_done(struct search *s) {
    free(s->points);
    free(s->fit);
    *s = (struct search){0};
}

/* ---- loads ---- */

/* How far apart the ends of an interval may be: (1 + p) / (1 - p). */
static double width(const struct search *s) {
    return (1 + s->plan.precision) / (1 - s->plan.precision);
}

/* Of the last of four digits. */
static double unit_of(double load) {
    return pow(10, floor(log10(load)) - 3);
}

/* Four digits, or whole. */
static double rounded(const struct search *s, double load) {
    if (s->plan.whole)
        return fmax(1, round(load));
    double unit = unit_of(load);
    return round(load / unit) * unit;
}

static bool close_enough(const struct search *s, double low, double high) {
    return high / low <= width(s) * (1 + 1e-9) || (s->plan.whole && high - low <= 1);
}

static struct search_point *point_at(const struct search *s, double load) {
    for (size_t i = 0; i < s->count; i++)
        if (fabs(s->points[i].load - load) <= 1e-9 * load)
            return &s->points[i];
    return NULL;
}

static bool looks_bad(const struct search_point *p) {
    return p->look.verdict == EVIDENCE_FAILS ||
           (p->look.verdict == EVIDENCE_OPEN && p->look.excess > 0);
}

static bool is_open(const struct search_point *p) {
    return p->look.verdict == EVIDENCE_OPEN && p->looks < SEARCH_LOOKS_MAX;
}

static bool is_exhausted(const struct search_point *p) {
    return p->look.verdict == EVIDENCE_OPEN && p->looks >= SEARCH_LOOKS_MAX;
}

/* ---- what is decided ---- */

struct decided {
    double holds, fails; /* the ends of the interval; 0 and INFINITY: none */
    double highest_holds, lowest_fails;
};

/* Of the points from `base` on. */
static struct decided decided(const struct search *s, size_t base) {
    struct decided d = {.fails = (double)INFINITY, .lowest_fails = (double)INFINITY};
    for (size_t i = base; i < s->count; i++) {
        const struct search_point *p = &s->points[i];
        if (p->look.verdict == EVIDENCE_HOLDS)
            d.highest_holds = fmax(d.highest_holds, p->load);
        else if (p->look.verdict == EVIDENCE_FAILS)
            d.lowest_fails = fmin(d.lowest_fails, p->load);
    }
    for (size_t i = base; i < s->count; i++) {
        const struct search_point *p = &s->points[i];
        if (p->look.verdict == EVIDENCE_HOLDS && p->load < d.lowest_fails)
            d.holds = fmax(d.holds, p->load);
        if (p->look.verdict == EVIDENCE_FAILS && p->load > d.highest_holds)
            d.fails = fmin(d.fails, p->load);
    }
    return d;
}

static bool contradicts(const struct decided *d) {
    return d->highest_holds > d->lowest_fails;
}

/* A load that is worse than one far above it is no noise: the service is not monotone, and its
 * capacity is above. Returns the first point above all such loads. */
static size_t base_of(const struct search *s) {
    struct decided d = decided(s, 0);
    size_t base = 0;
    if (!contradicts(&d))
        return 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->points[i].look.verdict == EVIDENCE_FAILS &&
            d.highest_holds > s->points[i].load * width(s) * width(s))
            base = i + 1;
    return base;
}

/* ---- the estimate ---- */

/* The block of equal fits around points k - 1 and k, up to `last`, gets its mean, weighted by
 * measured time. Returns the first point of the block. */
static size_t pool(const struct search *s, double *fit, size_t k, size_t last) {
    size_t from = k - 1, to = k;
    double sum = 0, weight = 0;
    while (from > 0 && fit[from - 1] == fit[k - 1])
        from--;
    while (to < last && fit[to + 1] == fit[k])
        to++;
    for (size_t i = from; i <= to; i++) {
        sum += s->points[i].look.excess * s->points[i].units;
        weight += s->points[i].units;
    }
    for (size_t i = from; i <= to; i++)
        fit[i] = sum / weight;
    return from;
}

/* The excess of each point from `base` on, made monotone: adjacent violators are pooled. */
static void monotone(const struct search *s, size_t base, double *fit) {
    for (size_t i = 0; i < s->count; i++)
        fit[i] = i < base ? -(double)INFINITY : s->points[i].look.excess;
    for (size_t i = base + 1; i < s->count; i++)
        for (size_t k = i; k > base && fit[k - 1] > fit[k];)
            k = pool(s, fit, k, i);
}

enum trend { TREND_GOOD, TREND_BAD, TREND_CROSSES };

/* Where the excess becomes positive: between points *at and *at + 1, at about *load. */
static enum trend trend(const struct search *s, size_t base, size_t *at, double *load) {
    double *fit = s->fit;
    monotone(s, base, fit);
    for (size_t i = base; i < s->count; i++) {
        if (!(fit[i] > 0))
            continue;
        if (i == base)
            return TREND_BAD;
        double a = log(s->points[i - 1].load), b = log(s->points[i].load);
        double t = -fit[i - 1] / (fit[i] - fit[i - 1]);
        *at = i - 1;
        *load = exp(a + (b - a) * fmin(fmax(t, 0.05), 0.95));
        return TREND_CROSSES;
    }
    return TREND_GOOD;
}

/* ---- the next step ---- */

/* 0: the search ends. */
static double finish(struct search *s, enum search_end end) {
    s->end = end;
    return 0;
}

static double again_or(struct search *s, const struct search_point *p, enum search_end end) {
    if (is_open(p))
        return p->load;
    return finish(s, is_exhausted(p) ? SEARCH_UNRESOLVED : end);
}

/* All looks good: up, to the highest load. */
static double up(struct search *s) {
    const struct search_point *top = &s->points[s->count - 1];
    if (top->load >= s->plan.to * (1 - 1e-9))
        return again_or(s, top, SEARCH_DECIDED);
    return fmin(2 * top->load, s->plan.to);
}

/* All looks bad: the lowest load decides. If it fails, one more shows if less load is worse. */
static double below_all(struct search *s, size_t base) {
    const struct search_point *lowest = &s->points[base], *second = lowest + 1;
    if (is_open(lowest) || lowest->looks < 2)
        return lowest->load;
    if (base + 1 == s->count && 2 * lowest->load <= s->plan.to &&
        lowest->look.verdict == EVIDENCE_FAILS)
        return 2 * lowest->load;
    if (base + 2 == s->count && is_open(second) && !looks_bad(second))
        return second->load;
    return finish(s, lowest->look.verdict == EVIDENCE_FAILS ? SEARCH_DECIDED : SEARCH_UNRESOLVED);
}

/* A load that was tried, within 2 % of this one and not above `most`. */
static double snapped(const struct search *s, double load, double most) {
    double best = load, distance = 0.02;
    for (size_t i = 0; i < s->count; i++) {
        double x = fabs(log(s->points[i].load / load));
        if (x <= distance && s->points[i].load <= most * (1 + 1e-9)) {
            distance = x;
            best = s->points[i].load;
        }
    }
    return best;
}

/* The range that stays open: loads that were repeated enough, and those that contradict. */
struct blocked {
    double low, high; /* INFINITY and 0: none */
};

static struct blocked blocked(const struct search *s, size_t base, const struct decided *d) {
    struct blocked b = {.low = (double)INFINITY};
    if (contradicts(d))
        b = (struct blocked){d->lowest_fails, d->highest_holds};
    for (size_t i = base; i < s->count; i++)
        if (is_exhausted(&s->points[i])) {
            b.low = fmin(b.low, s->points[i].load);
            b.high = fmax(b.high, s->points[i].load);
        }
    return b;
}

/* The next load that was tried outside a wide range that stays open; 0: none. */
static double outside(const struct search *s, size_t base, const struct blocked *b, bool above) {
    double best = 0;
    for (size_t i = base; i < s->count; i++) {
        double load = s->points[i].load;
        if (above ? load > b->high && (best == 0 || load < best) : load < b->low && load > best)
            best = load;
    }
    return best;
}

/* Whole loads: neighbours, if more than one lies between the two. */
static void choose_whole(struct search *s, const struct blocked *b, double at, double near) {
    double side = sqrt(width(s));
    near = fmax(1, floor(near));
    if (near * width(s) < near + 2 && isinf(b->low))
        near = fmax(1, floor(at));
    s->near = near;
    s->far = fmax(fmax(floor(near * width(s)), near + 1), ceil(b->high * side));
}

/* The two loads at the edge, around what could not be decided. */
static void choose_edge(struct search *s, size_t base, const struct decided *d, double at) {
    double side = sqrt(width(s)), near = at / side;
    struct blocked b = blocked(s, base, d);
    if (b.high > b.low * pow(width(s), BLOCKED_WIDTHS)) {
        s->near = outside(s, base, &b, false);
        s->far = outside(s, base, &b, true);
        return;
    }
    near = fmin(near, fmin(b.low, d->fails) / side);
    if (!contradicts(d))
        near = fmax(near, d->holds);
    if (s->plan.whole)
        choose_whole(s, &b, at, near);
    else {
        s->near = near > d->holds ? snapped(s, rounded(s, near), (double)INFINITY) : near;
        double most = fmax(s->near * width(s), b.high * side), unit = unit_of(most);
        s->far = snapped(s, floor(most / unit) * unit, most);
    }
    s->far = fmin(s->far, s->plan.to);
    s->near = fmax(s->near, s->plan.from);
}

/* Are the two loads still on both sides of the estimate, and not too near? */
static bool edge_is_good(const struct search *s, double at) {
    double least = 1 + (sqrt(width(s)) - 1) / 4;
    const struct search_point *near = point_at(s, s->near), *far = point_at(s, s->far);
    if (s->near <= 0 ||
        (near != NULL && (is_exhausted(near) || near->look.verdict == EVIDENCE_FAILS)) ||
        (far != NULL && (is_exhausted(far) || far->look.verdict == EVIDENCE_HOLDS)))
        return false;
    return s->plan.whole ? s->near <= at && at <= s->far
                         : s->near * least <= at && at * least <= s->far;
}

static double edge(struct search *s, size_t base, const struct decided *d, double at) {
    if (!edge_is_good(s, at))
        choose_edge(s, base, d, at);
    double near = fmax(s->near, d->holds),
           far = fmin(s->far > 0 ? s->far : (double)INFINITY, d->fails);
    const struct search_point *a = point_at(s, near), *b = point_at(s, far);
    bool a_open = near > 0 && (a == NULL || is_open(a));
    bool b_open = !isinf(far) && (b == NULL || is_open(b));
    if (!a_open && !b_open)
        return finish(s, SEARCH_UNRESOLVED);
    unsigned a_looks = a == NULL ? 0 : a->looks, b_looks = b == NULL ? 0 : b->looks;
    return !b_open || (a_open && a_looks <= b_looks) ? near : far;
}

/* Of two loads that contradict each other, the one that was not repeated. NULL: both were. */
static const struct search_point *unrepeated(const struct search *s, const struct decided *d) {
    const struct search_point *worse = point_at(s, d->lowest_fails);
    const struct search_point *better = point_at(s, d->highest_holds);
    return !contradicts(d) ? NULL : worse->looks < 2 ? worse : better->looks < 2 ? better : NULL;
}

static double choose(struct search *s) {
    struct decided all = decided(s, 0);
    double load = 0;
    size_t at = 0;
    if (s->count == 0)
        return s->plan.from;
    const struct search_point *doubtful = unrepeated(s, &all);
    if (doubtful != NULL)
        return doubtful->load;
    size_t base = base_of(s);
    struct decided d = decided(s, base);
    if (!contradicts(&d) && d.holds > 0 && close_enough(s, d.holds, d.fails)) {
        const struct search_point *fails = point_at(s, d.fails);
        return fails != NULL && fails->looks < 2 ? d.fails : finish(s, SEARCH_DECIDED);
    }
    switch (trend(s, base, &at, &load)) {
    case TREND_GOOD:
        return up(s);
    case TREND_BAD:
        return below_all(s, base);
    case TREND_CROSSES:
        break;
    }
    double low = s->points[at].load, high = s->points[at + 1].load;
    /* It looks good above a load that fails: whether it is, comes before the edge. */
    if (d.fails < low && is_open(&s->points[at]))
        return low;
    double middle = rounded(s, sqrt(low * high));
    if (high / low > width(s) * width(s) && middle > low && middle < high)
        return middle;
    return edge(s, base, &d, load);
}

/* Of a sweep: the loads that were tried. */
static size_t tried(const struct search *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->plan.load_count; i++)
        n += point_at(s, s->plan.loads[i]) != NULL;
    return n;
}

unsigned search_left(const struct search *s) {
    size_t base = base_of(s), at;
    double load, ratio = 2; /* of the loads that the next failure would lie between */
    unsigned n = 2;         /* at the edge */
    if (s->plan.load_count > 0)
        return (unsigned)(s->plan.load_count - tried(s));
    enum trend t = s->count == 0 ? TREND_GOOD : trend(s, base, &at, &load);
    if (t != TREND_CROSSES)
        n++;
    else if (close_enough(s, s->points[at].load, s->points[at + 1].load))
        return 1;
    else
        ratio = s->points[at + 1].load / s->points[at].load;
    double widths = log(ratio) / (2 * log(width(s))); /* each bisection halves them */
    return widths > 1 ? n + (unsigned)ceil(log2(widths)) : n;
}

static double sweep(struct search *s) {
    for (size_t i = 0; i < s->plan.load_count; i++)
        if (point_at(s, s->plan.loads[i]) == NULL)
            return s->plan.loads[i];
    return finish(s, SEARCH_DECIDED);
}

bool search_next(struct search *s, struct search_ask *out) {
    if (s->end != SEARCH_GOES_ON)
        return false;
    double load = s->plan.load_count > 0 ? sweep(s) : choose(s);
    if (load == 0)
        return false;
    const struct search_point *p = point_at(s, load);
    unsigned units = p == NULL || s->plan.load_count > 0 ? 1 : p->units / 2;
    *out = (struct search_ask){.load = load,
                               .units = units < 1           ? 1
                                        : units > UNITS_MAX ? UNITS_MAX
                                                            : units,
                               .nth = p == NULL ? 1 : p->looks + 1};
    if (s->plan.max_ns <= 0)
        return true;
    /* A shorter step is better than none. */
    out->left_ns = s->plan.max_ns - s->spent_ns;
    while (out->units > 1 && s->plan.overhead_ns + out->units * s->plan.step_ns > out->left_ns)
        out->units--;
    if (s->plan.overhead_ns + out->units * s->plan.step_ns <= out->left_ns)
        return true;
    s->end = SEARCH_TIME;
    return false;
}

static int make_room(struct search *s, struct err *e) {
    size_t room = s->room;
    struct search_point *points = array_room(s->points, &room, s->count + 1, sizeof *points);
    if (points == NULL)
        return err_memory(e, "the steps of the search");
    s->points = points;
    double *fit = realloc(s->fit, room * sizeof *fit);
    if (fit == NULL)
        return err_memory(e, "the steps of the search");
    s->fit = fit;
    s->room = room;
    return 0;
}

int search_tell(struct search *s, const struct search_ask *ask, const struct search_look *look,
                int64_t spent_ns, struct err *e) {
    struct search_point *p = point_at(s, ask->load);
    s->spent_ns += spent_ns;
    if (p == NULL) {
        if (make_room(s, e) != 0)
            return -1;
        size_t at = s->count++;
        for (; at > 0 && s->points[at - 1].load > ask->load; at--)
            s->points[at] = s->points[at - 1];
        p = &s->points[at];
        *p = (struct search_point){.load = ask->load};
    }
    p->looks++;
    p->units += ask->units;
    p->look = *look;
    return 0;
}

void search_stop(struct search *s, enum search_end why) {
    s->end = why;
}

void search_answer(const struct search *s, struct search_answer *out) {
    struct decided all = decided(s, 0);
    size_t base = base_of(s), at;
    struct decided d = decided(s, base);
    double load = (double)NAN;
    *out = (struct search_answer){.end = s->end,
                                  .value = (double)NAN,
                                  .low = d.holds,
                                  .high = d.fails,
                                  .contradicts = contradicts(&all),
                                  .worse = all.lowest_fails,
                                  .better = all.highest_holds};
    out->kind = d.holds > 0 && !isinf(d.fails) ? SEARCH_FOUND
                : d.holds > 0                  ? SEARCH_ABOVE
                : !isinf(d.fails)              ? SEARCH_BELOW
                                               : SEARCH_UNKNOWN;
    if (out->kind != SEARCH_FOUND)
        return;
    if (trend(s, base, &at, &load) != TREND_CROSSES)
        load = sqrt(d.holds * d.fails);
    load = fmin(fmax(load, d.holds), d.fails);
    out->value = s->plan.whole ? fmax(floor(load), d.holds) : load;
}
