#include "stats/spread.h"

#include <math.h>

#include "stats/interval.h"
#include "stats/quantile.h"

static const double levels[] = {0.5, 0.9, 0.95, 0.99};
#define LEVELS (sizeof levels / sizeof *levels)

int spread_init(struct spread *s, struct err *e) {
    s->sum = 0;
    return select_init(&s->select, e);
}

void spread_done(struct spread *s) {
    select_done(&s->select);
}

void spread_keep(struct spread *s, size_t *room) {
    select_keep(&s->select, room);
}

static int64_t positive(int64_t value) {
    return value < 0 ? 0 : value;
}

void spread_count(struct spread *s, int64_t value) {
    s->sum += (double)positive(value);
    select_count(&s->select, positive(value));
}

int spread_plan(struct spread *s, struct err *e) {
    uint64_t ranks[2 * LEVELS + 2], n = s->select.hist.total, low = 0, high = 0;
    size_t count = 0;
    for (size_t i = 0; i < LEVELS && n > 0; i++) {
        struct quantile_rank at = quantile_rank(levels[i], n);
        ranks[count++] = at.lower;
        ranks[count++] = at.upper;
    }
    if (interval_quantile(0.5, n, INTERVAL_CONFIDENCE, &low, &high)) {
        ranks[count++] = low;
        ranks[count++] = high;
    }
    if (select_want(&s->select, ranks, count, e) != 0)
        return -1;
    select_take(&s->select, &s->select);
    return 0;
}

bool spread_needs_collecting(const struct spread *s) {
    return select_needs_collecting(&s->select);
}

void spread_collect(struct spread *s, int64_t value) {
    if (!kept_any(&s->select.kept))
        select_collect(&s->select, positive(value));
}

int spread_finish(struct spread *s, struct err *e) {
    return select_finish(&s->select, e);
}

typedef double value_fn(const void *from, uint64_t rank);

static double of_select(const void *from, uint64_t rank) {
    return (double)select_value(from, rank);
}

static double of_array(const void *from, uint64_t rank) {
    const int64_t *values = from;
    return (double)values[rank];
}

static double quantile(value_fn *value, const void *from, uint64_t n, double p) {
    if (!quantile_supported(p, n) && !(p == 0.5 && n == 1)) /* one value is its own middle */
        return (double)NAN;
    struct quantile_rank at = quantile_rank(p, n);
    double lower = value(from, at.lower), upper = value(from, at.upper);
    return lower + (upper - lower) * at.fraction;
}

static void fill(value_fn *value, const void *from, uint64_t n, double sum,
                 struct spread_row *out) {
    const double none = (double)NAN;
    uint64_t low = 0, high = 0;
    *out = (struct spread_row){.count = n,
                               .mean = none,
                               .min = none,
                               .max = none,
                               .median = none,
                               .low = none,
                               .high = none,
                               .p90 = none,
                               .p95 = none,
                               .p99 = none,
                               .tmr = none};
    if (n == 0)
        return;
    out->mean = sum / (double)n;
    out->median = quantile(value, from, n, 0.5);
    out->p90 = quantile(value, from, n, 0.9);
    out->p95 = quantile(value, from, n, 0.95);
    out->p99 = quantile(value, from, n, 0.99);
    if (out->median > 0)
        out->tmr = out->p99 / out->median;
    if (interval_quantile(0.5, n, INTERVAL_CONFIDENCE, &low, &high)) {
        out->low = value(from, low);
        out->high = value(from, high);
    }
}

void spread_row(const struct spread *s, struct spread_row *out) {
    fill(of_select, &s->select, s->select.hist.total, s->sum, out);
    if (out->count > 0) {
        out->min = (double)s->select.hist.min;
        out->max = (double)s->select.hist.max;
    }
}

void spread_of(int64_t *values, size_t n, struct spread_row *out) {
    double sum = 0;
    quantile_sort(values, n);
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i];
    fill(of_array, values, n, sum, out);
    if (n > 0) {
        out->min = (double)values[0];
        out->max = (double)values[n - 1];
    }
}
