#include "stats/compare.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats/compare_internal.h"
#include "stats/dist.h"
#include "util/array.h"

#define TINY_US 0.5 /* a time of 0 us is shorter than this, and has no logarithm */

enum { BASE, WITH, SIDES };

struct compare_pair {
    struct compare_sample samples[SIDES];
    struct compare_options options;
    double *scores; /* room for the cells of either */
    uint64_t stream;
};

int compare_side_new(const int64_t *lengths_us, size_t runs, struct compare_side **out,
                     struct err *e) {
    assert(runs > 0 && runs <= COMPARE_RUNS_MAX);
    struct compare_side *s = calloc(1, sizeof *s);
    if (s == NULL || (s->lengths_us = calloc(runs, sizeof *s->lengths_us)) == NULL) {
        free(s);
        return err_memory(e, "comparing runs");
    }
    memcpy(s->lengths_us, lengths_us, runs * sizeof *lengths_us);
    s->runs = runs;
    *out = s;
    return 0;
}

void compare_side_free(struct compare_side *s) {
    if (s == NULL)
        return;
    free(s->lengths_us);
    free(s->rows);
    free(s);
}

int compare_side_add(struct compare_side *s, const struct compare_row *row, struct err *e) {
    struct compare_row *rows = array_room(s->rows, &s->cap, s->count + 1, sizeof *rows);
    if (rows == NULL)
        return err_memory(e, "%zu requests of a side", s->count);
    s->rows = rows;
    assert(row->run < s->runs);
    s->rows[s->count++] = *row;
    return 0;
}

int compare_pair_new(const struct compare_side *base, const struct compare_side *with,
                     const bool *endpoints, const struct compare_options *o,
                     struct compare_pair **out, struct err *e) {
    const struct compare_side *const sides[SIDES] = {base, with};
    struct compare_pair *p = calloc(1, sizeof *p);
    if (p == NULL)
        return err_memory(e, "comparing runs");
    p->options = *o;
    if (p->options.resamples == 0)
        p->options.resamples = COMPARE_RESAMPLES;
    if (!(p->options.confidence > 0))
        p->options.confidence = 0.95;
    size_t cells = 0;
    for (int i = 0; i < SIDES; i++) {
        if (compare_sample_init(&p->samples[i], sides[i], endpoints, e) != 0)
            goto fail;
        cells = p->samples[i].cells > cells ? p->samples[i].cells : cells;
    }
    p->scores = calloc(cells + 1, sizeof *p->scores);
    if (p->scores == NULL) {
        err_memory(e, "comparing runs");
        goto fail;
    }
    for (int i = 0; i < SIDES; i++)
        if (compare_sample_set_blocks(&p->samples[i], p->scores, e) != 0)
            goto fail;
    *out = p;
    return 0;
fail:
    compare_pair_free(p);
    return -1;
}

void compare_pair_free(struct compare_pair *p) {
    if (p == NULL)
        return;
    compare_sample_done(&p->samples[BASE]);
    compare_sample_done(&p->samples[WITH]);
    free(p->scores);
    free(p);
}

uint64_t compare_pair_requests(const struct compare_pair *p, bool with) {
    return p->samples[with ? WITH : BASE].n;
}

/* One side of a measure while it is compared. */
struct part {
    const struct compare_sample *sample;
    const struct compare_measure *measure;
    double value;
    bool scheduled; /* a rate that does not vary */
    struct resampled moves;
};

/* A schedule sets the rate where no cell has a request more or less than its share and a half: what
 * is left then is that a window holds one more or less. */
static void as_scheduled(struct part *x, const double *scores, int side) {
    const struct compare_sample *s = x->sample;
    double one = (double)s->run_count / s->seconds / 2;
    for (size_t c = 0; c < s->cells; c++)
        if (fabs(scores[c]) * s->seconds > 1.5)
            return;
    for (size_t i = 0; i < x->moves.count; i++) /* halves of the resamples, crossed for the sides */
        x->moves.moves[i] = (i >> side & 1) != 0 ? one : -one;
    x->moves.variance = one * one;
    x->scheduled = true;
}

static int part_init(struct part *x, struct compare_pair *p, int side,
                     const struct compare_measure *m, struct err *e) {
    x->sample = &p->samples[side];
    x->measure = m;
    x->value = compare_sample_scores(x->sample, m, p->scores);
    /* Neither the sides nor the statistics share their draws. */
    if (resample(x->sample, p->scores, p->options.resamples, p->options.seed, p->stream++,
                 &x->moves, e) != 0)
        return -1;
    if (m->kind == COMPARE_PER_SECOND)
        as_scheduled(x, p->scores, side);
    return 0;
}

