#include "gate/gate_scope.h"
#include "util/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_named(const char *wanted, const char *name) {
    return wanted == NULL || strcmp(wanted, name) == 0;
}

/* A task of one request is counted by its requests; where there are no tasks, each request is an
 * iteration. */
static void fit_tasks(struct gate_scope *s, const struct catalog *c) {
    for (size_t i = 0; c->task_count == 0 && i < c->endpoint_count; i++)
        s->endpoints[i] = gate_fits(s->rule, &c->endpoints[i]);
    for (size_t i = 0; i < c->task_count; i++) {
        const struct catalog_task *t = &c->tasks[i];
        bool fits = is_named(s->rule->name, t->name);
        if (t->endpoint < 0)
            s->tasks[i] = fits;
        else if (t->endpoint < (int64_t)c->endpoint_count)
            s->endpoints[t->endpoint] = fits;
    }
}

static void fit_checks(struct gate_scope *s, const struct catalog *c) {
    for (size_t i = 0; i < c->check_count; i++) {
        const struct catalog_check *k = &c->checks[i];
        s->checks[i] = !k->capture && k->endpoint < c->endpoint_count &&
                       is_named(s->rule->name, k->name) &&
                       is_named(s->rule->request, c->endpoints[k->endpoint].name);
    }
}

static int fit(struct gate_scope *s, const struct gate_subject *of, struct err *e) {
    const struct catalog *c = of->catalog;
    s->endpoints =
        calloc(2 * c->endpoint_count + c->task_count + c->check_count + 1, sizeof *s->endpoints);
    if (s->endpoints == NULL)
        return err_memory(e, "thresholds");
    s->endpoint_count = c->endpoint_count;
    s->tasks = s->endpoints + c->endpoint_count;
    s->task_count = c->task_count;
    s->checks = s->tasks + c->task_count;
    s->check_count = c->check_count;
    s->streams = s->checks + c->check_count;
    switch (s->metric->source) {
    case GATE_FROM_REQUESTS:
        for (size_t i = 0; i < c->endpoint_count; i++)
            s->endpoints[i] = gate_fits(s->rule, &c->endpoints[i]);
        break;
    case GATE_FROM_STREAMS:
        for (size_t i = 0; i < c->endpoint_count; i++) {
            s->endpoints[i] = gate_fits(s->rule, &c->endpoints[i]);
            s->streams[i] = s->endpoints[i] && of->streams != NULL && of->streams[i];
        }
        break;
    case GATE_FROM_ITERATIONS:
        fit_tasks(s, c);
        break;
    case GATE_FROM_CHECKS:
        fit_checks(s, c);
        break;
    case GATE_FROM_USERS:
    case GATE_FROM_SERVER:
        break;
    }
    return 0;
}

int gate_scope_init(struct gate_scope *s, const struct gate_rule *r, const struct gate_subject *of,
                    int64_t duration_us, struct err *e) {
    *s = (struct gate_scope){.rule = r,
                             .metric = &gate_metrics[r->metric],
                             .finish_us = duration_us,
                             .duration_us = duration_us};
    if (r->stage > of->stage_count)
        s->begin_us = duration_us; /* the run ended before it */
    else if (r->stage != 0) {
        s->begin_us = of->stages[r->stage - 1];
        if (of->stages[r->stage] < s->finish_us)
            s->finish_us = of->stages[r->stage];
    }
    s->begin_us += r->from_ns / 1000;
    return fit(s, of, e);
}

void gate_scope_done(struct gate_scope *s) {
    free(s->endpoints);
    *s = (struct gate_scope){0};
}

bool gate_scope_has(const struct gate_scope *s, int64_t at_us) {
    return at_us >= s->begin_us &&
           (at_us < s->finish_us || (at_us == s->finish_us && at_us == s->duration_us));
}

/* ---- what is given ---- */

