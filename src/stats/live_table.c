#include "stats/live_table.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "stats/hist.h"
#include "util/clock.h"

#define SLOTS 8 /* the window, the current second, and two for what comes late or early */
#define BITS 5u
#define EMPTY (-1)

_Static_assert(SLOTS > LIVE_WINDOW_S + 1, "the ring holds the window and the current second");

const int64_t live_table_bounds_us[LIVE_TABLE_BOUNDS] = {
    1000,   2500,   5000,    10000,   25000,   50000,    75000,    100000,  250000,
    500000, 750000, 1000000, 2500000, 5000000, 10000000, 30000000, 60000000};

struct slot {
    int64_t second; /* EMPTY or the second it counts */
    uint64_t requests, failures, tokens;
    struct hist response_us;
};

/* In memory from the first request on. */
struct times {
    struct hist whole_us;
    struct slot slots[SLOTS];
};

/* From the first stream on. */
struct stream_times {
    int64_t second[SLOTS];
    struct hist ttft_us[SLOTS];
};

struct entry {
    struct live_row counted; /* the counts; without rates and percentiles */
    struct times *times;     /* NULL: no request yet, or no memory */
    struct stream_times *streams;
    bool starved; /* there was no memory */
};

struct live_table {
    pthread_mutex_t lock; /* everything below */
    size_t rows;          /* without the sum, which is entries[rows] */
    struct entry *entries;
    struct hist merged; /* scratch of readers */
};

static const struct live_times no_times = {LIVE_NO_VALUE, LIVE_NO_VALUE, LIVE_NO_VALUE};

int live_table_new(size_t rows, struct live_table **out, struct err *e) {
    struct live_table *t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_set(e, "out of memory for the live table");
    if (pthread_mutex_init(&t->lock, NULL) != 0) {
        free(t);
        return err_set(e, "no mutex for the live table");
    }
    t->rows = rows;
    t->entries = calloc(rows + 1, sizeof *t->entries);
    if (t->entries == NULL || hist_init(&t->merged, BITS, NULL) != 0) {
        live_table_free(t);
        return err_set(e, "out of memory for %zu rows of the live table", rows);
    }
    *out = t;
    return 0;
}

static void times_free(struct times *x) {
    if (x == NULL)
        return;
    hist_done(&x->whole_us);
    for (size_t i = 0; i < SLOTS; i++)
        hist_done(&x->slots[i].response_us);
    free(x);
}

