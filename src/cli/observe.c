#include "cli/observe.h"

#include "util/clock.h"
#include "util/outcome.h"

#define SECOND_BITS 6u
#define RUN_BITS 9u

int observe_init(struct observe *o, struct record *record, struct err *e) {
    *o = (struct observe){.record = record, .newest = OBSERVE_SECONDS - 1};
    if (hist_init(&o->lag_us, RUN_BITS, e) != 0)
        return -1;
    for (int i = 0; i < OBSERVE_SECONDS; i++)
        if (hist_init(&o->seconds[i].lag_us, SECOND_BITS, e) != 0)
            return -1;
    return 0;
}

void observe_done(struct observe *o) {
    hist_done(&o->lag_us);
    for (int i = 0; i < OBSERVE_SECONDS; i++)
        hist_done(&o->seconds[i].lag_us);
}

static void close_second(struct observe *o, int64_t second) {
    struct observe_second *s = &o->seconds[second % OBSERVE_SECONDS];
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

static struct observe_second *second_of(struct observe *o, int64_t end_ns) {
    int64_t second = end_ns / NS_PER_S, oldest = o->newest - OBSERVE_SECONDS + 1;
    if (second > o->newest) {
        for (int64_t s = oldest; s <= o->newest && s <= second - OBSERVE_SECONDS; s++)
            close_second(o, s);
        o->newest = second;
    } else if (second < oldest)
        second = oldest;
    return &o->seconds[second % OBSERVE_SECONDS];
}

static void note_lag(struct observe *o, const struct sample *s) {
    int64_t lag_ns = s->sent_ns > s->intended_ns ? s->sent_ns - s->intended_ns : 0;
    struct observe_second *second = second_of(o, s->end_ns);
    bool late = lag_ns > OBSERVE_LATE_NS;
    o->counts.late += late;
    second->late += late;
    hist_record(&o->lag_us, lag_ns / NS_PER_US);
    hist_record(&second->lag_us, lag_ns / NS_PER_US);
}

void observe_feed(struct observe *o, const struct sample *samples, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct sample *s = &samples[i];
        if (s->intended_ns == SAMPLE_NO_TIME)
            continue;
        o->counts.scheduled++;
        if (s->flags & SAMPLE_WAITED_FOR_USER)
            o->counts.waited++;
        else if (s->outcome == OUTCOME_NOT_SENT)
            o->counts.not_sent++;
        else
            note_lag(o, s);
    }
}

void observe_end(struct observe *o, struct observe_result *out) {
    for (int64_t s = o->newest - OBSERVE_SECONDS + 1; s <= o->newest; s++)
        close_second(o, s);
    *out = o->counts;
    if (o->lag_us.total == 0)
        return;
    out->p50_us = hist_quantile(&o->lag_us, 0.5);
    out->p99_us = hist_quantile(&o->lag_us, 0.99);
    out->max_us = o->lag_us.max;
}
