#include "stats/summary.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "stats/interval.h"
#include "stats/locust.h"
#include "stats/select.h"

const int summary_levels[SUMMARY_LEVELS] = {50, 60, 70, 80, 90, 95, 99, 100};

/* Ranks that one entry can want: two per table level and two of its interval, the median's, two per
 * level of the distribution. */
#define RANKS_MAX (4 * SUMMARY_LEVELS + 2 + 2 * QUANTILE_LEVELS_MAX)

struct entry {
    uint64_t requests, failures, not_sent, cancelled, unsendable;
    uint64_t bytes;
    uint64_t response_sum_us;
    struct select response, service; /* made when the first value comes */
};

struct summary {
    enum summary_rule rule;
    bool differ; /* some response time is not the service time; else `service` stays unused */
    bool failed; /* memory ran out while counting */
    int64_t last_end_us; /* over all entries, 0 where none */
    size_t count;        /* entries; the aggregated one stands behind them */
    size_t room;         /* for kept times, in bytes */
    struct entry entries[];
};

int summary_new(size_t entries, enum summary_rule rule, struct summary **out, struct err *e) {
    struct summary *s = calloc(1, sizeof *s + (entries + 1) * sizeof *s->entries);
    if (s == NULL)
        return err_memory(e, "the statistics of %zu endpoints", entries);
    s->rule = rule;
    s->count = entries;
    s->room = SUMMARY_KEEP_BYTES;
    *out = s;
    return 0;
}

void summary_keep(struct summary *s, size_t bytes) {
    s->room = bytes;
}

void summary_free(struct summary *s) {
    if (s == NULL)
        return;
    for (size_t i = 0; i <= s->count; i++) {
        select_done(&s->entries[i].response);
        select_done(&s->entries[i].service);
    }
    free(s);
}

static bool is_made(const struct select *x) {
    return x->hist.counts != NULL;
}

static bool make(struct summary *s, struct select *x) {
    if (!is_made(x) && select_init(x, NULL) != 0)
        s->failed = true;
    return is_made(x);
}

static bool make_kept(struct summary *s, struct select *x) {
    if (is_made(x))
        return true;
    if (!make(s, x))
        return false;
    select_keep(x, &s->room);
    return true;
}

static void count_value(struct summary *s, struct select *x, int64_t value) {
    if (make_kept(s, x))
        select_count(x, value);
}

/* From now on service times are counted for themselves; up to here they were the response times. */
static void split(struct summary *s) {
    s->differ = true;
    for (size_t i = 0; i < s->count; i++) {
        struct entry *t = &s->entries[i];
        if (is_made(&t->response) && make_kept(s, &t->service))
            select_copy(&t->service, &t->response);
    }
}

void summary_count(struct summary *s, size_t entry, const struct request *x) {
    assert(entry < s->count);
    struct entry *t = &s->entries[entry];
    if (!outcome_is_timed((int)x->outcome)) {
        t->not_sent += x->outcome == OUTCOME_NOT_SENT;
        t->cancelled += x->outcome == OUTCOME_CANCELLED;
        t->unsendable += x->outcome == OUTCOME_UNSENDABLE;
        return;
    }
    t->requests++;
    t->failures += outcome_is_failure((int)x->outcome);
    t->bytes += x->bytes_received;
    if (x->end_us > s->last_end_us)
        s->last_end_us = x->end_us;
    if (x->response_us != x->service_us && !s->differ)
        split(s);
    if (x->response_us >= 0) {
        count_value(s, &t->response, x->response_us);
        t->response_sum_us += (uint64_t)x->response_us;
    }
    if (s->differ && x->service_us >= 0)
        count_value(s, &t->service, x->service_us);
}

static void aggregate(struct summary *s) {
    struct entry *all = &s->entries[s->count];
    for (size_t i = 0; i < s->count; i++) {
        const struct entry *t = &s->entries[i];
        all->requests += t->requests;
        all->failures += t->failures;
        all->not_sent += t->not_sent;
        all->cancelled += t->cancelled;
        all->unsendable += t->unsendable;
        all->bytes += t->bytes;
        all->response_sum_us += t->response_sum_us;
        if (is_made(&t->response) && make(s, &all->response))
            hist_merge(&all->response.hist, &t->response.hist);
        if (is_made(&t->service) && make(s, &all->service))
            hist_merge(&all->service.hist, &t->service.hist);
    }
}

