#include "cli/dispatch_lag.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "cli/listeners.h"
#include "util/clock.h"

#define SECOND_BITS 6u
#define RUN_BITS 9u

int dispatch_lag_init(struct dispatch_lag *o, struct record *record, struct err *e) {
    *o = (struct dispatch_lag){.record = record, .newest = DISPATCH_LAG_SECONDS - 1};
    if (hist_init(&o->lag_us, RUN_BITS, e) != 0)
        return -1;
    for (int i = 0; i < DISPATCH_LAG_SECONDS; i++)
        if (hist_init(&o->seconds[i].lag_us, SECOND_BITS, e) != 0)
            return -1;
    return 0;
}

void dispatch_lag_done(struct dispatch_lag *o) {
    hist_done(&o->lag_us);
    for (int i = 0; i < DISPATCH_LAG_SECONDS; i++)
        hist_done(&o->seconds[i].lag_us);
}

static void close_second(struct dispatch_lag *o, int64_t second) {
    struct dispatch_lag_second *s = &o->seconds[second % DISPATCH_LAG_SECONDS];
    if (s->lag_us.total == 0)
        return;
    struct record_dispatch d = {
        .second = (uint32_t)second,
        .sent = s->lag_us.total,
        .late = s->late,
        .p50_us = hist_quantile(&s->lag_us, 0.5),
        .p99_us = hist_quantile(&s->lag_us, 0.99),
        .max_us = s->lag_us.max,
    };
    record_dispatch(o->record, &d);
    hist_reset(&s->lag_us);
    s->late = 0;
}

static struct dispatch_lag_second *second_of(struct dispatch_lag *o, int64_t end_us) {
    int64_t second = end_us / US_PER_S, oldest = o->newest - DISPATCH_LAG_SECONDS + 1;
    if (second > o->newest) {
        for (int64_t s = oldest; s <= o->newest && s <= second - DISPATCH_LAG_SECONDS; s++)
            close_second(o, s);
        o->newest = second;
    } else if (second < oldest)
        second = oldest;
    return &o->seconds[second % DISPATCH_LAG_SECONDS];
}

static void note_lag(struct dispatch_lag *o, const struct request *x) {
    int64_t lag_us = x->sent_us > x->intended_us ? x->sent_us - x->intended_us : 0;
    struct dispatch_lag_second *second = second_of(o, x->end_us);
    bool late = lag_us > DISPATCH_LAG_LATE_US;
    o->counts.late += late;
    second->late += late;
    hist_record(&o->lag_us, lag_us);
    hist_record(&second->lag_us, lag_us);
}

void dispatch_lag_feed(struct dispatch_lag *o, const struct request *requests, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct request *x = &requests[i];
        o->counts.answers[x->http_version % HTTP_VERSION_COUNT]++;
        /* What could not be built tells nothing about the client. */
        if (x->intended_us == REQUEST_NO_VALUE || x->outcome == OUTCOME_UNSENDABLE)
            continue;
        o->counts.scheduled++;
        if (x->waited_for_user)
            o->counts.waited++;
        else if (x->outcome == OUTCOME_NOT_SENT)
            o->counts.not_sent++;
        else
            note_lag(o, x);
    }
}

static void result(const struct dispatch_lag *o, struct dispatch_lag_result *out) {
    *out = o->counts;
    if (o->lag_us.total == 0)
        return;
    out->p50_us = hist_quantile(&o->lag_us, 0.5);
    out->p99_us = hist_quantile(&o->lag_us, 0.99);
    out->max_us = o->lag_us.max;
}

void dispatch_lag_end(struct dispatch_lag *o, struct dispatch_lag_result *out) {
    for (int64_t s = o->newest - DISPATCH_LAG_SECONDS + 1; s <= o->newest; s++)
        close_second(o, s);
    result(o, out);
}

/* ---- as a listener ---- */

struct dispatch_lag_watch {
    struct dispatch_lag lag; /* with the lock */
    pthread_mutex_t lock;
};

static int init(const void *run, void **self, struct err *e) {
    struct dispatch_lag_watch *o = calloc(1, sizeof *o);
    if (o == NULL)
        return err_memory(e, "the seconds of a run");
    pthread_mutex_init(&o->lock, NULL);
    *self = o;
    return dispatch_lag_init(&o->lag, ((const struct run_view *)run)->record, e);
}

static void feed(void *self, const struct request *requests, size_t n) {
    struct dispatch_lag_watch *o = self;
    pthread_mutex_lock(&o->lock);
    dispatch_lag_feed(&o->lag, requests, n);
    pthread_mutex_unlock(&o->lock);
}

void dispatch_lag_now(const struct control *c, struct dispatch_lag_result *out) {
    struct dispatch_lag_watch *o = control_listener_self(c, &dispatch_lag_listener);
    pthread_mutex_lock(&o->lock);
    result(&o->lag, out);
    pthread_mutex_unlock(&o->lock);
}

static int end(void *self, void *run_end, struct err *e) {
    struct run_end *end = run_end;
    const struct dispatch_lag_result *sent = &end->sent;
    struct manifest *m = &end->manifest;
    (void)e;
    dispatch_lag_end(&((struct dispatch_lag_watch *)self)->lag, &end->sent);
    if (sent->scheduled == 0)
        return 0;
    manifest_addf(m, "dispatch_scheduled", "%" PRIu64, sent->scheduled);
    manifest_addf(m, "dispatch_waited_for_user", "%" PRIu64, sent->waited);
    manifest_addf(m, "dispatch_late", "%" PRIu64, sent->late);
    manifest_addf(m, "dispatch_not_sent", "%" PRIu64, sent->not_sent);
    manifest_addf(m, "dispatch_p50_us", "%" PRId64, sent->p50_us);
    manifest_addf(m, "dispatch_p99_us", "%" PRId64, sent->p99_us);
    manifest_addf(m, "dispatch_max_us", "%" PRId64, sent->max_us);
    return 0;
}

static void done(void *self) {
    struct dispatch_lag_watch *o = self;
    dispatch_lag_done(&o->lag);
    pthread_mutex_destroy(&o->lock);
    free(self);
}

const struct control_listener dispatch_lag_listener = {
    .name = "dispatch lag", .init = init, .feed = feed, .end = end, .done = done};