/* The statistic after a move, stretched; of quantiles the rank moves, the other way. */
static double moved(const struct part *x, double move, double stretch) {
    if (x->measure->kind == COMPARE_QUANTILE)
        return fmax(compare_sample_quantile(x->sample, x->measure->p - move * stretch), TINY_US);
    double floor = x->measure->kind == COMPARE_MEAN ? TINY_US : 1e-9 * x->value;
    return fmax(x->value + move * stretch, floor);
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Does more than half of what the interval leaves out want a rank that the sample does not have? */
static bool beyond(const struct part *x, double stretch, double outside) {
    size_t above = 0, below = 0, n = x->sample->n;
    double edge = 0.5 / (double)n;
    for (size_t i = 0; i < x->moves.count; i++) {
        double rank = x->measure->p - x->moves.moves[i] * stretch;
        above += rank > 1 - edge;
        below += rank < edge;
    }
    double most = outside / 2 * (double)x->moves.count;
    return (double)above > most || (double)below > most;
}

static double log_variance(const struct part *x) {
    double sum = 0, middle = log(fmax(x->value, TINY_US * 1e-3));
    for (size_t i = 0; i < x->moves.count; i++) {
        double d = log(moved(x, x->moves.moves[i], 1)) - middle;
        sum += d * d;
    }
    return sum / (double)x->moves.count;
}

static double welch(double va, double dfa, double vb, double dfb) {
    double both = va + vb;
    return both > 0 ? both * both / (va * va / dfa + vb * vb / dfb) : (double)INFINITY;
}

static double p_value(double distance, double variance, double df) {
    if (!(variance > 0))
        return distance == 0 ? 1 : 0;
    return 2 * dist_student(-fabs(distance) / sqrt(variance), df);
}

static void percentiles(double *values, size_t n, double outside, double *low, double *high) {
    qsort(values, n, sizeof *values, by_size);
    double at = outside / 2 * (double)(n - 1);
    size_t i = (size_t)at;
    double part = at - (double)i;
    *low = values[i] + part * (values[i + 1] - values[i]);
    *high = values[n - 1 - i] - part * (values[n - 1 - i] - values[n - 2 - i]);
}

/* Everything but failure rates: the percentiles of log(with / base) and of with - base. */
static int by_percentiles(const struct compare_pair *p, const struct part parts[SIDES],
                          struct compare_result *out, struct err *e) {
    const struct part *base = &parts[BASE], *with = &parts[WITH];
    size_t n = base->moves.count;
    double outside = 1 - p->options.confidence;
    double *ratios = malloc(2 * n * sizeof *ratios);
    if (ratios == NULL)
        return err_memory(e, "comparing runs");
    double *differences = ratios + n;
    double vb = log_variance(base), vw = log_variance(with);
    double df = welch(vb, base->moves.df, vw, with->moves.df);
    double stretch = dist_student_quantile(outside / 2, df) / dist_normal_quantile(outside / 2);
    for (size_t i = 0; i < n; i++) {
        double b = moved(base, base->moves.moves[i], stretch);
        double w = moved(with, with->moves.moves[i], stretch);
        ratios[i] = w / b;
        differences[i] = w - b;
    }
    percentiles(ratios, n, outside, &out->ratio_low, &out->ratio_high);
    percentiles(differences, n, outside, &out->difference_low, &out->difference_high);
    free(ratios);
    out->ratio = with->value / base->value;
    out->p_value = p_value(
        log(fmax(with->value, TINY_US * 1e-3) / fmax(base->value, TINY_US * 1e-3)), vb + vw, df);
    if (base->measure->kind == COMPARE_QUANTILE &&
        (beyond(base, stretch, outside) || beyond(with, stretch, outside)))
        out->lack = COMPARE_LACK_TAIL;
    return 0;
}

/* As many independent requests as the side's are worth: a spread that is k times that of
 * independent ones makes them 1/k. */
static double worth(const struct part *x) {
    double n = (double)x->sample->n, independent = x->value * (1 - x->value) / n;
    if (!(independent > 0) || !(x->moves.variance > independent))
        return 1;
    return independent / x->moves.variance;
}

struct score {
    double low, high;
};

/* Wilson's, see wilson.h, of a number of requests that need not be whole. */
static struct score wilson(double share, double n, double z) {
    double z2 = z * z, middle = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    return (struct score){share == 0 ? 0 : fmax(middle - half, 0),
                          share == 1 ? 1 : fmin(middle + half, 1)};
}

/* The limits of a ratio from those of its parts (Donner and Zou, Statistical Methods in Medical
 * Research 21, 2012, 347-359). */
static void ratio_of_scores(double b, struct score sb, double w, struct score sw,
                            struct compare_result *out) {
    double bw = b * w;
    double low = bw * bw - sw.low * sb.high * (2 * w - sw.low) * (2 * b - sb.high);
    double high = bw * bw - sw.high * sb.low * (2 * w - sw.high) * (2 * b - sb.low);
    double under = sb.high * (2 * b - sb.high), over = sb.low * (2 * b - sb.low);
    out->ratio = w / b;
    out->ratio_low = under > 0 ? fmax((bw - sqrt(fmax(low, 0))) / under, 0) : 0;
    out->ratio_high = over > 0 ? (bw + sqrt(fmax(high, 0))) / over : (double)INFINITY;
}

static void by_scores(const struct compare_pair *p, const struct part parts[SIDES],
                      struct compare_result *out) {
    double b = parts[BASE].value, w = parts[WITH].value, outside = 1 - p->options.confidence;
    /* A side without failures does not show how they would cluster: as on the other, then. */
    double nb = (double)parts[BASE].sample->n *
                (b > 0 && b < 1 ? worth(&parts[BASE]) : worth(&parts[WITH]));
    double nw = (double)parts[WITH].sample->n *
                (w > 0 && w < 1 ? worth(&parts[WITH]) : worth(&parts[BASE]));
    double df = welch(parts[BASE].moves.variance, parts[BASE].moves.df, parts[WITH].moves.variance,
                      parts[WITH].moves.df);
    double z = -dist_student_quantile(outside / 2, df);
    struct score sb = wilson(b, nb, z), sw = wilson(w, nw, z);
    out->difference_low = w - b - hypot(w - sw.low, sb.high - b);
    out->difference_high = w - b + hypot(sw.high - w, b - sb.low);
    if (b > 0)
        ratio_of_scores(b, sb, w, sw, out);
    double pooled = (b * nb + w * nw) / (nb + nw);
    out->p_value = p_value(w - b, pooled * (1 - pooled) * (1 / nb + 1 / nw), df);
}

static void decide(const struct compare_measure *m, struct compare_result *out) {
    bool more_is_slower = m->kind != COMPARE_PER_SECOND;
    if (out->lack != COMPARE_ENOUGH)
        out->verdict = COMPARE_TOO_LITTLE;
    else if (out->difference_low > 0)
        out->verdict = more_is_slower ? COMPARE_SLOWER : COMPARE_FASTER;
    else if (out->difference_high < 0)
        out->verdict = more_is_slower ? COMPARE_FASTER : COMPARE_SLOWER;
    else
        out->verdict = COMPARE_NO_DIFFERENCE;
    out->alone = out->verdict;
}

static bool tells(const struct compare_result *r) {
    return r->verdict == COMPARE_SLOWER || r->verdict == COMPARE_FASTER;
}

void compare_family(struct compare_result *const *results, size_t n, double confidence) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        m += results[i]->lack == COMPARE_ENOUGH;
    double last = -1; /* the p-value up to which verdicts hold */
    for (;; m--) {
        const struct compare_result *next = NULL;
        size_t ties = 0;
        for (size_t i = 0; i < n; i++) {
            if (!tells(results[i]) || results[i]->p_value <= last)
                continue;
            if (next == NULL || results[i]->p_value < next->p_value) {
                next = results[i];
                ties = 0;
            } else if (results[i]->p_value == next->p_value)
                ties++;
        }
        if (next == NULL || next->p_value > (1 - confidence) / (double)m)
            break;
        last = next->p_value;
        m -= ties; /* they are decided together, by the stricter limit */
    }
    for (size_t i = 0; i < n; i++)
        if (tells(results[i]) && results[i]->p_value > last)
            results[i]->verdict = COMPARE_NO_DIFFERENCE;
}

