#include "stats/live_table.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "stats/hist.h"
#include "stats/hist_text.h"
#include "stats/quantile.h"
#include "util/clock.h"
#include "util/words.h"

#define SLOTS 8 /* the window, the current second, and two for what comes late or early */
#define BITS 5u
#define EMPTY (-1)
#define SUM_MAX_US (INT64_C(1) << 50) /* of what a part has counted in a second: 35 years */

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
        return err_memory(e, "the live table");
    if (pthread_mutex_init(&t->lock, NULL) != 0) {
        free(t);
        return err_set(e, "no mutex for the live table");
    }
    t->rows = rows;
    t->entries = calloc(rows + 1, sizeof *t->entries);
    if (t->entries == NULL || hist_init(&t->merged, BITS, NULL) != 0) {
        live_table_free(t);
        return err_memory(e, "%zu rows of the live table", rows);
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

/* The same for the first tokens. */
static struct hist *ttft_of(struct stream_times *t, int64_t second) {
    size_t i = (size_t)(second % SLOTS);
    if (second < t->second[i])
        return NULL;
    if (second > t->second[i])
        hist_reset(&t->ttft_us[i]);
    t->second[i] = second;
    return &t->ttft_us[i];
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
    struct hist *ttft = ttft_us < 0 ? NULL : ttft_of(t, second);
    if (ttft != NULL)
        hist_record(ttft, ttft_us);
}

void live_table_stream(struct live_table *t, size_t row, int64_t end_us, int64_t ttft_us,
                       uint64_t tokens) {
    pthread_mutex_lock(&t->lock);
    stream_to(&t->entries[row], end_us, ttft_us, tokens);
    stream_to(&t->entries[t->rows], end_us, ttft_us, tokens);
    pthread_mutex_unlock(&t->lock);
}

/* ---- reading ---- */

/* The seconds that rates and percentiles cover: the last LIVE_WINDOW_S whole seconds before now_ns,
 * or as many as there are. In the first second, what there is of it. */
struct live_window {
    int64_t start, end; /* without `end` */
    double length_s;
};

static struct live_window window_of(int64_t now_ns) {
    int64_t end = now_ns < 0 ? 0 : now_ns / NS_PER_S;
    int64_t start = end > LIVE_WINDOW_S ? end - LIVE_WINDOW_S : 0;
    if (end == 0)
        return (struct live_window){0, 1, (double)now_ns / (double)NS_PER_S};
    return (struct live_window){start, end, (double)(end - start)};
}

static struct live_times times_from(const struct hist *h) {
    if (h->total == 0)
        return no_times;
    return (struct live_times){hist_quantile(h, 0.5), hist_quantile(h, 0.95),
                               hist_quantile(h, 0.99)};
}

/* Without percentiles that too few requests support, as in reports. */
static struct live_times supported(const struct hist *h) {
    struct live_times t = times_from(h);
    if (!quantile_supported(0.95, h->total))
        t.p95_us = LIVE_NO_VALUE;
    if (!quantile_supported(0.99, h->total))
        t.p99_us = LIVE_NO_VALUE;
    return t;
}

static void read_window(struct live_table *t, const struct entry *x, struct live_window w,
                        struct live_row *out) {
    uint64_t requests = 0, failures = 0, tokens = 0;
    hist_reset(&t->merged);
    for (size_t i = 0; i < SLOTS; i++) {
        const struct slot *s = &x->times->slots[i];
        if (s->second < w.start || s->second >= w.end)
            continue;
        requests += s->requests;
        failures += s->failures;
        tokens += s->tokens;
        hist_merge(&t->merged, &s->response_us);
    }
    out->recent = supported(&t->merged);
    out->whole = supported(&x->times->whole_us);
    if (w.length_s > 0) {
        out->requests_per_second = (double)requests / w.length_s;
        out->failures_per_second = (double)failures / w.length_s;
        out->tokens_per_second = (double)tokens / w.length_s;
    }
    if (x->streams == NULL)
        return;
    hist_reset(&t->merged);
    for (size_t i = 0; i < SLOTS; i++)
        if (x->streams->second[i] >= w.start && x->streams->second[i] < w.end)
            hist_merge(&t->merged, &x->streams->ttft_us[i]);
    out->ttft = supported(&t->merged);
}

void live_table_read(struct live_table *t, int64_t now_ns, struct live_row *out) {
    const struct live_window w = window_of(now_ns);
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
            read_window(t, &t->entries[i], w, &out[i]);
        pthread_mutex_unlock(&t->lock);
    }
}

