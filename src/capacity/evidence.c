#include "capacity/evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/dist.h"
#include "stats/quantile.h"
#include "util/array.h"

#define CORRELATION_MAX 0.9
#define SKEWED_MOST 2.0 /* of Student's t */

void evidence_done(struct evidence *v) {
    free(v->values);
    free(v->hits);
    free(v->totals);
    free(v->seconds);
    *v = (struct evidence){0};
}

static int room_for_cells(struct evidence *v, size_t wanted, struct err *e) {
    double **arrays[] = {&v->hits, &v->totals, &v->seconds};
    size_t room = v->cell_room;
    for (size_t i = 0; i < COUNT_OF(arrays); i++) {
        room = v->cell_room;
        double *moved = array_room(*arrays[i], &room, wanted, sizeof *moved);
        if (moved == NULL)
            return err_memory(e, "the values of a step");
        *arrays[i] = moved;
    }
    v->cell_room = room;
    return 0;
}

int evidence_begin(struct evidence *v, size_t n, double cell_seconds, size_t *first,
                   struct err *e) {
    if (room_for_cells(v, v->cells + n, e) != 0)
        return -1;
    *first = v->cells;
    for (size_t i = v->cells; i < v->cells + n; i++) {
        v->hits[i] = v->totals[i] = 0;
        v->seconds[i] = cell_seconds;
    }
    v->cells += n;
    return 0;
}

int evidence_time(struct evidence *v, size_t cell, int64_t value, struct err *e) {
    struct evidence_value *moved = array_room(v->values, &v->room, v->count + 1, sizeof *v->values);
    if (moved == NULL)
        return err_memory(e, "the values of a step");
    v->values = moved;
    v->values[v->count++] = (struct evidence_value){value, (uint32_t)cell};
    return 0;
}

void evidence_share(struct evidence *v, size_t cell, double hits, double total) {
    v->hits[cell] += hits;
    v->totals[cell] += total;
}

int evidence_join(struct evidence *v, const struct evidence *more, struct err *e) {
    size_t first = v->cells;
    if (room_for_cells(v, v->cells + more->cells, e) != 0)
        return -1;
    struct evidence_value *moved =
        array_room(v->values, &v->room, v->count + more->count + 1, sizeof *moved);
    if (moved == NULL)
        return err_memory(e, "the values of a step");
    v->values = moved;
    for (size_t i = 0; i < more->cells; i++) {
        v->hits[first + i] = more->hits[i];
        v->totals[first + i] = more->totals[i];
        v->seconds[first + i] = more->seconds[i];
    }
    v->cells += more->cells;
    for (size_t i = 0; i < more->count; i++)
        v->values[v->count++] =
            (struct evidence_value){more->values[i].value, more->values[i].cell + (uint32_t)first};
    return 0;
}

/* ---- order ---- */