/* The values alone, where a side has no request at all. */
static double value_of(struct compare_pair *p, int side, const struct compare_measure *m) {
    const struct compare_sample *s = &p->samples[side];
    if (s->n == 0)
        return m->kind == COMPARE_PER_SECOND ? 0 : (double)NAN;
    return compare_sample_scores(s, m, p->scores);
}

static void nothing(struct compare_pair *p, const struct compare_measure *m,
                    struct compare_result *out) {
    *out = (struct compare_result){
        .base = value_of(p, BASE, m),
        .with = value_of(p, WITH, m),
        .difference = (double)NAN,
        .difference_low = (double)NAN,
        .difference_high = (double)NAN,
        .ratio = (double)NAN,
        .ratio_low = (double)NAN,
        .ratio_high = (double)NAN,
        .p_value = (double)NAN,
        .verdict = COMPARE_TOO_LITTLE,
        .alone = COMPARE_TOO_LITTLE,
        .lack = COMPARE_LACK_REQUESTS,
    };
    out->difference = out->with - out->base;
}

static bool few_blocks(const struct part *x) {
    return x->sample->run_count == 1 && !x->scheduled && x->moves.blocks < COMPARE_BLOCKS_MIN;
}

int compare_measure(struct compare_pair *p, const struct compare_measure *m,
                    struct compare_result *out, struct err *e) {
    struct part parts[SIDES] = {{.value = 0}};
    struct compare_result result;
    int status = -1;
    nothing(p, m, &result);
    if (p->samples[BASE].n < COMPARE_REQUESTS_MIN || p->samples[WITH].n < COMPARE_REQUESTS_MIN) {
        *out = result;
        return 0;
    }
    for (int i = 0; i < SIDES; i++) {
        if (part_init(&parts[i], p, i, m, e) != 0)
            goto out;
        result.block_s[i] = parts[i].moves.block_s;
        result.blocks[i] = parts[i].moves.blocks;
    }
    result.lack = COMPARE_ENOUGH;
    if (m->kind == COMPARE_FAILURES)
        by_scores(p, parts, &result);
    else if (by_percentiles(p, parts, &result, e) != 0)
        goto out;
    if (few_blocks(&parts[BASE]) || few_blocks(&parts[WITH]))
        result.lack = COMPARE_LACK_BLOCKS;
    decide(m, &result);
    *out = result;
    status = 0;
out:
    resampled_done(&parts[BASE].moves);
    resampled_done(&parts[WITH].moves);
    return status;
}