static size_t add_exact(uint64_t *ranks, double p, uint64_t n) {
    struct quantile_rank r = quantile_rank(p, n);
    ranks[0] = r.lower;
    ranks[1] = r.upper;
    return 2;
}

static bool has_interval(double p, uint64_t n, uint64_t *lower, uint64_t *upper) {
    return p < 1 && interval_quantile(p, n, INTERVAL_CONFIDENCE, lower, upper);
}

static int want(const struct summary *s, struct select *x, bool distribution, struct err *e) {
    uint64_t n = x->hist.total;
    if (n == 0)
        return 0;
    uint64_t ranks[RANKS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < SUMMARY_LEVELS; i++) {
        double p = summary_levels[i] / 100.0;
        if (s->rule == SUMMARY_LOCUST)
            ranks[count++] = locust_rank(p, n);
        else
            count += add_exact(ranks + count, p, n);
        if (has_interval(p, n, &ranks[count], &ranks[count + 1]))
            count += 2;
    }
    if (s->rule == SUMMARY_LOCUST)
        ranks[count++] = locust_median_rank(n);
    if (distribution) {
        struct quantile_level levels[QUANTILE_LEVELS_MAX];
        size_t level_count = quantile_levels(n, levels);
        for (size_t i = 0; i < level_count; i++)
            count += add_exact(ranks + count, levels[i].percentile / 100, n);
    }
    assert(count <= RANKS_MAX);
    return select_want(x, ranks, count, e);
}

/* What the entries kept is all that their percentiles, and those of all, need. */
static void take_kept(struct summary *s) {
    struct entry *all = &s->entries[s->count];
    for (size_t i = 0; i < s->count; i++) {
        struct entry *t = &s->entries[i];
        select_take(&t->response, &t->response);
        select_take(&t->service, &t->service);
        select_take(&all->response, &t->response);
        select_take(&all->service, &t->service);
    }
}

int summary_plan(struct summary *s, bool distribution, struct err *e) {
    aggregate(s);
    if (s->failed)
        return err_memory(e, "the statistics of %zu endpoints", s->count);
    for (size_t i = 0; i <= s->count; i++) {
        if (want(s, &s->entries[i].response, distribution, e) != 0 ||
            want(s, &s->entries[i].service, false, e) != 0)
            return -1;
    }
    take_kept(s);
    return 0;
}

bool summary_needs_collecting(const struct summary *s) {
    for (size_t i = 0; i <= s->count; i++)
        if (select_needs_collecting(&s->entries[i].response) ||
            select_needs_collecting(&s->entries[i].service))
            return true;
    return false;
}

void summary_collect(struct summary *s, size_t entry, const struct request *x) {
    assert(entry < s->count);
    if (!outcome_is_timed((int)x->outcome))
        return;
    struct entry *t = &s->entries[entry], *all = &s->entries[s->count];
    if (x->response_us >= 0 && !kept_any(&t->response.kept)) {
        select_collect(&t->response, x->response_us);
        select_collect(&all->response, x->response_us);
    }
    if (s->differ && x->service_us >= 0 && !kept_any(&t->service.kept)) {
        select_collect(&t->service, x->service_us);
        select_collect(&all->service, x->service_us);
    }
}

int summary_finish(struct summary *s, struct err *e) {
    for (size_t i = 0; i <= s->count; i++)
        if (select_finish(&s->entries[i].response, e) != 0 ||
            select_finish(&s->entries[i].service, e) != 0)
            return -1;
    return 0;
}

bool summary_times_differ(const struct summary *s) {
    return s->differ;
}

static double exact_ms(const struct select *x, double p) {
    struct quantile_rank r = quantile_rank(p, x->hist.total);
    return quantile_between(select_value(x, r.lower), select_value(x, r.upper), r.fraction) / 1000;
}