static void stream_times_free(struct stream_times *x) {
    if (x == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        hist_done(&x->ttft_us[i]);
    free(x);
}

void live_table_free(struct live_table *t) {
    if (t == NULL)
        return;
    for (size_t i = 0; t->entries != NULL && i <= t->rows; i++) {
        times_free(t->entries[i].times);
        stream_times_free(t->entries[i].streams);
    }
    free(t->entries);
    hist_done(&t->merged);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* ---- feeding ---- */

static struct times *times_of(struct entry *x) {
    if (x->times != NULL || x->starved)
        return x->times;
    struct times *t = calloc(1, sizeof *t);
    int status = t == NULL ? -1 : hist_init(&t->whole_us, BITS, NULL);
    for (size_t i = 0; i < SLOTS && status == 0; i++) {
        t->slots[i].second = EMPTY;
        status = hist_init(&t->slots[i].response_us, BITS, NULL);
    }
    x->starved = status != 0;
    if (x->starved)
        times_free(t);
    else
        x->times = t;
    return x->times;
}

static struct stream_times *stream_times_of(struct entry *x) {
    if (x->streams != NULL || x->starved)
        return x->streams;
    struct stream_times *t = calloc(1, sizeof *t);
    int status = t == NULL ? -1 : 0;
    for (size_t i = 0; i < SLOTS && status == 0; i++) {
        t->second[i] = EMPTY;
        status = hist_init(&t->ttft_us[i], BITS, NULL);
    }
    x->starved = status != 0;
    if (x->starved)
        stream_times_free(t);
    else
        x->streams = t;
    return x->streams;
}

/* The slot of a second; NULL: the ring has gone on. */
static struct slot *slot_of(struct times *t, int64_t second) {
    struct slot *s = &t->slots[second % SLOTS];
    if (second < s->second)
        return NULL;
    if (second > s->second) {
        s->second = second;
        s->requests = s->failures = s->tokens = 0;
        hist_reset(&s->response_us);
    }
    return s;
}

static size_t bound_of(int64_t us) {
    size_t i = 0;
    while (i < LIVE_TABLE_BOUNDS && us > live_table_bounds_us[i])
        i++;
    return i;
}

static void add_time(struct live_row *c, int64_t us) {
    c->min_us = c->timed == 0 || us < c->min_us ? us : c->min_us;
    c->max_us = c->timed == 0 || us > c->max_us ? us : c->max_us;
    c->sum_us += us;
    c->timed++;
    c->counts[bound_of(us)]++;
}

static void add_to(struct entry *entry, const struct request *x) {
    struct live_row *c = &entry->counted;
    bool failed = outcome_is_failure((int)x->outcome);
    c->unsendable += x->outcome == OUTCOME_UNSENDABLE;
    c->dropped += x->outcome == OUTCOME_NOT_SENT;
    c->cancelled += x->outcome == OUTCOME_CANCELLED;
    if (!outcome_is_timed((int)x->outcome))
        return;
    c->requests++;
    c->failures += failed;
    c->bytes_received += x->bytes_received;
    if (x->end_us < 0 || x->response_us < 0)
        return;
    add_time(c, x->response_us);
    struct times *t = times_of(entry);
    if (t == NULL)
        return;
    hist_record(&t->whole_us, x->response_us);
    struct slot *s = slot_of(t, x->end_us / US_PER_S);
    if (s == NULL)
        return;
    s->requests++;
    s->failures += failed;
    hist_record(&s->response_us, x->response_us);
}

void live_table_add(struct live_table *t, const uint32_t *row_of, const struct request *requests,
                    size_t n) {
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < n; i++) {
        add_to(&t->entries[row_of[requests[i].endpoint]], &requests[i]);
        add_to(&t->entries[t->rows], &requests[i]);
    }
    pthread_mutex_unlock(&t->lock);
}

static void stream_to(struct entry *entry, int64_t end_us, int64_t ttft_us, uint64_t tokens) {
    struct times *times = times_of(entry);
    struct stream_times *t = stream_times_of(entry);
    int64_t second = end_us / US_PER_S;
    entry->counted.streams++;
    entry->counted.tokens += tokens;
    if (times == NULL || t == NULL || end_us < 0)
        return;
    struct slot *s = slot_of(times, second);
    if (s != NULL)
        s->tokens += tokens;
    size_t i = (size_t)(second % SLOTS);
    if (ttft_us < 0 || second < t->second[i])
        return;
    if (second > t->second[i])
        hist_reset(&t->ttft_us[i]);
    t->second[i] = second;
    hist_record(&t->ttft_us[i], ttft_us);
}

void live_table_stream(struct live_table *t, size_t row, int64_t end_us, int64_t ttft_us,
                       uint64_t tokens) {
    pthread_mutex_lock(&t->lock);
    stream_to(&t->entries[row], end_us, ttft_us, tokens);
    stream_to(&t->entries[t->rows], end_us, ttft_us, tokens);
    pthread_mutex_unlock(&t->lock);
}

/* ---- reading ---- */

static struct live_times times_from(const struct hist *h) {
    if (h->total == 0)
        return no_times;
    return (struct live_times){hist_quantile(h, 0.5), hist_quantile(h, 0.95),
                               hist_quantile(h, 0.99)};
}

/* The seconds from `start` to `end`, without `end`. */
static void read_window(struct live_table *t, const struct entry *x, int64_t start, int64_t end,
                        double length_s, struct live_row *out) {
    uint64_t requests = 0, failures = 0, tokens = 0;
    hist_reset(&t->merged);
    for (size_t i = 0; i < SLOTS; i++) {
        const struct slot *s = &x->times->slots[i];
        if (s->second < start || s->second >= end)
            continue;
        requests += s->requests;
        failures += s->failures;
        tokens += s->tokens;
        hist_merge(&t->merged, &s->response_us);
    }
    out->recent = times_from(&t->merged);
    out->whole = times_from(&x->times->whole_us);
    if (length_s > 0) {
        out->requests_per_second = (double)requests / length_s;
        out->failures_per_second = (double)failures / length_s;
        out->tokens_per_second = (double)tokens / length_s;
    }
    if (x->streams == NULL)
        return;
    hist_reset(&t->merged);
    for (size_t i = 0; i < SLOTS; i++)
        if (x->streams->second[i] >= start && x->streams->second[i] < end)
            hist_merge(&t->merged, &x->streams->ttft_us[i]);
    out->ttft = times_from(&t->merged);
}

void live_table_read(struct live_table *t, int64_t now_ns, struct live_row *out) {
    int64_t end = now_ns < 0 ? 0 : now_ns / NS_PER_S;
    int64_t start = end > LIVE_WINDOW_S ? end - LIVE_WINDOW_S : 0;
    double length_s = (double)(end - start);
    if (end == 0) {
        end = 1;
        length_s = (double)now_ns / (double)NS_PER_S;
    }
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i <= t->rows; i++) {
        out[i] = t->entries[i].counted;
        out[i].whole = out[i].recent = out[i].ttft = no_times;
    }
    pthread_mutex_unlock(&t->lock);
    /* Merging takes microseconds a row. The writer may come in between rows. */
    for (size_t i = 0; i <= t->rows; i++) {
        if (out[i].timed == 0 && out[i].streams == 0)
            continue;
        pthread_mutex_lock(&t->lock);
        if (t->entries[i].times != NULL)
            read_window(t, &t->entries[i], start, end, length_s, &out[i]);
        pthread_mutex_unlock(&t->lock);
    }
}

void live_table_second(struct live_table *t, int64_t second, struct live_second *out,
                       live_band_fn *band, void *context) {
    *out = (struct live_second){.response = no_times, .ttft = no_times};
    pthread_mutex_lock(&t->lock);
    const struct entry *x = &t->entries[t->rows];
    const struct slot *s = x->times == NULL ? NULL : &x->times->slots[second % SLOTS];
    if (s != NULL && s->second == second) {
        const struct hist *h = &s->response_us;
        out->requests = s->requests;
        out->failures = s->failures;
        out->tokens = s->tokens;
        out->response = times_from(h);
        size_t last = h->total == 0 ? 0 : hist_bucket(h, h->max);
        for (size_t i = h->total == 0 ? 1 : hist_bucket(h, h->min); i <= last; i++)
            if (h->counts[i] > 0)
                band(context, hist_bucket_lowest(h, i), h->counts[i]);
    }
    if (x->streams != NULL && x->streams->second[second % SLOTS] == second)
        out->ttft = times_from(&x->streams->ttft_us[second % SLOTS]);
    pthread_mutex_unlock(&t->lock);
}