static void each_time(const struct hist *h, live_band_fn *band, void *context) {
    size_t last = hist_bucket(h, h->max);
    for (size_t i = hist_bucket(h, h->min); i <= last; i++) {
        int64_t us = hist_bucket_lowest(h, i) + (int64_t)(hist_bucket_width(h, i) / 2);
        if (h->counts[i] > 0)
            band(context, us < h->min ? h->min : us > h->max ? h->max : us, h->counts[i]);
    }
}

void live_table_times(struct live_table *t, size_t row, live_band_fn *band, void *context) {
    pthread_mutex_lock(&t->lock);
    const struct times *x = t->entries[row].times;
    if (x != NULL && x->whole_us.total > 0)
        each_time(&x->whole_us, band, context);
    pthread_mutex_unlock(&t->lock);
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

/* ---- parts and the whole ---- */

static const char all_rows[] = "all";

static void write_row(const struct live_table *t, size_t row, struct buf *out) {
    if (row == t->rows)
        buf_str(out, all_rows);
    else
        buf_uint(out, row);
}

static void take_counts(struct live_table *t, size_t row, struct buf *out) {
    const struct live_row *c = &t->entries[row].counted;
    buf_str(out, "row ");
    write_row(t, row, out);
    buf_printf(out,
               " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
               " %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu64 " %" PRIu64,
               c->requests, c->failures, c->unsendable, c->dropped, c->cancelled, c->bytes_received,
               c->timed, c->sum_us, c->min_us, c->max_us, c->streams, c->tokens);
    for (size_t i = 0; i <= LIVE_TABLE_BOUNDS; i++)
        buf_printf(out, " %" PRIu64, c->counts[i]);
    buf_char(out, '\n');
}

static void take_times(struct live_table *t, size_t row, struct buf *out) {
    const struct entry *x = &t->entries[row];
    for (size_t i = 0; x->times != NULL && i < SLOTS; i++) {
        const struct slot *s = &x->times->slots[i];
        if (s->requests == 0 && s->tokens == 0)
            continue;
        buf_str(out, "second ");
        write_row(t, row, out);
        buf_printf(out, " %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " ", s->second, s->requests,
                   s->failures, s->tokens);
        hist_text_write(&s->response_us, out);
        buf_char(out, '\n');
    }
    for (size_t i = 0; x->streams != NULL && i < SLOTS; i++) {
        if (x->streams->ttft_us[i].total == 0)
            continue;
        buf_str(out, "ttft ");
        write_row(t, row, out);
        buf_printf(out, " %" PRId64 " ", x->streams->second[i]);
        hist_text_write(&x->streams->ttft_us[i], out);
        buf_char(out, '\n');
    }
}

static bool is_empty(const struct live_row *c) {
    return c->requests + c->unsendable + c->dropped + c->cancelled + c->streams == 0;
}

static void forget(struct entry *x) {
    x->counted = (struct live_row){0};
    for (size_t i = 0; x->times != NULL && i < SLOTS; i++) {
        struct slot *s = &x->times->slots[i];
        s->requests = s->failures = s->tokens = 0;
        hist_reset(&s->response_us);
    }
    for (size_t i = 0; x->streams != NULL && i < SLOTS; i++)
        hist_reset(&x->streams->ttft_us[i]);
    if (x->times != NULL)
        hist_reset(&x->times->whole_us);
}

void live_table_take(struct live_table *t, bool rows, struct live_row *sum, struct buf *out) {
    pthread_mutex_lock(&t->lock);
    *sum = t->entries[t->rows].counted;
    for (size_t i = 0; i <= t->rows; i++) {
        struct entry *x = &t->entries[i];
        if (is_empty(&x->counted))
            continue;
        if (rows == (i < t->rows)) {
            take_counts(t, i, out);
            take_times(t, i, out);
        }
        forget(x);
    }
    pthread_mutex_unlock(&t->lock);
}

bool live_table_is_line(const char *line) {
    return words_is(&line, "row") || words_is(&line, "second") || words_is(&line, "ttft");
}

static bool read_row(const struct live_table *t, const char **at, size_t *row) {
    uint64_t n = t->rows;
    if (words_is(at, all_rows)) {
        *row = t->rows;
        return true;
    }
    if (!words_uint(at, &n) || n >= t->rows)
        return false;
    *row = (size_t)n;
    return true;
}

void live_row_add(struct live_row *to, const struct live_row *by) {
    to->requests += by->requests;
    to->failures += by->failures;
    to->unsendable += by->unsendable;
    to->dropped += by->dropped;
    to->cancelled += by->cancelled;
    to->bytes_received += by->bytes_received;
    to->streams += by->streams;
    to->tokens += by->tokens;
    if (by->timed == 0)
        return;
    to->min_us = to->timed == 0 || by->min_us < to->min_us ? by->min_us : to->min_us;
    to->max_us = to->timed == 0 || by->max_us > to->max_us ? by->max_us : to->max_us;
    to->timed += by->timed;
    to->sum_us += by->sum_us;
    for (size_t i = 0; i <= LIVE_TABLE_BOUNDS; i++)
        to->counts[i] += by->counts[i];
}

static int join_counts(struct live_table *t, size_t row, const char *at, struct err *e) {
    struct live_row by = {0};
    uint64_t *const numbers[] = {&by.requests,  &by.failures,       &by.unsendable, &by.dropped,
                                 &by.cancelled, &by.bytes_received, &by.timed};
    bool good = true;
    for (size_t i = 0; good && i < sizeof numbers / sizeof *numbers; i++)
        good = words_uint(&at, numbers[i]);
    good = good && words_int(&at, &by.sum_us) && words_int(&at, &by.min_us) &&
           words_int(&at, &by.max_us) && words_uint(&at, &by.streams) &&
           words_uint(&at, &by.tokens);
    for (size_t i = 0; good && i <= LIVE_TABLE_BOUNDS; i++)
        good = words_uint(&at, &by.counts[i]);
    good = good && by.sum_us >= 0 && by.sum_us <= SUM_MAX_US && by.min_us >= 0 &&
           by.max_us >= by.min_us;
    if (!good)
        return err_set(e, "a line \"row\" lacks its numbers");
    live_row_add(&t->entries[row].counted, &by);
    if (row != t->rows)
        live_row_add(&t->entries[t->rows].counted, &by);
    return 0;
}

/* `by` has what is added; its times are in t->merged. */
static void join_slot(struct live_table *t, struct entry *x, const struct slot *by) {
    struct times *times = times_of(x);
    if (times == NULL)
        return;
    hist_merge(&times->whole_us, &t->merged);
    struct slot *s = slot_of(times, by->second);
    if (s == NULL)
        return;
    s->requests += by->requests;
    s->failures += by->failures;
    s->tokens += by->tokens;
    hist_merge(&s->response_us, &t->merged);
}

static int join_second(struct live_table *t, size_t row, const char *at, struct err *e) {
    struct slot by;
    if (!words_int(&at, &by.second) || by.second < 0 || !words_uint(&at, &by.requests) ||
        !words_uint(&at, &by.failures) || !words_uint(&at, &by.tokens))
        return err_set(e, "a line \"second\" lacks its numbers");
    hist_reset(&t->merged);
    if (hist_text_add(&t->merged, &at, e) != 0)
        return -1;
    join_slot(t, &t->entries[row], &by);
    if (row != t->rows)
        join_slot(t, &t->entries[t->rows], &by);
    return 0;
}

static void join_ttft_to(struct live_table *t, struct entry *x, int64_t second) {
    struct stream_times *streams = times_of(x) == NULL ? NULL : stream_times_of(x);
    struct hist *to = streams == NULL ? NULL : ttft_of(streams, second);
    if (to != NULL)
        hist_merge(to, &t->merged);
}

static int join_ttft(struct live_table *t, size_t row, const char *at, struct err *e) {
    int64_t second;
    if (!words_int(&at, &second) || second < 0)
        return err_set(e, "a line \"ttft\" lacks its second");
    hist_reset(&t->merged);
    if (hist_text_add(&t->merged, &at, e) != 0)
        return -1;
    join_ttft_to(t, &t->entries[row], second);
    if (row != t->rows)
        join_ttft_to(t, &t->entries[t->rows], second);
    return 0;
}

int live_table_join(struct live_table *t, const char *line, struct err *e) {
    const char *at = line;
    size_t row;
    int result = -1;
    bool counts = words_is(&at, "row"), second = !counts && words_is(&at, "second");
    if (!counts && !second && !words_is(&at, "ttft"))
        return err_set(e, "this is no line of a table: \"%.40s\"", line);
    pthread_mutex_lock(&t->lock);
    if (!read_row(t, &at, &row))
        err_set(e, "a line names a row that is not there: \"%.40s\"", line);
    else
        result = counts   ? join_counts(t, row, at, e)
                 : second ? join_second(t, row, at, e)
                          : join_ttft(t, row, at, e);
    pthread_mutex_unlock(&t->lock);
    return result;
}