static double time_ms(const struct summary *s, int64_t us) {
    return s->rule == SUMMARY_LOCUST ? (double)locust_round_ms(us) : (double)us / 1000;
}

static void percentiles(const struct summary *s, const struct select *x, double out[SUMMARY_LEVELS],
                        struct summary_interval intervals[SUMMARY_LEVELS]) {
    uint64_t n = x->hist.total, lower, upper;
    for (size_t i = 0; i < SUMMARY_LEVELS; i++) {
        double p = summary_levels[i] / 100.0;
        out[i] = (double)NAN;
        intervals[i] = (struct summary_interval){(double)NAN, (double)NAN};
        if (has_interval(p, n, &lower, &upper))
            intervals[i] = (struct summary_interval){time_ms(s, select_value(x, lower)),
                                                     time_ms(s, select_value(x, upper))};
        if (n > 0 && s->rule == SUMMARY_LOCUST)
            out[i] = (double)locust_round_ms(select_value(x, locust_rank(p, n)));
        else if (quantile_supported(p, n))
            out[i] = exact_ms(x, p);
    }
}

static double median_ms(const struct summary *s, const struct select *x) {
    const struct hist *h = &x->hist;
    if (s->rule == SUMMARY_EXACT)
        return exact_ms(x, 0.5);
    return locust_median_ms(select_value(x, locust_median_rank(h->total)), h->min, h->max);
}

static const struct entry *entry_at(const struct summary *s, size_t entry) {
    size_t i = entry == SUMMARY_AGGREGATED ? s->count : entry;
    assert(i <= s->count);
    return &s->entries[i];
}

void summary_row(const struct summary *s, size_t entry, int64_t duration_us,
                 struct summary_row *out) {
    const struct entry *t = entry_at(s, entry);
    const struct hist *h = &t->response.hist;
    double nothing = (double)NAN;
    *out = (struct summary_row){.requests = t->requests,
                                .failures = t->failures,
                                .not_sent = t->not_sent,
                                .cancelled = t->cancelled,
                                .unsendable = t->unsendable,
                                .average_ms = nothing,
                                .min_ms = nothing,
                                .max_ms = nothing,
                                .median_ms = nothing,
                                .average_size_bytes = nothing};
    if (h->total > 0) {
        out->average_ms = (double)t->response_sum_us / (double)h->total / 1000;
        out->min_ms = (double)h->min / 1000;
        out->max_ms = (double)h->max / 1000;
        out->median_ms = median_ms(s, &t->response);
    }
    if (t->requests > 0)
        out->average_size_bytes = (double)t->bytes / (double)t->requests;
    int64_t period_us = s->rule == SUMMARY_LOCUST ? s->last_end_us : duration_us;
    if (period_us > 0) {
        out->requests_per_second = (double)t->requests * 1e6 / (double)period_us;
        out->failures_per_second = (double)t->failures * 1e6 / (double)period_us;
    }
    percentiles(s, &t->response, out->response_ms, out->response_intervals);
    percentiles(s, s->differ ? &t->service : &t->response, out->service_ms, out->service_intervals);
}

bool summary_each_service(const struct summary *s, size_t entry, kept_fn *fn, void *context) {
    assert(entry < s->count);
    const struct entry *t = &s->entries[entry];
    const struct select *x = s->differ ? &t->service : &t->response;
    if (x->hist.total == 0)
        return true;
    if (!kept_any(&x->kept))
        return false;
    for (size_t i = hist_bucket(&x->hist, x->hist.min); i <= hist_bucket(&x->hist, x->hist.max);
         i++)
        kept_each(&x->kept, &x->hist, i, fn, context);
    return true;
}

size_t summary_distribution(const struct summary *s, size_t entry,
                            struct quantile_level levels[QUANTILE_LEVELS_MAX],
                            double response_ms[QUANTILE_LEVELS_MAX]) {
    const struct select *x = &entry_at(s, entry)->response;
    size_t count = quantile_levels(x->hist.total, levels);
    for (size_t i = 0; i < count; i++)
        response_ms[i] = exact_ms(x, levels[i].percentile / 100);
    return count;
}
