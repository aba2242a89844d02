#include "stats/locust_stats.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "stats/locust.h"
#include "util/clock.h"

#define CURRENT_WINDOW_S 10                /* CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW */
#define COPIES_MAX (CURRENT_WINDOW_S + 10) /* of response_times_cache */
#define COPY_OFF_MAX_S 8                   /* how far from ten seconds a copy may be */
#define RATE_FROM_S 12
#define RATE_TO_S 2
#define SECONDS 16 /* the rates look back RATE_FROM_S */
#define BUCKETS_MAX ((size_t)1 << 20)

/* Locust's rounded times, numbered from 0: 0..99 one by one, then by tens, hundreds and
 * thousands. */
static size_t bucket_of(int64_t ms) {
    int64_t i = ms < 100     ? ms
                : ms < 1000  ? 90 + ms / 10
                : ms < 10000 ? 180 + ms / 100
                             : 270 + ms / 1000;
    return (size_t)i;
}

static int64_t bucket_ms(size_t bucket) {
    int64_t i = (int64_t)bucket;
    return i < 100 ? i : i < 190 ? (i - 90) * 10 : i < 280 ? (i - 180) * 100 : (i - 270) * 1000;
}

struct counts {
    uint64_t *of; /* per bucket */
    size_t n;
    uint64_t total;
};

struct copy {
    int64_t second; /* of the day's clock */
    struct counts counts;
};

struct second {
    int64_t second;
    uint64_t requests, failures;
};

struct entry {
    bool called;
    uint64_t failures, bytes;
    double total_ms;
    int64_t min_us, max_us;
    int64_t last_us;
    struct counts counts;
    bool put; /* by locust_stats_put(), with these rates */
    double put_requests, put_failures;
    struct second seconds[SECONDS]; /* by second % SECONDS */
    struct copy *copies;            /* oldest first; NULL: not wanted */
    size_t copy_count;
};

struct locust_stats {
    struct entry *entries; /* the last one is the total */
    size_t count;
    bool current;
    int64_t start_us, now_us;
    struct locust_error *errors;
    size_t error_count, error_cap;
    uint32_t *slots; /* open addressing: index of an error + 1, 0 where free */
    size_t slot_count;
};

/* ---- counting ---- */

static int counts_reserve(struct counts *c, size_t n, struct err *e) {
    if (n <= c->n)
        return 0;
    n = n < 64 ? 64 : (n + 63) & ~(size_t)63;
    uint64_t *of = n > BUCKETS_MAX ? NULL : realloc(c->of, n * sizeof *of);
    if (of == NULL)
        return err_memory(e, "Locust's statistics");
    memset(of + c->n, 0, (n - c->n) * sizeof *of);
    c->of = of;
    c->n = n;
    return 0;
}

/* Keeps the counts as they are under the second, as _cache_response_times() does. */
static int keep_copy(struct entry *x, int64_t second, struct err *e) {
    struct copy *to = NULL;
    for (size_t i = 0; i < x->copy_count; i++)
        if (x->copies[i].second == second)
            to = &x->copies[i];
    if (to == NULL && x->copy_count == COPIES_MAX) {
        struct copy oldest = x->copies[0];
        memmove(x->copies, x->copies + 1, (COPIES_MAX - 1) * sizeof *x->copies);
        to = &x->copies[COPIES_MAX - 1];
        *to = oldest; /* its memory serves again */
    } else if (to == NULL)
        to = &x->copies[x->copy_count++];
    to->second = second;
    if (counts_reserve(&to->counts, x->counts.n, e) != 0)
        return -1;
    if (x->counts.n > 0)
        memcpy(to->counts.of, x->counts.of, x->counts.n * sizeof *x->counts.of);
    to->counts.total = x->counts.total;
    return 0;
}