static bool fits(const struct gate_rule *r, const struct request *x) {
    if ((r->filters & GATE_BY_STATUS) != 0 &&
        (x->status < r->status_low || x->status > r->status_high))
        return false;
    if ((r->filters & GATE_BY_GRPC_STATUS) != 0 && x->grpc_status != r->grpc_status)
        return false;
    if ((r->filters & GATE_BY_OUTCOME) != 0 && (int)x->outcome != r->outcome)
        return false;
    return (r->filters & GATE_BY_EXPECTED) == 0 ||
           r->expected == !outcome_is_failure((int)x->outcome);
}

/* Below 0: it has no such time. */
static int64_t time_of(enum gate_metric metric, const struct request *x) {
    int64_t connected_us = request_connecting(x);
    switch ((int)metric) {
    case GATE_HTTP_REQ_DURATION:
        return request_step(x->service_us - connected_us);
    case GATE_HTTP_REQ_BLOCKED:
        return request_step(x->dns_us);
    case GATE_HTTP_REQ_CONNECTING:
        return request_step(x->connect_us);
    case GATE_HTTP_REQ_TLS_HANDSHAKING:
        return request_step(x->tls_us);
    case GATE_HTTP_REQ_WAITING:
        return x->ttfb_us < 0 ? -1 : request_step(x->ttfb_us - connected_us);
    case GATE_HTTP_REQ_RECEIVING:
        return x->ttfb_us < 0 ? -1 : request_step(x->service_us - x->ttfb_us);
    case GATE_RESPONSE_TIME:
        return request_step(x->response_us);
    case GATE_ITERATION_DURATION: /* from the first sending, as in the view `iterations` */
        return x->service_us + (x->resent_us > x->sent_us ? x->resent_us - x->sent_us : 0);
    default:
        return x->service_us;
    }
}

/* Whether the request gives anything to the rule. */
static bool counts(const struct gate_rule *r, const struct request *x) {
    if (r->metric == GATE_DROPPED_ITERATIONS)
        return x->outcome == OUTCOME_NOT_SENT;
    /* What could not be built has failed, though it has no time and was no request on the wire. */
    if (r->metric == GATE_HTTP_REQ_FAILED && x->outcome == OUTCOME_UNSENDABLE)
        return fits(r, x);
    return outcome_is_timed((int)x->outcome) && fits(r, x);
}

static void give(const struct gate_scope *s, const struct request *x, struct gate_gain *g) {
    enum gate_metric metric = s->rule->metric;
    if (s->metric->kind == GATE_TREND) {
        g->time = time_of(metric, x);
        g->timed = g->time >= 0;
        return;
    }
    g->total = 1;
    g->amount = s->metric->kind == GATE_RATE   ? outcome_is_failure((int)x->outcome)
                : metric == GATE_DATA_RECEIVED ? x->bytes_received
                : metric == GATE_DATA_SENT     ? x->bytes_sent
                                               : 1;
}

static bool is_about(const struct gate_scope *s, const struct request *x) {
    return x->endpoint < s->endpoint_count && s->endpoints[x->endpoint] &&
           gate_scope_has(s, request_counts_at(x));
}

/* Whether it ended so that it is good or not: what could not be built is not, what the run's end
 * cancelled is neither. */
static bool is_decided(const struct request *x) {
    return outcome_is_timed((int)x->outcome) || x->outcome == OUTCOME_UNSENDABLE;
}

/* A request that should have been answered by a stream and was not gives one that is not good, and
 * nothing else. */
static bool unanswered(const struct gate_scope *s, const struct request *x, struct gate_gain *out) {
    if (s->rule->metric != GATE_GOODPUT || x->streamed || !is_decided(x) ||
        !s->streams[x->endpoint])
        return false;
    *out = (struct gate_gain){.at_us = request_counts_at(x), .seen = 1, .total = 1};
    return true;
}

bool gate_scope_request(const struct gate_scope *s, const struct request *x,
                        struct gate_gain *out) {
    int64_t at_us = request_counts_at(x);
    if (!is_about(s, x))
        return false;
    if (s->metric->source == GATE_FROM_STREAMS)
        return unanswered(s, x, out);
    bool counted = counts(s->rule, x);
    *out = (struct gate_gain){.at_us = at_us,
                              .seen = counted || s->metric->source == GATE_FROM_REQUESTS};
    if (counted)
        give(s, x, out);
    return true;
}

