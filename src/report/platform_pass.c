#include "report/platform_pass.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "record/server.h"
#include "report/axis.h"
#include "stats/billing.h"
#include "stats/quantile.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/outcome.h"

/* What a row is worth, in microseconds; READER_NO_VALUE where it has no such time. */
struct worth {
    enum platform_label label;
    int64_t times[PLATFORM_TIMES];
    int64_t answer_us; /* when the answer was complete */
};

static int by_id(const void *key, const void *element) {
    int64_t id = *(const int64_t *)key;
    const struct platform_instance *x = element;
    return (id > x->at.id) - (id < x->at.id);
}

static struct platform_instance *find(const struct platform *s, int64_t id) {
    if (id == READER_NO_VALUE || s->instance_count == 0)
        return NULL;
    return bsearch(&id, s->instances, s->instance_count, sizeof *s->instances, by_id);
}

/* PLATFORM_COLD_RULE. */
static enum platform_label label(const struct platform_instance *x,
                                 const struct reader_server_row *r) {
    if (x == NULL)
        return PLATFORM_UNKNOWN;
    if (x->at.ready_us != READER_NO_VALUE)
        return r->at_us < x->at.ready_us ? PLATFORM_COLD : PLATFORM_WARM;
    bool ran = x->first_answer_us != READER_NO_VALUE && x->first_answer_us <= r->at_us;
    return ran ? PLATFORM_WARM : PLATFORM_UNKNOWN;
}

static void weigh(const struct platform_instance *x, const struct reader_server_row *r,
                  struct worth *w) {
    for (int i = 0; i < PLATFORM_TIMES; i++)
        w->times[i] = READER_NO_VALUE;
    w->label = label(x, r);
    w->answer_us = READER_NO_VALUE;
    if (r->joined && outcome_is_timed((int)r->outcome) && r->end_us != READER_NO_VALUE &&
        r->sent_us != READER_NO_VALUE)
        w->times[PLATFORM_CLIENT] = r->end_us - r->sent_us;
    if (r->latency_us == READER_NO_VALUE ||
        __builtin_add_overflow(r->at_us, r->latency_us, &w->answer_us)) {
        w->answer_us = READER_NO_VALUE;
        return;
    }
    w->times[PLATFORM_LOG] = r->latency_us;
    if (w->times[PLATFORM_CLIENT] != READER_NO_VALUE && r->client_status != 0)
        w->times[PLATFORM_NETWORK] = w->times[PLATFORM_CLIENT] - r->latency_us;
    if (x == NULL || w->label == PLATFORM_UNKNOWN)
        return;
    int64_t wait = w->label == PLATFORM_COLD ? x->at.ready_us - r->at_us : 0;
    if (wait > r->latency_us)
        wait = r->latency_us;
    if (w->label == PLATFORM_COLD)
        w->times[PLATFORM_WAIT] = wait;
    w->times[PLATFORM_CONTAINER] = r->latency_us - wait;
}

/* From the first byte of the answer to its end, as the client saw it. */
static int64_t body_us(const struct reader_server_row *r) {
    bool known = r->joined && r->end_us != READER_NO_VALUE && r->ttfb_us != READER_NO_VALUE;
    return known ? r->end_us - r->sent_us - r->ttfb_us : 0;
}

/* Whether a log counts to the end of a streamed answer or to its head is not documented. If the
 * body takes long, it shows. */
static bool is_long(const struct reader_server_row *r, const struct worth *w) {
    return w->times[PLATFORM_NETWORK] != READER_NO_VALUE && body_us(r) >= SERVER_LONG_BODY_US;
}

static bool is_to_head(const struct reader_server_row *r, const struct worth *w) {
    return is_long(r, w) && w->times[PLATFORM_NETWORK] >= body_us(r);
}

/* Of the instance in progress. */
static int bill(struct platform_pass *p) {
    const struct platform_instance *x = p->x;
    size_t n = p->sweep.stretch_count;
    struct billing_span *spans = calloc(n + 2, sizeof *spans);
    if (spans == NULL)
        return err_memory(p->e, "%zu stretches of time", n);
    for (size_t i = 0; i < n; i++)
        spans[i] = (struct billing_span){p->sweep.stretches[i].from * NS_PER_US,
                                         p->sweep.stretches[i].to * NS_PER_US};
    if (x->at.term_us != READER_NO_VALUE && x->at.ended_us != READER_NO_VALUE)
        spans[n++] = (struct billing_span){x->at.term_us * NS_PER_US, x->at.ended_us * NS_PER_US};
    /* One that never came up was starting to its end. */
    int64_t up_us = x->at.ready_us;
    if (up_us == READER_NO_VALUE && p->sweep.stretch_count == 0)
        up_us = x->at.ended_us;
    if (x->at.start_known && up_us != READER_NO_VALUE)
        spans[n++] = (struct billing_span){x->at.started_us * NS_PER_US, up_us * NS_PER_US};
    p->x->billable_us = billing_request_ns(spans, n) / NS_PER_US;
    free(spans);
    return 0;
}