static int entry_begin(struct locust_stats *s, struct entry *x, int64_t now_us, struct err *e) {
    x->called = true;
    for (size_t i = 0; i < SECONDS; i++)
        x->seconds[i].second = -1;
    if (!s->current)
        return 0;
    x->copies = calloc(COPIES_MAX, sizeof *x->copies);
    if (x->copies == NULL)
        return err_memory(e, "Locust's statistics");
    return keep_copy(x, now_us / US_PER_S, e);
}

static int entry_log(struct locust_stats *s, struct entry *x, const struct request *r,
                     struct err *e) {
    int64_t second = s->now_us / US_PER_S, took_us = r->response_us < 0 ? 0 : r->response_us;
    bool failed = outcome_is_failure((int)r->outcome);
    if (!x->called && entry_begin(s, x, s->now_us, e) != 0)
        return -1;
    if (s->current && x->counts.total > 0 && second > x->last_us / US_PER_S &&
        keep_copy(x, second - 1, e) != 0)
        return -1;
    size_t bucket = bucket_of(locust_round_ms(took_us));
    if (counts_reserve(&x->counts, bucket + 1, e) != 0)
        return -1;
    if (x->counts.total == 0 || took_us < x->min_us)
        x->min_us = took_us;
    if (took_us > x->max_us)
        x->max_us = took_us;
    x->counts.of[bucket]++;
    x->counts.total++;
    x->total_ms += (double)took_us / 1000;
    x->bytes += r->bytes_received;
    x->failures += failed;
    x->last_us = s->now_us;
    struct second *slot = &x->seconds[second % SECONDS];
    if (slot->second != second)
        *slot = (struct second){.second = second};
    slot->requests++;
    slot->failures += failed;
    return 0;
}

/* ---- errors ---- */

static uint32_t *slot_of(const struct locust_stats *s, size_t entry, uint32_t error) {
    uint64_t h = ((uint64_t)entry << 32 ^ error) * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = (size_t)(h >> 32);; i++) {
        uint32_t *slot = &s->slots[i & (s->slot_count - 1)];
        if (*slot == 0 ||
            (s->errors[*slot - 1].entry == entry && s->errors[*slot - 1].error == error))
            return slot;
    }
}

static int errors_reserve(struct locust_stats *s, struct err *e) {
    if (s->error_count < s->error_cap)
        return 0;
    size_t cap = s->error_cap == 0 ? 16 : s->error_cap * 2;
    struct locust_error *errors = realloc(s->errors, cap * sizeof *errors);
    uint32_t *slots = calloc(cap * 2, sizeof *slots);
    if (errors != NULL)
        s->errors = errors;
    if (errors == NULL || slots == NULL) {
        free(slots);
        return err_memory(e, "%zu kinds of errors", cap);
    }
    free(s->slots);
    s->slots = slots;
    s->slot_count = cap * 2;
    s->error_cap = cap;
    for (size_t i = 0; i < s->error_count; i++)
        *slot_of(s, errors[i].entry, errors[i].error) = (uint32_t)i + 1;
    return 0;
}

int locust_stats_error(struct locust_stats *s, const struct locust_error *by, struct err *e) {
    uint32_t error = by->error;
    if (errors_reserve(s, e) != 0)
        return -1;
    uint32_t *slot = slot_of(s, by->entry, error);
    if (*slot == 0 && s->error_count >= LOCUST_ERRORS_MAX) {
        error = LOCUST_ERROR_OTHERS;
        slot = slot_of(s, by->entry, error);
    }
    if (*slot == 0) {
        s->errors[s->error_count++] =
            (struct locust_error){.entry = by->entry, .error = error, .first_us = by->first_us};
        *slot = (uint32_t)s->error_count;
    }
    struct locust_error *x = &s->errors[*slot - 1];
    x->count += by->count;
    x->last_us = by->last_us;
    return 0;
}

static int log_error(struct locust_stats *s, size_t entry, uint32_t error, struct err *e) {
    const struct locust_error x = {
        .entry = entry, .error = error, .count = 1, .first_us = s->now_us, .last_us = s->now_us};
    return locust_stats_error(s, &x, e);
}

