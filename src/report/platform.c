#include "report/platform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/platform_figures.h"
#include "report/platform_pass.h"
#include "stats/billing.h"
#include "util/clock.h"
#include "util/outcome.h"

static int load(struct platform_pass *p) {
    struct reader_instance *all = NULL;
    size_t n = 0;
    if (reader_instances(p->reader, &all, &n, p->e) != 0)
        return -1;
    p->s->instances = calloc(n + 1, sizeof *p->s->instances);
    if (p->s->instances == NULL) {
        free(all);
        return err_memory(p->e, "%zu instances", n);
    }
    for (size_t i = 0; i < n; i++)
        p->s->instances[i] = (struct platform_instance){.at = all[i],
                                                        .median_us = (double)NAN,
                                                        .p95_us = (double)NAN,
                                                        .first_cold_us = READER_NO_VALUE,
                                                        .first_answer_us = READER_NO_VALUE,
                                                        .first_byte_us = READER_NO_VALUE};
    p->s->instance_count = n;
    free(all);
    return 0;
}

/* A request of the client. */
static int take_client(void *context, const struct request *row) {
    struct platform *s = context;
    if (row->sent_us == READER_NO_VALUE) {
        s->counts.not_sent++;
        return 0;
    }
    s->counts.sent++;
    s->counts.answered += row->status != 0;
    if (row->status >= 0 && row->status < PLATFORM_STATUS_MAX)
        s->status[row->status].client++;
    if (s->sent != NULL && row->sent_us >= 0 && (size_t)(row->sent_us / US_PER_S) < s->seconds)
        s->sent[row->sent_us / US_PER_S]++;
    return 0;
}

static void reconcile(struct platform *s) {
    struct platform_counts *c = &s->counts;
    uint64_t joined = c->joined_answered + c->joined_unanswered;
    uint64_t astray = s->side.astray > 0 ? (uint64_t)s->side.astray : 0;
    uint64_t repeated = s->side.repeated > 0 ? (uint64_t)s->side.repeated : 0;
    uint64_t ours = joined + astray + repeated;
    c->decidable = strcmp(s->side.join_state, "joined") == 0;
    c->others = s->side.requests > ours ? s->side.requests - ours : 0;
    c->missing = c->answered > c->joined_answered ? c->answered - c->joined_answered : 0;
    uint64_t unanswered = c->sent - c->answered;
    c->lost = unanswered > c->joined_unanswered ? unanswered - c->joined_unanswered : 0;
    c->unexplained = c->missing + astray + repeated + c->status_differs;
}

/* end_kind of an instance that did not end by the platform's will. */
static bool is_crash(const char *end_kind) {
    static const char *const kinds[] = {"crash",  "crashed",      "exit",
                                        "signal", "uncaught",     "memory",
                                        "probe",  "probe_failed", "liveness_failed"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(end_kind, kinds[i]) == 0)
            return true;
    return false;
}

static int64_t life(const struct platform *s, const struct platform_instance *x) {
    int64_t end = x->at.ended_us;
    if (end == READER_NO_VALUE)
        end = s->run_us > x->last_us ? s->run_us : x->last_us;
    return end > x->at.started_us ? end - x->at.started_us : 0;
}

static void sum_up(struct platform *s) {
    for (size_t i = 0; i < s->instance_count; i++) {
        struct platform_instance *x = &s->instances[i];
        x->crashed = is_crash(x->at.end_kind);
        s->crashes += x->crashed;
        s->cold_instances += x->cold > 0;
        s->started += x->at.start_known;
        x->life_us = life(s, x);
        s->instance_us += x->life_us;
        s->billable_us += x->billable_us;
        s->billable_instance_us += billing_instance_ns(0, x->life_us * NS_PER_US) / NS_PER_US;
        if (x->concurrency_max > s->concurrency_max)
            s->concurrency_max = x->concurrency_max;
    }
}

static void take_phase(int64_t *values, size_t *n, int64_t from, int64_t to) {
    if (from != READER_NO_VALUE && to != READER_NO_VALUE && to >= from)
        values[(*n)++] = to - from;
}

