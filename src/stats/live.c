#include "stats/live.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "stats/hist.h"
#include "stats/hist_text.h"
#include "util/clock.h"
#include "util/words.h"

#define SLOTS 8 /* the window, the current second, and two for what comes late or early */
#define BITS 6u
#define EMPTY (-1)

_Static_assert(SLOTS > LIVE_WINDOW_S + 1, "the ring holds the window and the current second");

struct slot {
    int64_t second; /* EMPTY or the second it counts */
    uint64_t requests, failures;
    struct hist response_us;
};

struct live {
    pthread_mutex_t lock; /* everything below */
    uint64_t requests, failures, unsendable;
    struct slot slots[SLOTS];
    struct hist merged; /* scratch of live_snapshot() */
};

int live_new(struct live **out, struct err *e) {
    struct live *l = calloc(1, sizeof *l);
    if (l == NULL)
        return err_set(e, "out of memory for the live view");
    int result = pthread_mutex_init(&l->lock, NULL) == 0 ? 0 : -1;
    if (result != 0) {
        free(l);
        return err_set(e, "no mutex for the live view");
    }
    result = hist_init(&l->merged, BITS, e);
    for (size_t i = 0; i < SLOTS && result == 0; i++) {
        l->slots[i].second = EMPTY;
        result = hist_init(&l->slots[i].response_us, BITS, e);
    }
    if (result != 0)
        live_free(l);
    else
        *out = l;
    return result;
}

void live_free(struct live *l) {
    if (l == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++)
        hist_done(&l->slots[i].response_us);
    hist_done(&l->merged);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* The slot of a second; NULL: the ring has gone on. */
static struct slot *slot_of(struct live *l, int64_t second) {
    struct slot *s = &l->slots[second % SLOTS];
    if (second < s->second)
        return NULL;
    if (second > s->second) {
        s->second = second;
        s->requests = s->failures = 0;
        hist_reset(&s->response_us);
    }
    return s;
}

static void add_one(struct live *l, const struct request *x) {
    bool failed = outcome_is_failure((int)x->outcome);
    l->unsendable += x->outcome == OUTCOME_UNSENDABLE;
    if (!outcome_is_timed((int)x->outcome))
        return;
    l->requests++;
    l->failures += failed;
    if (x->end_us < 0 || x->response_us < 0)
        return;
    struct slot *s = slot_of(l, x->end_us / US_PER_S);
    if (s == NULL)
        return;
    s->requests++;
    s->failures += failed;
    hist_record(&s->response_us, x->response_us);
}

void live_add(struct live *l, const struct request *requests, size_t n) {
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < n; i++)
        add_one(l, &requests[i]);
    pthread_mutex_unlock(&l->lock);
}

void live_snapshot(struct live *l, int64_t now_ns, struct live_snapshot *out) {
    int64_t end = now_ns < 0 ? 0 : now_ns / NS_PER_S;
    int64_t start = end > LIVE_WINDOW_S ? end - LIVE_WINDOW_S : 0;
    double length_s = (double)(end - start);
    if (end == 0) {
        end = 1;
        length_s = (double)now_ns / (double)NS_PER_S;
    }
    uint64_t requests = 0, failures = 0;
    struct live_snapshot s = {.p50_us = LIVE_NO_VALUE, .p95_us = LIVE_NO_VALUE};
    pthread_mutex_lock(&l->lock);
    hist_reset(&l->merged);
    for (size_t i = 0; i < SLOTS; i++) {
        const struct slot *slot = &l->slots[i];
        if (slot->second < start || slot->second >= end)
            continue;
        requests += slot->requests;
        failures += slot->failures;
        hist_merge(&l->merged, &slot->response_us);
    }
    if (l->merged.total > 0) {
        s.p50_us = hist_quantile(&l->merged, 0.5);
        s.p95_us = hist_quantile(&l->merged, 0.95);
    }
    s.requests = l->requests;
    s.failures = l->failures;
    s.unsendable = l->unsendable;
    pthread_mutex_unlock(&l->lock);
    if (length_s > 0) {
        s.requests_per_second = (double)requests / length_s;
        s.failures_per_second = (double)failures / length_s;
    }
    *out = s;
}

void live_take(struct live *l, struct buf *out) {
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *s = &l->slots[i];
        if (s->second == EMPTY || s->requests == 0)
            continue;
        buf_printf(out, "second %" PRId64 " %" PRIu64 " %" PRIu64 " ", s->second, s->requests,
                   s->failures);
        hist_text_write(&s->response_us, out);
        buf_char(out, '\n');
        s->requests = s->failures = 0;
        hist_reset(&s->response_us);
    }
    pthread_mutex_unlock(&l->lock);
}

int live_join(struct live *l, const char *line, struct err *e) {
    int64_t second;
    uint64_t requests, failures;
    int result = 0;
    if (!words_int(&line, &second) || second < 0 || !words_uint(&line, &requests) ||
        !words_uint(&line, &failures))
        return err_set(e, "a line \"second\" lacks its numbers");
    pthread_mutex_lock(&l->lock);
    struct slot *s = slot_of(l, second);
    if (s != NULL) {
        s->requests += requests;
        s->failures += failures;
        result = hist_text_add(&s->response_us, &line, e);
    }
    pthread_mutex_unlock(&l->lock);
    return result;
}
