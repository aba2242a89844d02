#include "report/server.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/server_figures.h"
#include "report/server_pass.h"
#include "stats/billing.h"
#include "util/clock.h"
#include "util/outcome.h"

#define US_PER_S 1000000

static int load(struct server_pass *p) {
    struct reader_instance *all = NULL;
    size_t n = 0;
    if (reader_instances(p->reader, &all, &n, p->e) != 0)
        return -1;
    p->s->instances = calloc(n + 1, sizeof *p->s->instances);
    if (p->s->instances == NULL) {
        free(all);
        return err_set(p->e, "out of memory for %zu instances", n);
    }
    for (size_t i = 0; i < n; i++)
        p->s->instances[i] = (struct server_instance){.at = all[i],
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
static int take_client(void *context, const struct reader_row *row) {
    struct server *s = context;
    if (row->sent_us == READER_NO_VALUE) {
        s->counts.not_sent++;
        return 0;
    }
    s->counts.sent++;
    s->counts.answered += row->status != 0;
    if (row->status >= 0 && row->status < SERVER_STATUS_MAX)
        s->status[row->status].client++;
    if (s->sent != NULL && row->sent_us >= 0 && (size_t)(row->sent_us / US_PER_S) < s->seconds)
        s->sent[row->sent_us / US_PER_S]++;
    return 0;
}

static void reconcile(struct server *s) {
    struct server_counts *c = &s->counts;
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

static int64_t life(const struct server *s, const struct server_instance *x) {
    int64_t end = x->at.ended_us;
    if (end == READER_NO_VALUE)
        end = s->run_us > x->last_us ? s->run_us : x->last_us;
    return end > x->at.started_us ? end - x->at.started_us : 0;
}

static void sum_up(struct server *s) {
    for (size_t i = 0; i < s->instance_count; i++) {
        struct server_instance *x = &s->instances[i];
        x->crashed = is_crash(x->at.end_kind);
        s->crashes += x->crashed;
        s->cold_instances += x->cold > 0;
        s->started += x->at.ready_us != READER_NO_VALUE;
        s->instance_us += life(s, x);
        s->billable_us += x->billable_us;
        s->billable_instance_us += billing_instance_ns(0, life(s, x) * NS_PER_US) / NS_PER_US;
        if (x->concurrency_max > s->concurrency_max)
            s->concurrency_max = x->concurrency_max;
    }
}

static void take_phase(int64_t *values, size_t *n, int64_t from, int64_t to) {
    if (from != READER_NO_VALUE && to != READER_NO_VALUE && to >= from)
        values[(*n)++] = to - from;
}

static int make_phases(struct server *s, struct err *e) {
    int64_t *values = calloc(s->instance_count + 1, sizeof *values);
    if (values == NULL)
        return err_set(e, "out of memory for %zu instances", s->instance_count);
    for (int phase = 0; phase < SERVER_PHASES; phase++) {
        size_t n = 0;
        for (size_t i = 0; i < s->instance_count; i++) {
            const struct server_instance *x = &s->instances[i];
            if (x->at.ready_us == READER_NO_VALUE)
                continue;
            if (phase == SERVER_SPAWN)
                take_phase(values, &n, x->first_cold_us, x->at.started_us);
            else if (phase == SERVER_LISTENING)
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
    const struct server_instance *x = a, *y = b;
    if (x->at.started_us != y->at.started_us)
        return x->at.started_us < y->at.started_us ? -1 : 1;
    return (x->at.id > y->at.id) - (x->at.id < y->at.id);
}

static int make_figures(struct server *s, struct err *e) {
    s->sent = calloc(s->seconds + 1, sizeof *s->sent);
    s->arrived = calloc(s->seconds + 1, sizeof *s->arrived);
    if (s->sent == NULL || s->arrived == NULL)
        return err_set(e, "out of memory for a run of %zu seconds", s->seconds);
    if (series_new(&s->with, e) != 0 || series_new(&s->without, e) != 0)
        return -1;
    return points_new(s->run_us, &s->points, e);
}

static int read_all(struct server_pass *p) {
    struct server *s = p->s;
    struct err *e = p->e;
    uint64_t count = 0;
    if (load(p) != 0 || reader_scan(p->reader, take_client, s, e) != 0 || server_pass_run(p) != 0 ||
        make_phases(s, e) != 0)
        return -1;
    sum_up(s);
    reconcile(s);
    qsort(s->instances, s->instance_count, sizeof *s->instances, by_start);
    s->container_mean_ms = (double)NAN;
    double mean = 0;
    if (reader_distribution_mean(p->reader, "request_latencies", &mean, &count, e) != 0)
        return -1;
    s->container_count = count;
    if (count > 0)
        s->container_mean_ms = mean;
    return s->with != NULL ? server_figures_make(p->reader, s, e) : 0;
}

int server_new(struct reader *r, bool figures, size_t seconds, struct server **out, struct err *e) {
    struct reader_server side;
    if (reader_server(r, &side, e) != 0)
        return -1;
    if (!side.any) {
        *out = NULL;
        return 0;
    }
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_set(e, "out of memory for the server's side");
    s->side = side;
    s->seconds = seconds;
    s->run_us = reader_run(r)->duration_us > 0 ? reader_run(r)->duration_us : 0;
    struct server_pass p = {.reader = r, .s = s, .e = e};
    int result = -1;
    if ((figures && make_figures(s, e) != 0) || read_all(&p) != 0)
        goto out;
    *out = s;
    s = NULL;
    result = 0;
out:
    server_pass_done(&p);
    server_free(s);
    return result;
}

void server_free(struct server *s) {
    if (s == NULL)
        return;
    free(s->instances);
    series_free(s->with);
    series_free(s->without);
    free(s->sent);
    free(s->arrived);
    points_free(s->points);
    for (int i = 0; i < SERVER_FIGURES; i++) {
        free(s->figures[i].first);
        free(s->figures[i].second);
    }
    free(s);
}