int compare_rank(struct compare_pair *p, struct compare_rank *out, struct err *e) {
    struct compare_sample *base = &p->samples[BASE], *with = &p->samples[WITH];
    struct compare_rank r = {.u = (double)NAN,
                             .share = (double)NAN,
                             .low = (double)NAN,
                             .high = (double)NAN,
                             .p_value = (double)NAN,
                             .lack = COMPARE_LACK_REQUESTS};
    struct resampled moves[SIDES] = {{0}};
    int status = -1;
    if (base->n < COMPARE_REQUESTS_MIN || with->n < COMPARE_REQUESTS_MIN) {
        *out = r;
        return 0;
    }
    compare_sample_rank_scores(base, with, p->scores);
    if (resample(base, p->scores, p->options.resamples, p->options.seed, p->stream++, &moves[BASE],
                 e) != 0)
        goto out;
    r.share = compare_sample_rank_scores(with, base, p->scores);
    if (resample(with, p->scores, p->options.resamples, p->options.seed, p->stream++, &moves[WITH],
                 e) != 0)
        goto out;
    r.u = r.share * (double)base->n * (double)with->n;
    double variance = moves[BASE].variance + moves[WITH].variance;
    double df = welch(moves[BASE].variance, moves[BASE].df, moves[WITH].variance, moves[WITH].df);
    double half = -dist_student_quantile((1 - p->options.confidence) / 2, df) * sqrt(variance);
    r.low = fmax(r.share - half, 0);
    r.high = fmin(r.share + half, 1);
    r.p_value = p_value(r.share - 0.5, variance, df);
    bool few = (base->run_count == 1 && moves[BASE].blocks < COMPARE_BLOCKS_MIN) ||
               (with->run_count == 1 && moves[WITH].blocks < COMPARE_BLOCKS_MIN);
    r.lack = few ? COMPARE_LACK_BLOCKS : COMPARE_ENOUGH;
    *out = r;
    status = 0;
out:
    resampled_done(&moves[BASE]);
    resampled_done(&moves[WITH]);
    return status;
}