static int leave_instance(struct platform_pass *p) {
    struct platform_instance *x = p->x;
    if (x == NULL)
        return 0;
    if (bill(p) != 0)
        return -1;
    x->busy_us = p->sweep.busy;
    x->in_us = p->sweep.sum;
    x->concurrency_max = (uint32_t)p->sweep.most;
    if (p->latency_count > 0) {
        quantile_sort(p->latencies, p->latency_count);
        x->median_us = quantile_sorted(p->latencies, p->latency_count, 0.5);
        if (quantile_supported(0.95, p->latency_count))
            x->p95_us = quantile_sorted(p->latencies, p->latency_count, 0.95);
    }
    p->x = NULL;
    return 0;
}

static int keep_latency(struct platform_pass *p, int64_t latency_us) {
    int64_t *grown = array_room(p->latencies, &p->latency_cap, p->latency_count + 1, sizeof *grown);
    if (grown == NULL)
        return err_memory(p->e, "%zu requests of an instance", p->latency_count + 1);
    p->latencies = grown;
    p->latencies[p->latency_count++] = latency_us;
    return 0;
}

static int64_t earlier(int64_t a, int64_t b) {
    return a == READER_NO_VALUE || b < a ? b : a;
}

/* What the row means for its instance. */
static int take_in(struct platform_pass *p, const struct reader_server_row *r,
                   const struct worth *w) {
    struct platform_instance *x = p->x;
    x->requests++;
    if (w->label == PLATFORM_COLD) {
        x->cold++;
        x->first_cold_us = earlier(x->first_cold_us, r->at_us);
    }
    if (w->answer_us == READER_NO_VALUE)
        return 0;
    int64_t begin = w->label == PLATFORM_COLD ? x->at.ready_us : r->at_us;
    int64_t body = is_to_head(r, w) ? 0 : body_us(r);
    x->first_answer_us = earlier(x->first_answer_us, w->answer_us);
    x->first_byte_us = earlier(x->first_byte_us, w->answer_us - body);
    if (w->answer_us > x->last_us)
        x->last_us = w->answer_us;
    if (keep_latency(p, r->latency_us) != 0)
        return -1;
    return sweep_add(&p->sweep, begin, w->answer_us, p->e);
}

static void take_counts(struct platform *s, const struct reader_server_row *r,
                        const struct worth *w) {
    struct platform_counts *c = &s->counts;
    c->no_instance += r->instance == READER_NO_VALUE;
    if (r->status >= 0 && r->status < PLATFORM_STATUS_MAX)
        s->status[r->status].server++;
    if (s->arrived != NULL && r->at_us >= 0 && (size_t)(r->at_us / US_PER_S) < s->seconds)
        s->arrived[r->at_us / US_PER_S]++;
    if (!r->joined)
        return;
    c->joined_answered += r->client_status != 0;
    c->joined_unanswered += r->client_status == 0;
    c->status_differs += r->client_status != 0 && r->status != 0 && r->client_status != r->status;
    c->long_bodies += is_long(r, w);
    c->log_to_head += is_to_head(r, w);
    c->early += w->times[PLATFORM_NETWORK] != READER_NO_VALUE && w->times[PLATFORM_NETWORK] < 0;
}

static void count_times(struct platform_pass *p, const struct worth *w) {
    if (w->times[PLATFORM_LOG] != READER_NO_VALUE)
        spread_count(&p->log[w->label], w->times[PLATFORM_LOG]);
    if (w->times[PLATFORM_CLIENT] != READER_NO_VALUE)
        spread_count(&p->client[w->label], w->times[PLATFORM_CLIENT]);
    for (int i = 0; i < PLATFORM_TIMES; i++)
        if (w->times[i] != READER_NO_VALUE)
            spread_count(&p->times[i], w->times[i]);
}

static void collect_times(struct platform_pass *p, const struct worth *w) {
    if (w->times[PLATFORM_LOG] != READER_NO_VALUE)
        spread_collect(&p->log[w->label], w->times[PLATFORM_LOG]);
    if (w->times[PLATFORM_CLIENT] != READER_NO_VALUE)
        spread_collect(&p->client[w->label], w->times[PLATFORM_CLIENT]);
    for (int i = 0; i < PLATFORM_TIMES; i++)
        if (w->times[i] != READER_NO_VALUE)
            spread_collect(&p->times[i], w->times[i]);
}

typedef int series_fn(struct series *s, int64_t end_us, int64_t us, struct err *e);

static int count_second(struct series *s, int64_t end_us, int64_t us, struct err *e) {
    return series_count(s, end_us, us, false, e);
}