size_t locust_stats_errors(const struct locust_stats *s, const struct locust_error **out) {
    *out = s->errors;
    return s->error_count;
}

/* ---- the whole ---- */

int locust_stats_new(size_t entries, int64_t start_us, bool current, struct locust_stats **out,
                     struct err *e) {
    struct locust_stats *s = calloc(1, sizeof *s);
    if (s != NULL)
        s->entries = calloc(entries + 1, sizeof *s->entries);
    if (s == NULL || s->entries == NULL) {
        free(s);
        return err_memory(e, "Locust's statistics of %zu endpoints", entries);
    }
    s->count = entries;
    s->current = current;
    s->start_us = s->now_us = start_us;
    if (entry_begin(s, &s->entries[entries], start_us, e) != 0) {
        locust_stats_free(s);
        return -1;
    }
    *out = s;
    return 0;
}

void locust_stats_free(struct locust_stats *s) {
    if (s == NULL)
        return;
    for (size_t i = 0; i <= s->count; i++) {
        struct entry *x = &s->entries[i];
        for (size_t k = 0; x->copies != NULL && k < COPIES_MAX; k++)
            free(x->copies[k].counts.of);
        free(x->copies);
        free(x->counts.of);
    }
    free(s->entries);
    free(s->errors);
    free(s->slots);
    free(s);
}

int locust_stats_log(struct locust_stats *s, size_t entry, const struct request *x, uint32_t error,
                     struct err *e) {
    assert(entry < s->count);
    if (s->start_us + x->end_us > s->now_us)
        s->now_us = s->start_us + x->end_us;
    if (entry_log(s, &s->entries[s->count], x, e) != 0 ||
        entry_log(s, &s->entries[entry], x, e) != 0)
        return -1;
    return outcome_is_failure((int)x->outcome) ? log_error(s, entry, error, e) : 0;
}

static struct entry *entry_to(struct locust_stats *s, size_t entry) {
    size_t i = entry == LOCUST_TOTAL ? s->count : entry;
    assert(i <= s->count);
    return &s->entries[i];
}

int locust_stats_put(struct locust_stats *s, size_t entry, const struct locust_counts *by,
                     struct err *e) {
    struct entry *x = entry_to(s, entry);
    if (!x->called && entry_begin(s, x, by->last_us, e) != 0)
        return -1;
    x->put = true;
    x->put_requests = by->requests_per_second;
    x->put_failures = by->failures_per_second;
    x->failures = by->failures;
    x->bytes = by->bytes;
    x->total_ms = (double)by->sum_us / 1000;
    x->min_us = by->min_us;
    x->max_us = by->max_us;
    x->last_us = by->last_us;
    s->now_us = by->last_us > s->now_us ? by->last_us : s->now_us;
    return 0;
}

int locust_stats_times(struct locust_stats *s, size_t entry, int64_t us, uint64_t count,
                       struct err *e) {
    struct entry *x = entry_to(s, entry);
    size_t bucket = bucket_of(locust_round_ms(us));
    if (counts_reserve(&x->counts, bucket + 1, e) != 0)
        return -1;
    x->counts.of[bucket] += count;
    x->counts.total += count;
    return 0;
}

/* ---- what Locust would say ---- */

static const struct entry *entry_at(const struct locust_stats *s, size_t entry) {
    size_t i = entry == LOCUST_TOTAL ? s->count : entry;
    assert(i <= s->count);
    return &s->entries[i];
}

/* The rounded time of a rank, of what is in `c` and not in `minus`. */
static int64_t at_rank(const struct counts *c, const struct counts *minus, uint64_t rank) {
    uint64_t below = 0;
    for (size_t i = 0; i < c->n; i++) {
        below += c->of[i] - (minus != NULL && i < minus->n ? minus->of[i] : 0);
        if (below > rank)
            return bucket_ms(i);
    }
    return 0;
}