static int by_value(const void *a, const void *b) {
    const struct evidence_value *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* Sorts what is new and merges it into the rest. */
static int sort(struct evidence *v, struct err *e) {
    size_t old = v->sorted, n = v->count;
    if (old == n)
        return 0;
    qsort(v->values + old, n - old, sizeof *v->values, by_value);
    struct evidence_value *tail = malloc((n - old) * sizeof *tail);
    if (tail == NULL)
        return err_memory(e, "the values of a step");
    memcpy(tail, v->values + old, (n - old) * sizeof *tail);
    for (size_t left = old, right = n - old, at = n; right > 0;)
        v->values[--at] = left > 0 && v->values[left - 1].value > tail[right - 1].value
                              ? v->values[--left]
                              : tail[--right];
    free(tail);
    v->sorted = n;
    return 0;
}

/* The number of sorted values below `value`, or up to it. */
static size_t below(const struct evidence *v, double value, bool also_equal) {
    size_t from = 0, to = v->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        double x = (double)v->values[middle].value;
        if (also_equal ? x <= value : x < value)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* ---- variance ---- */

struct spread_of_sum {
    double variance, freedom;
    double skew; /* of the mean of the batches: their skewness / (6 sqrt(k)) */
};

/* Of k batches, in their order: sums of powers of their deviations, and of neighbours' products. */
struct deviations {
    size_t k;
    double square, cube, cross, before;
};

static void deviation_add(struct deviations *d, double x) {
    d->cross += d->k > 0 ? x * d->before : 0;
    d->square += x * x;
    d->cube += x * x * x;
    d->before = x;
    d->k++;
}

/* The variance of the sum of k batches. */
static struct spread_of_sum spread_of(const struct deviations *d) {
    double k = (double)d->k;
    if (!(d->square > 0))
        return (struct spread_of_sum){.freedom = k - 1};
    double r = d->cross / d->square;
    r += (1 + 3 * r) / k; /* its bias (Kendall, Biometrika 41, 1954, 403-404) */
    r = fmin(fmax(r, 0), CORRELATION_MAX);
    double deviation = sqrt(d->square / k);
    return (struct spread_of_sum){.variance = d->square / (k - 1) * k * (1 + r) / (1 - r),
                                  .freedom = k - 1,
                                  .skew = d->cube / k / (deviation * deviation * deviation) /
                                          (6 * sqrt(k))};
}

/* Of sums of k batches of `size` values: the variance of the sum of all. */
static struct spread_of_sum of_batches(const double *x, size_t n, size_t size) {
    size_t k = n / size;
    double mean = 0;
    struct deviations d = {0};
    for (size_t i = 0; i < k * size; i++)
        mean += x[i] / (double)k;
    for (size_t b = 0; b < k; b++) {
        double sum = -mean;
        for (size_t i = b * size; i < (b + 1) * size; i++)
            sum += x[i];
        deviation_add(&d, sum);
    }
    struct spread_of_sum s = spread_of(&d);
    s.variance *= (double)n / (double)(k * size); /* for the values behind the last batch */
    return s;
}

/* As evidence.h describes it. */
static struct spread_of_sum spread_of_sum(const double *x, size_t n) {
    struct spread_of_sum most = {.freedom = n > 1 ? (double)n - 1 : 1};
    for (size_t size = 1; n > 1 && (size == 1 || n / size >= EVIDENCE_BATCHES_MIN); size *= 2) {
        struct spread_of_sum s = of_batches(x, n, size);
        if (s.variance > most.variance)
            most = s;
    }
    return most;
}

/* How many standard errors an interval reaches to one side. A skewed mean needs more on one side:
 * Willink's inverse of Johnson's t. */
static double reach(const struct spread_of_sum *s, double risk, bool upwards) {
    double t = dist_student_quantile(1 - risk, s->freedom), skew = upwards ? s->skew : -s->skew;
    if (fabs(skew) < 1e-6)
        return t;
    double skewed = (1 - cbrt(1 - 6 * skew * (t + skew))) / (2 * skew);
    return fmin(fmax(skewed, t), SKEWED_MOST * t);
}

/* ---- shares ---- */

struct share {
    double share, low, high, independent;
};

/* One end of Wilson's interval of a share s of n independent trials. */
static double wilson(double s, double n, double z, bool upper) {
    double z2 = z * z, middle = (s + z2 / (2 * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(s * (1 - s) / n + z2 / (4 * n * n));
    if (upper)
        return s < 1 ? fmin(middle + half, 1) : 1;
    return s > 0 ? fmax(middle - half, 0) : 0;
}

/* How many times more the sum of hits varies than that of independent requests; at least 1.
 * `scores` is room for the cells. */
static double inflation(const struct evidence *v, const double *hits, const double *totals,
                        double *scores, struct spread_of_sum *spread) {
    double hit = 0, all = 0;
    *spread = (struct spread_of_sum){.freedom = (double)v->cells};
    for (size_t i = 0; i < v->cells; i++) {
        hit += hits[i];
        all += totals[i];
    }
    double s = hit / all;
    if (!(s > 0 && s < 1))
        return 1;
    for (size_t i = 0; i < v->cells; i++)
        scores[i] = hits[i] - s * totals[i];
    *spread = spread_of_sum(scores, v->cells);
    return fmax(spread->variance / (all * s * (1 - s)), 1);
}

/* What is known about a share at another limit: its inflation, at least. */
struct least {
    double inflation;
    struct spread_of_sum spread;
};

static void share_of(const struct evidence *v, const double *hits, const double *totals,
                     double *scores, double risk, const struct least *least, struct share *out) {
    double hit = 0, all = 0;
    struct spread_of_sum spread;
    double more = inflation(v, hits, totals, scores, &spread);
    for (size_t i = 0; i < v->cells; i++) {
        hit += hits[i];
        all += totals[i];
    }
    if (least != NULL && least->inflation > more) {
        more = least->inflation;
        spread = least->spread;
    }
    double s = hit / all, n = all / more;
    *out = (struct share){.share = s,
                          .low = wilson(s, n, reach(&spread, risk, false), false),
                          .high = wilson(s, n, reach(&spread, risk, true), true),
                          .independent = n};
}

/* ---- percentiles ---- */

struct work {
    double *hits, *totals, *scores;
    struct least least; /* at the percentile itself */
};

/* The share of values from this rank on. */
static void share_from(const struct evidence *v, struct work *w, size_t rank, double risk,
                       const struct least *least, struct share *out) {
    memset(w->hits, 0, v->cells * sizeof *w->hits);
    for (size_t i = rank; i < v->count; i++)
        w->hits[v->values[i].cell]++;
    share_of(v, w->hits, w->totals, w->scores, risk, least, out);
}

/* Infinite: it never came. */
static double value_of(const struct evidence *v, size_t rank) {
    int64_t x = v->values[rank].value;
    return x == EVIDENCE_NEVER ? (double)INFINITY : (double)x;
}

static double value_at(const struct evidence *v, double p) {
    struct quantile_rank r = quantile_rank(p, v->count);
    double lower = value_of(v, r.lower), upper = value_of(v, r.upper);
    if (r.fraction == 0 || isinf(lower))
        return lower;
    return isinf(upper) ? upper : lower + (upper - lower) * r.fraction;
}

/* The p-quantiles of k batches of `size` cells, as deviations from that of all. Infinite: some
 * batch has no finite one. */
static struct spread_of_sum of_sections(const struct evidence *v, struct work *w, double p,
                                        size_t size, double all) {
    size_t k = v->cells / size;
    double *before = w->hits, *quantiles = w->scores;
    struct deviations d = {0};
    for (size_t b = 0; b < k; b++) {
        double n = 0;
        for (size_t i = b * size; i < (b + 1) * size; i++)
            n += w->totals[i];
        before[b] = n > 0 ? (double)quantile_rank(p, (size_t)n).upper : 0;
        quantiles[b] = all;
    }
    for (size_t i = 0; i < v->count; i++) {
        size_t b = v->values[i].cell / size;
        if (b < k && before[b]-- == 0)
            quantiles[b] = value_of(v, i);
    }
    for (size_t b = 0; b < k; b++) {
        if (isinf(quantiles[b]))
            return (struct spread_of_sum){.variance = (double)INFINITY, .freedom = 1};
        deviation_add(&d, quantiles[b] - all);
    }
    struct spread_of_sum s = spread_of(&d);
    s.variance /= (double)k * (double)k;
    return s;
}

/* The percentile is surely below each limit above this one. It is far away: quantiles of few
 * sections, or of similar ones, are not normal. So it has Cantelli's inequality, which needs no
 * distribution, in place of the normal quantile: four times as far at a risk of 1.25 %. */
static double far_bound(const struct evidence *v, struct work *w, double p, double risk) {
    double all = value_at(v, p);
    struct spread_of_sum most = {.freedom = 1};
    if (isinf(all) || v->cells < EVIDENCE_BATCHES_MIN)
        return (double)INFINITY;
    for (size_t size = 1; v->cells / size >= EVIDENCE_BATCHES_MIN; size *= 2) {
        struct spread_of_sum s = of_sections(v, w, p, size, all);
        if (size == 1 || s.variance > most.variance)
            most = s;
    }
    double cantelli = sqrt((1 - risk) / risk) / dist_normal_quantile(1 - risk);
    return all + cantelli * reach(&most, risk, true) * sqrt(most.variance);
}

/* `room` is for three values per cell, all 0. */
static void work_init(const struct evidence *v, struct work *w, double p, double *room) {
    *w = (struct work){.hits = room, .totals = room + v->cells, .scores = room + 2 * v->cells};
    for (size_t i = 0; i < v->count; i++)
        w->totals[v->values[i].cell]++;
    struct share at;
    /* Equal values are on one side: the order among them says nothing. */
    double value = (double)v->values[quantile_rank(p, v->count).lower].value;
    size_t rank = below(v, value, true);
    share_from(v, w, rank, 0.5, NULL, &at);
    w->least.inflation = inflation(v, w->hits, w->totals, w->scores, &w->least.spread);
}

/* Is the percentile surely below a limit, if the values from this rank on are beyond it, or surely
 * above? */
static enum evidence_verdict side(const struct evidence *v, struct work *w, size_t rank, double p,
                                  double risk, const struct least *least) {
    struct share beyond;
    /* Far below the percentile, runs of slow requests would count as noise of the fast. */
    bool is_beyond = (double)rank >= p * (double)v->count;
    share_from(v, w, rank, risk, is_beyond ? least : NULL, &beyond);
    return beyond.high < 1 - p  ? EVIDENCE_HOLDS
           : beyond.low > 1 - p ? EVIDENCE_FAILS
                                : EVIDENCE_OPEN;
}

/* The highest value of which the percentile is surely not below; 0: none is. */
static double low_bound(const struct evidence *v, struct work *w, double p, double risk) {
    size_t from = 0, to = v->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        size_t rank = below(v, (double)v->values[middle].value, false);
        if (side(v, w, rank, p, risk, &w->least) == EVIDENCE_FAILS)
            from = middle + 1;
        else
            to = middle;
    }
    return from == 0 ? 0 : value_of(v, from - 1);
}

/* The lowest value of which the percentile is surely not above. */
static double high_bound(const struct evidence *v, struct work *w, double p, double risk,
                         const struct least *least) {
    size_t from = 0, to = v->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        size_t rank = below(v, (double)v->values[middle].value, true);
        if (side(v, w, rank, p, risk, least) != EVIDENCE_HOLDS)
            from = middle + 1;
        else
            to = middle;
    }
    return from == v->count ? (double)INFINITY : value_of(v, from);
}

/* ---- rules ---- */

static bool is_upper(enum gate_op op) {
    return op == GATE_LT || op == GATE_LE;
}

double evidence_excess(const struct gate_rule *r, double value) {
    const double most = EVIDENCE_EXCESS_MAX;
    if (isnan(value))
        return most;
    double x = r->limit > 0 && value > 0 ? log(value / r->limit)
               : r->limit > 0            ? -most
                                         : value - r->limit;
    x = is_upper(r->op) ? x : -x;
    /* At the limit itself, the operator decides. */
    if (x == 0 && !gate_holds(r->op, value, r->limit))
        x = 1e-9;
    return fmin(fmax(x, -most), most);
}

static enum evidence_verdict of_bounds(const struct gate_rule *r, double low, double high) {
    bool holds = gate_holds(r->op, low, r->limit) && gate_holds(r->op, high, r->limit);
    bool fails = !gate_holds(r->op, low, r->limit) && !gate_holds(r->op, high, r->limit);
    return holds ? EVIDENCE_HOLDS : fails ? EVIDENCE_FAILS : EVIDENCE_OPEN;
}

static int of_quantile(struct evidence *v, const struct gate_rule *r, double risk, bool bounds,
                       struct evidence_result *out, struct err *e) {
    struct work w;
    double *room = calloc(3 * v->cells + 1, sizeof *room);
    if (room == NULL || sort(v, e) != 0) {
        free(room);
        return room == NULL ? err_memory(e, "the values of a step") : -1;
    }
    work_init(v, &w, r->p, room);
    double unit = gate_per_ms(r->metric), limit = r->limit * unit;
    out->value = value_at(v, r->p) / unit;
    out->samples = (double)v->count;
    out->independent = (double)v->count / w.least.inflation;
    bool strict =
        r->op == GATE_LT || r->op == GATE_GE; /* a value equal to the limit is beyond it */
    size_t rank = below(v, limit, !strict);
    double far = far_bound(v, &w, r->p, risk);
    /* How requests cluster at the percentile says nothing about a limit far above all of it. */
    enum evidence_verdict at = side(v, &w, rank, r->p, risk, limit > far ? NULL : &w.least);
    if (!is_upper(r->op))
        at = at == EVIDENCE_HOLDS ? EVIDENCE_FAILS : at == EVIDENCE_FAILS ? EVIDENCE_HOLDS : at;
    out->verdict = at;
    if (bounds) {
        double any = high_bound(v, &w, r->p, risk, NULL);
        out->low = low_bound(v, &w, r->p, risk) / unit;
        out->high = fmin(high_bound(v, &w, r->p, risk, &w.least), fmax(any, far)) / unit;
    }
    free(room);
    return 0;
}

/* Student's interval of a ratio of sums: values per request, or an amount per second. */
static int of_ratio(const struct evidence *v, const double *of, const double *by,
                    const struct gate_rule *r, double risk, struct evidence_result *out,
                    struct err *e) {
    double above = 0, under = 0;
    double *scores = calloc(v->cells + 1, sizeof *scores);
    if (scores == NULL)
        return err_memory(e, "the values of a step");
    for (size_t i = 0; i < v->cells; i++) {
        above += of[i];
        under += by[i];
    }
    out->value = above / under;
    for (size_t i = 0; i < v->cells; i++)
        scores[i] = of[i] - out->value * by[i];
    struct spread_of_sum spread = spread_of_sum(scores, v->cells);
    free(scores);
    out->low = out->value - reach(&spread, risk, false) * sqrt(spread.variance) / under;
    out->high = out->value + reach(&spread, risk, true) * sqrt(spread.variance) / under;
    out->samples = out->independent = under;
    out->verdict = of_bounds(r, out->low, out->high);
    return 0;
}

static int of_average(struct evidence *v, const struct gate_rule *r, double risk,
                      struct evidence_result *out, struct err *e) {
    double unit = gate_per_ms(r->metric);
    double *sums = calloc(2 * v->cells + 1, sizeof *sums);
    if (sums == NULL)
        return err_memory(e, "the values of a step");
    double *counts = sums + v->cells;
    for (size_t i = 0; i < v->count; i++) {
        sums[v->values[i].cell] += (double)v->values[i].value / unit;
        counts[v->values[i].cell]++;
    }
    int result = of_ratio(v, sums, counts, r, risk, out, e);
    free(sums);
    return result;
}

static int of_share(struct evidence *v, const struct gate_rule *r, double risk,
                    struct evidence_result *out, struct err *e) {
    struct share s;
    double *scores = calloc(v->cells + 1, sizeof *scores);
    if (scores == NULL)
        return err_memory(e, "the values of a step");
    share_of(v, v->hits, v->totals, scores, risk, NULL, &s);
    free(scores);
    out->value = s.share;
    out->low = s.low;
    out->high = s.high;
    out->independent = s.independent;
    out->samples = 0;
    for (size_t i = 0; i < v->cells; i++)
        out->samples += v->totals[i];
    out->verdict = of_bounds(r, out->low, out->high);
    return 0;
}

static bool is_empty(const struct evidence *v, const struct gate_rule *r) {
    double total = 0;
    enum gate_kind kind = gate_metrics[r->metric].kind;
    if (kind == GATE_TREND)
        return v->count == 0;
    for (size_t i = 0; i < v->cells; i++)
        total += v->totals[i];
    return kind == GATE_RATE ? total == 0 : v->cells == 0;
}

static int evaluate(struct evidence *v, const struct gate_rule *r, double risk, bool bounds,
                    struct evidence_result *out, struct err *e) {
    *out = (struct evidence_result){
        .value = (double)NAN, .low = (double)NAN, .high = (double)NAN, .verdict = EVIDENCE_FAILS};
    if (is_empty(v, r))
        return 0;
    switch ((int)r->aggregation) {
    case GATE_QUANTILE:
        return of_quantile(v, r, risk, bounds, out, e);
    case GATE_AVG:
        return of_average(v, r, risk, out, e);
    case GATE_SHARE:
        return of_share(v, r, risk, out, e);
    default:
        return of_ratio(v, v->hits, v->seconds, r, risk, out, e);
    }
}

int evidence_decide(struct evidence *v, const struct gate_rule *rule, double risk,
                    struct evidence_result *out, struct err *e) {
    return evaluate(v, rule, risk, false, out, e);
}

int evidence_result(struct evidence *v, const struct gate_rule *rule, double risk,
                    struct evidence_result *out, struct err *e) {
    return evaluate(v, rule, risk, true, out, e);
}

int evidence_check_rule(const struct gate_rule *r, struct err *e) {
    const struct gate_metric_def *m = &gate_metrics[r->metric];
    if (m->kind == GATE_GAUGE || m->source == GATE_FROM_SERVER)
        return err_set(e,
                       "an SLO cannot be about %s, which no request has; use a time, a share or a "
                       "rate",
                       m->name);
    if (r->op == GATE_EQ || r->op == GATE_NE)
        return err_set(e, "an SLO needs <, <=, > or >=, because a value with an interval is never "
                          "equal to a limit");
    if (r->aggregation == GATE_MIN || r->aggregation == GATE_MAX ||
        (r->aggregation == GATE_QUANTILE && !(r->p > 0 && r->p < 1)))
        return err_set(e,
                       "an SLO cannot be about the smallest or largest value, because no interval "
                       "bounds it; use a percentile, such as p(99)");
    if (r->aggregation == GATE_COUNT)
        return err_set(e, "an SLO cannot be about a count, which grows with the length of a step; "
                          "use rate");
    if (r->over_ns != 0 || r->from_ns != 0 || r->stage != 0)
        return err_set(e, "an SLO applies to the measured time of each step; remove over, from and "
                          "stage");
    if (r->abort_on_fail || r->delay_ns != 0)
        return err_set(e, "an SLO does not end a step; remove abortOnFail and delayAbortEval");
    return 0;
}