/* Answers outside of the run are outside of the figures, and so is what reached no instance: it was
 * turned away and has no latency to speak of. */
static int take_second(struct platform_pass *p, const struct reader_server_row *r,
                       const struct worth *w, series_fn *fn) {
    struct platform *s = p->s;
    if (s->with == NULL || r->instance == READER_NO_VALUE || w->answer_us < 0 ||
        w->answer_us / US_PER_S >= (int64_t)s->seconds)
        return 0;
    if (fn(s->with, w->answer_us, w->times[PLATFORM_LOG], p->e) != 0)
        return -1;
    if (w->times[PLATFORM_CONTAINER] == READER_NO_VALUE)
        return 0;
    return fn(s->without, w->answer_us, w->times[PLATFORM_CONTAINER], p->e);
}

static int first_reading(void *context, const struct reader_server_row *row) {
    struct platform_pass *p = context;
    struct worth w;
    if (p->x == NULL || p->x->at.id != row->instance) {
        if (leave_instance(p) != 0)
            return -1;
        p->x = find(p->s, row->instance);
        sweep_clear(&p->sweep);
        p->latency_count = 0;
    }
    weigh(p->x, row, &w);
    take_counts(p->s, row, &w);
    count_times(p, &w);
    if (p->x != NULL && take_in(p, row, &w) != 0)
        return -1;
    return take_second(p, row, &w, count_second);
}

static int second_reading(void *context, const struct reader_server_row *row) {
    static const enum points_kind kinds[] = {[PLATFORM_COLD] = POINTS_COLD,
                                             [PLATFORM_WARM] = POINTS_WARM,
                                             [PLATFORM_UNKNOWN] = POINTS_UNKNOWN};
    struct platform_pass *p = context;
    struct worth w;
    weigh(find(p->s, row->instance), row, &w);
    collect_times(p, &w);
    if (p->s->points != NULL && row->instance != READER_NO_VALUE &&
        w.times[PLATFORM_LOG] != READER_NO_VALUE &&
        points_add(p->s->points, kinds[w.label], row->at_us, row->latency_us, p->e) != 0)
        return -1;
    return take_second(p, row, &w, series_collect);
}

/* All spreads of the pass, one after the other. */
static struct spread *spread_at(struct platform_pass *p, size_t i, struct spread_row **row) {
    if (i < PLATFORM_LABELS) {
        *row = &p->s->log[i];
        return &p->log[i];
    }
    i -= PLATFORM_LABELS;
    if (i < PLATFORM_LABELS) {
        *row = &p->s->client[i];
        return &p->client[i];
    }
    i -= PLATFORM_LABELS;
    *row = &p->s->times[i];
    return &p->times[i];
}

#define SPREADS (2 * PLATFORM_LABELS + PLATFORM_TIMES)

/* Instances without a request still cost what their start took. */
static int bill_the_rest(struct platform_pass *p) {
    sweep_clear(&p->sweep);
    for (size_t i = 0; i < p->s->instance_count; i++) {
        p->x = &p->s->instances[i];
        if (p->x->requests == 0 && bill(p) != 0)
            return -1;
    }
    p->x = NULL;
    return 0;
}

int platform_pass_run(struct platform_pass *p) {
    struct platform *s = p->s;
    struct spread_row *row;
    for (size_t i = 0; i < SPREADS; i++)
        if (spread_init(spread_at(p, i, &row), p->e) != 0)
            return -1;
    if (reader_server_scan(p->reader, READER_BY_INSTANCE, first_reading, p, p->e) != 0 ||
        leave_instance(p) != 0 || bill_the_rest(p) != 0)
        return -1;
    for (size_t i = 0; i < SPREADS; i++)
        if (spread_plan(spread_at(p, i, &row), p->e) != 0)
            return -1;
    int64_t step_seconds = axis_step_seconds((int64_t)s->seconds);
    if (s->with != NULL && (series_plan(s->with, step_seconds, p->e) != 0 ||
                            series_plan(s->without, step_seconds, p->e) != 0))
        return -1;
    if (reader_server_scan(p->reader, READER_AS_STORED, second_reading, p, p->e) != 0)
        return -1;
    for (size_t i = 0; i < SPREADS; i++) {
        struct spread *spread = spread_at(p, i, &row);
        if (spread_finish(spread, p->e) != 0)
            return -1;
        spread_row(spread, row);
    }
    if (s->with == NULL)
        return 0;
    return series_finish(s->with, p->e) != 0 ? -1 : series_finish(s->without, p->e);
}

void platform_pass_done(struct platform_pass *p) {
    struct spread_row *row;
    for (size_t i = 0; i < SPREADS; i++)
        spread_done(spread_at(p, i, &row));
    sweep_done(&p->sweep);
    free(p->latencies);
    p->latencies = NULL;
}