static void percentiles(const struct counts *c, const struct counts *minus,
                        int64_t ms[LOCUST_LEVELS]) {
    static const double levels[LOCUST_LEVELS] = {0.50, 0.66, 0.75,  0.80,   0.90, 0.95,
                                                 0.98, 0.99, 0.999, 0.9999, 1.0};
    uint64_t n = c->total - (minus == NULL ? 0 : minus->total);
    for (size_t i = 0; i < LOCUST_LEVELS; i++)
        ms[i] = n == 0 ? 0 : at_rank(c, minus, locust_rank(levels[i], n));
}

/* avg() over the seconds [max(last - 12, start), last - 2). */
static void current_rates(const struct locust_stats *s, const struct entry *x,
                          struct locust_row *out) {
    const struct entry *total = &s->entries[s->count];
    int64_t last = total->last_us / US_PER_S, from = last - RATE_FROM_S, to = last - RATE_TO_S;
    if (total->counts.total == 0)
        return;
    if (x->put) {
        out->current_requests = x->put_requests;
        out->current_failures = x->put_failures;
        return;
    }
    if (from < s->start_us / US_PER_S)
        from = s->start_us / US_PER_S;
    uint64_t requests = 0, failures = 0;
    for (int64_t t = from; t < to; t++) {
        const struct second *second = &x->seconds[t % SECONDS];
        requests += second->second == t ? second->requests : 0;
        failures += second->second == t ? second->failures : 0;
    }
    double length = to > from ? (double)(to - from) : 1;
    out->current_requests = (double)requests / length;
    out->current_failures = (double)failures / length;
}

void locust_stats_row(const struct locust_stats *s, size_t entry, struct locust_row *out) {
    const struct entry *x = entry_at(s, entry), *total = &s->entries[s->count];
    uint64_t n = x->counts.total;
    *out = (struct locust_row){.called = x->called, .requests = n, .failures = x->failures};
    if (!x->called || n == 0)
        return;
    int64_t median_ms = at_rank(&x->counts, NULL, locust_median_rank(n));
    out->min_ms = (double)x->min_us / 1000;
    out->max_ms = (double)x->max_us / 1000;
    out->median_exact = median_ms * 1000 > x->max_us || median_ms * 1000 < x->min_us;
    out->median_ms = median_ms * 1000 > x->max_us   ? out->max_ms
                     : median_ms * 1000 < x->min_us ? out->min_ms
                                                    : (double)median_ms;
    out->average_ms = x->total_ms / (double)n;
    out->average_bytes = (double)x->bytes / (double)n;
    /* As Python has it: the difference of two doubles of seconds since 1970. */
    double period = (double)total->last_us / US_PER_S - (double)s->start_us / US_PER_S;
    if (period != 0) {
        out->requests_per_second = (double)n / period;
        out->failures_per_second = (double)x->failures / period;
    }
    current_rates(s, x, out);
    percentiles(&x->counts, NULL, out->ms);
}

void locust_stats_current(const struct locust_stats *s, size_t entry, int64_t now_us,
                          int64_t ms[LOCUST_LEVELS]) {
    const struct entry *x = entry_at(s, entry);
    const struct copy *best = NULL;
    int64_t wanted = now_us / US_PER_S - CURRENT_WINDOW_S, off = 2 * COPY_OFF_MAX_S + 1;
    assert(s->current);
    /* In Locust's order of preference: ten seconds ago, 11, 9, 12, 8 and so on. */
    for (size_t i = 0; i < x->copy_count; i++) {
        int64_t away = x->copies[i].second - wanted;
        int64_t order = away > 0 ? 2 * away : -2 * away - 1;
        if (away == 0)
            order = -1;
        if (order < off) {
            off = order;
            best = &x->copies[i];
        }
    }
    memset(ms, 0, LOCUST_LEVELS * sizeof *ms);
    if (best != NULL)
        percentiles(&x->counts, &best->counts, ms);
}