/* An answer without such a time cannot be late, except for its first token or output: that never
 * came. */
static bool is_good(const struct gate_rule *r, const struct request *x,
                    const struct gate_answer *a) {
    const double ms[GATE_LIMITS] = {
        [GATE_LIMIT_TTFT] = a->ttft_us < 0 ? HUGE_VAL : (double)a->ttft_us / 1e3,
        [GATE_LIMIT_TTFO] = a->ttfo_us < 0 ? HUGE_VAL : (double)a->ttfo_us / 1e3,
        [GATE_LIMIT_TIME_PER_TOKEN] = (double)a->time_per_token_ns / 1e6,
        [GATE_LIMIT_TOKEN_GAP] = (double)a->gap_max_us / 1e3,
        [GATE_LIMIT_E2E] = (double)a->e2e_us / 1e3,
    };
    bool good = !outcome_is_failure((int)x->outcome);
    for (int i = 0; i < GATE_LIMITS; i++)
        good = good && ((r->filters & GATE_WITHIN(i)) == 0 ||
                        gate_holds(r->within[i].op, ms[i], r->within[i].limit));
    return good;
}

static int64_t answer_time(enum gate_metric metric, const struct gate_answer *a) {
    return metric == GATE_TTFT             ? a->ttft_us
           : metric == GATE_TTFO           ? a->ttfo_us
           : metric == GATE_TIME_PER_TOKEN ? a->time_per_token_ns
                                           : -1;
}

bool gate_scope_answer(const struct gate_scope *s, const struct request *x,
                       const struct gate_answer *a, struct gate_gain *out) {
    const struct gate_rule *r = s->rule;
    if (s->metric->source != GATE_FROM_STREAMS || !is_about(s, x))
        return false;
    *out = (struct gate_gain){.at_us = request_counts_at(x), .seen = 1};
    if (r->metric == GATE_GOODPUT) {
        out->total = is_decided(x);
        out->amount = out->total && is_good(r, x, a);
    } else if (r->metric == GATE_OUTPUT_TOKENS) { /* those of a cancelled answer have come, too */
        out->total = fits(r, x);
        out->amount = out->total ? a->tokens : 0;
    } else if (outcome_is_timed((int)x->outcome) && fits(r, x)) {
        out->time = answer_time(r->metric, a);
        out->timed = out->time >= 0;
    }
    return true;
}

bool gate_scope_gap(const struct gate_scope *s, const struct request *x,
                    const struct gate_answer *a, const char **at, struct gate_gain *out) {
    int64_t gap_us = 0;
    if (s->rule->metric != GATE_TOKEN_GAP || !outcome_is_timed((int)x->outcome) ||
        !fits(s->rule, x) || !a->next_gap(at, &gap_us))
        return false;
    *out = (struct gate_gain){.at_us = request_counts_at(x), .timed = true, .time = gap_us};
    return true;
}

bool gate_scope_iteration(const struct gate_scope *s, uint32_t task, int64_t end_us,
                          int64_t took_us, struct gate_gain *out) {
    if (task >= s->task_count || !s->tasks[task] || !gate_scope_has(s, end_us))
        return false;
    bool trend = s->metric->kind == GATE_TREND;
    *out = (struct gate_gain){.at_us = end_us,
                              .seen = 1,
                              .amount = !trend,
                              .total = !trend,
                              .timed = trend && took_us >= 0,
                              .time = took_us};
    return true;
}

/* Checks are counted by second. If a range begins within a second, that second belongs to it. */
bool gate_scope_check(const struct gate_scope *s, uint32_t check, int64_t second, uint64_t passes,
                      uint64_t fails, struct gate_gain *out) {
    int64_t at_us = second * US_PER_S;
    if (at_us < s->begin_us && at_us + US_PER_S > s->begin_us)
        at_us = s->begin_us;
    if (check >= s->check_count || !s->checks[check] || !gate_scope_has(s, at_us))
        return false;
    *out = (struct gate_gain){
        .at_us = at_us, .seen = passes + fails, .amount = passes, .total = passes + fails};
    return true;
}
