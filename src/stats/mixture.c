#include "stats/mixture.h"

#include <math.h>

#define ROUNDS_MAX 500
#define ENOUGH 1e-9 /* a round that gains less, per value, was the last */

struct values {
    const double *x, *count;
    size_t n;
    double total;
    double sd_min;
};

static double log_density(const struct mixture_part *p, double x) {
    double z = (x - p->mean) / p->sd;
    return log(p->weight) - log(p->sd) - 0.5 * z * z - 0.91893853320467274; /* log(sqrt(2 pi)) */
}

/* The part that belongs to the values as far as `share` says. */
static struct mixture_part part_of(const struct values *v, double (*share)(const void *, double),
                                   const void *context) {
    double n = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < v->n; i++) {
        double w = v->count[i] * share(context, v->x[i]);
        n += w;
        sum += w * v->x[i];
    }
    double mean = n > 0 ? sum / n : 0;
    for (size_t i = 0; i < v->n; i++) {
        double d = v->x[i] - mean;
        squares += v->count[i] * share(context, v->x[i]) * d * d;
    }
    double sd = n > 0 ? sqrt(squares / n) : 0;
    return (struct mixture_part){.weight = n / v->total, .mean = mean, .sd = fmax(sd, v->sd_min)};
}

static double everything(const void *context, double x) {
    (void)context, (void)x;
    return 1;
}

static double above(const void *cut, double x) {
    return x > *(const double *)cut;
}

static double below(const void *cut, double x) {
    return x <= *(const double *)cut;
}

static double high(const struct mixture *m, double x) {
    return 1 / (1 + exp(log_density(&m->low, x) - log_density(&m->high, x)));
}

/* Sums over the values of a part, about the mean that it had: those about 0 would lose digits. */
struct sums {
    double n, sum, squares;
};

static void add(struct sums *s, double weight, double distance) {
    s->n += weight;
    s->sum += weight * distance;
    s->squares += weight * distance * distance;
}

static struct mixture_part part_from(const struct values *v, const struct sums *s, double about) {
    double shift = s->n > 0 ? s->sum / s->n : 0;
    double variance = s->n > 0 ? s->squares / s->n - shift * shift : 0;
    return (struct mixture_part){.weight = s->n / v->total,
                                 .mean = about + shift,
                                 .sd = fmax(sqrt(fmax(variance, 0)), v->sd_min)};
}

/* What log_density has that does not depend on the value. */
static double log_scale(const struct mixture_part *p) {
    return log_density(p, p->mean);
}

/* A round of EM: the likelihood of m, and the parts that follow from it. One exp for each value,
 * because reports of every run wait for this. */
static double step(const struct values *v, const struct mixture *m, struct mixture *next) {
    struct sums low = {0}, high = {0};
    double scale_low = log_scale(&m->low), scale_high = log_scale(&m->high), sum = 0;
    for (size_t i = 0; i < v->n; i++) {
        if (v->count[i] <= 0)
            continue;
        double to_low = v->x[i] - m->low.mean, to_high = v->x[i] - m->high.mean;
        double z_low = to_low / m->low.sd, z_high = to_high / m->high.sd;
        double a = scale_low - 0.5 * z_low * z_low, b = scale_high - 0.5 * z_high * z_high;
        double e = exp(-fabs(a - b));
        double share = (a > b ? e : 1) / (1 + e); /* of the high part */
        sum += v->count[i] * (fmax(a, b) + log1p(e));
        add(&low, v->count[i] * (1 - share), to_low);
        add(&high, v->count[i] * share, to_high);
    }
    next->low = part_from(v, &low, m->low.mean);
    next->high = part_from(v, &high, m->high.mean);
    return sum;
}

/* Climbs from the split at `cut`; the likelihood where it ends, -HUGE_VAL where a part ran empty.
 */
static double climb(const struct values *v, double cut, struct mixture *out) {
    struct mixture m = *out;
    m.low = part_of(v, below, &cut);
    m.high = part_of(v, above, &cut);
    double reached = -HUGE_VAL;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        if (!(m.low.weight > 0 && m.high.weight > 0))
            return -HUGE_VAL;
        struct mixture next = m;
        double now = step(v, &m, &next);
        if (now - reached < ENOUGH * v->total)
            break;
        reached = now;
        *out = m;
        m = next;
    }
    return reached;
}

/* Starts: the middle of the values' range, and one and two standard deviations above the mean. */
static double fit_two(const struct values *v, double min, double max, struct mixture *m) {
    const double cuts[] = {(min + max) / 2, m->one.mean, m->one.mean + m->one.sd,
                           m->one.mean + 2 * m->one.sd, min + 0.75 * (max - min)};
    double best = -HUGE_VAL;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct mixture tried = *m;
        double reached = climb(v, cuts[i], &tried);
        if (reached > best) {
            best = reached;
            *m = tried;
        }
    }
    if (m->low.mean > m->high.mean) {
        struct mixture_part swap = m->low;
        m->low = m->high;
        m->high = swap;
    }
    return best;
}

bool mixture_fit(const double *x, const double *count, size_t n, double sd_min,
                 struct mixture *out) {
    struct values v = {.x = x, .count = count, .n = n, .sd_min = sd_min};
    struct mixture m = {.bic_one = 0};
    double min = HUGE_VAL, max = -HUGE_VAL, one = 0;
    for (size_t i = 0; i < n; i++) {
        if (count[i] <= 0)
            continue;
        v.total += count[i];
        min = fmin(min, x[i]);
        max = fmax(max, x[i]);
    }
    if (v.total < 6 || !(max > min))
        return false;
    m.one = part_of(&v, everything, NULL);
    for (size_t i = 0; i < n; i++)
        one += count[i] > 0 ? count[i] * log_density(&m.one, x[i]) : 0;
    double two = fit_two(&v, min, max, &m);
    if (!isfinite(two))
        return false;
    m.bic_one = -2 * one + 2 * log(v.total);
    m.bic_two = -2 * two + 5 * log(v.total);
    *out = m;
    return true;
}

double mixture_high(const struct mixture *m, double x) {
    return x <= m->low.mean ? 0 : high(m, x);
}

double mixture_distance(const struct mixture *m) {
    double width = sqrt((m->low.sd * m->low.sd + m->high.sd * m->high.sd) / 2);
    return (m->high.mean - m->low.mean) / width;
}