static int make_phases(struct platform *s, struct err *e) {
    int64_t *values = calloc(s->instance_count + 1, sizeof *values);
    if (values == NULL)
        return err_memory(e, "%zu instances", s->instance_count);
    for (int phase = 0; phase < PLATFORM_PHASES; phase++) {
        size_t n = 0;
        for (size_t i = 0; i < s->instance_count; i++) {
            const struct platform_instance *x = &s->instances[i];
            if (!x->at.start_known || x->at.ready_us == READER_NO_VALUE)
                continue;
            if (phase == PLATFORM_SPAWN)
                take_phase(values, &n, x->first_cold_us, x->at.started_us);
            else if (phase == PLATFORM_LISTENING)
                take_phase(values, &n, x->at.started_us, x->at.ready_us);
            else if (x->cold > 0)
                take_phase(values, &n, x->at.ready_us, x->first_byte_us);
        }
        spread_of(values, n, &s->phases[phase]);
    }
    free(values);
    return 0;
}

static int by_start(const void *a, const void *b) {
    const struct platform_instance *x = a, *y = b;
    if (x->at.started_us != y->at.started_us)
        return x->at.started_us < y->at.started_us ? -1 : 1;
    return (x->at.id > y->at.id) - (x->at.id < y->at.id);
}

static int make_figures(struct platform *s, struct err *e) {
    s->sent = calloc(s->seconds + 1, sizeof *s->sent);
    s->arrived = calloc(s->seconds + 1, sizeof *s->arrived);
    if (s->sent == NULL || s->arrived == NULL)
        return err_memory(e, "a run of %zu seconds", s->seconds);
    if (series_new(1, &s->with, e) != 0 || series_new(1, &s->without, e) != 0)
        return -1;
    return points_new(s->run_us, &s->points, e);
}

static int add_value(void *context, const struct reader_point *p) {
    double *sum = context;
    *sum += p->derived ? 0 : p->value;
    return 0;
}

/* What the metrics have to say on the cost. */
static int read_metrics(struct reader *r, struct platform *s, struct err *e) {
    uint64_t count = 0;
    double mean = 0;
    if (reader_points(r, "container/billable_instance_time", add_value, &s->metric_billable_s, e) !=
            0 ||
        reader_points(r, "request_count", add_value, &s->metric_requests, e) != 0 ||
        reader_distribution_mean(r, "request_latencies", &mean, &count, e) != 0)
        return -1;
    s->container_count = count;
    s->container_mean_ms = count > 0 ? mean : (double)NAN;
    return 0;
}

static int read_all(struct platform_pass *p) {
    struct platform *s = p->s;
    struct err *e = p->e;
    if (load(p) != 0 || reader_scan(p->reader, take_client, s, e) != 0 ||
        platform_pass_run(p) != 0 || make_phases(s, e) != 0)
        return -1;
    sum_up(s);
    reconcile(s);
    qsort(s->instances, s->instance_count, sizeof *s->instances, by_start);
    if (read_metrics(p->reader, s, e) != 0)
        return -1;
    return s->with != NULL ? platform_figures_make(p->reader, s, e) : 0;
}

int platform_new(struct reader *r, bool figures, size_t seconds, struct platform **out,
                 struct err *e) {
    struct reader_server side;
    if (reader_server(r, &side, e) != 0)
        return -1;
    if (!side.any) {
        *out = NULL;
        return 0;
    }
    struct platform *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_memory(e, "the server's side");
    s->side = side;
    s->seconds = seconds;
    s->run_us = reader_run(r)->duration_us > 0 ? reader_run(r)->duration_us : 0;
    struct platform_pass p = {.reader = r, .s = s, .e = e};
    int result = -1;
    if ((figures && make_figures(s, e) != 0) || read_all(&p) != 0)
        goto out;
    *out = s;
    s = NULL;
    result = 0;
out:
    platform_pass_done(&p);
    platform_free(s);
    return result;
}

int64_t platform_clock_contradiction_us(const struct platform *s) {
    const struct reader_server *x = &s->side;
    int64_t us = 0;
    bool known = x->lower_us != READER_NO_VALUE && x->upper_us != READER_NO_VALUE;
    return known && !__builtin_sub_overflow(x->lower_us, x->upper_us, &us) && us > 0 ? us : 0;
}

void platform_free(struct platform *s) {
    if (s == NULL)
        return;
    free(s->instances);
    series_free(s->with);
    series_free(s->without);
    free(s->sent);
    free(s->arrived);
    points_free(s->points);
    for (int i = 0; i < PLATFORM_FIGURES; i++) {
        free(s->figures[i].first);
        free(s->figures[i].second);
    }
    free(s);
}
