#include "cli/capacity_measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verdict.h"
#include "gate/gate_scope.h"
#include "record/reader.h"
#include "record/reader_streams.h"
#include "record/reader_timeline.h"
#include "report/stream_answer.h"
#include "report/stream_endpoints.h"
#include "stats/quantile.h"
#include "util/array.h"

#define STATUS_MAX 1000

struct measuring {
    const struct capacity_window *window;
    size_t rule_count;
    struct gate_scope *scopes;
    struct evidence *evidence;
    size_t *first; /* cell of the step, by rule */
    int64_t *times_us;
    size_t time_count, time_room;
    uint64_t statuses[STATUS_MAX], outcomes[OUTCOME_COUNT];
    size_t *had; /* values before this step, by rule */
    struct capacity_measured *out;
    struct err *e;
    bool failed;
};

void capacity_measured_done(struct capacity_measured *m) {
    free(m->verdict);
    free(m->reason);
    *m = (struct capacity_measured){0};
}

/* ---- cells ---- */

static bool in_window(const struct measuring *m, int64_t at_us) {
    return at_us >= m->window->from_us && at_us < m->window->to_us;
}

static size_t cell_of(const struct measuring *m, int64_t at_us) {
    const struct capacity_window *w = m->window;
    return (size_t)((double)(at_us - w->from_us) / (double)(w->to_us - w->from_us) *
                    (double)w->cells);
}

static void give_time(struct measuring *m, size_t i, size_t cell, int64_t value) {
    m->failed = m->failed || evidence_time(&m->evidence[i], m->first[i] + cell, value, m->e) != 0;
}

static void give_share(struct measuring *m, size_t i, size_t cell, double hits, double total) {
    evidence_share(&m->evidence[i], m->first[i] + cell, hits, total);
}

static void give(struct measuring *m, size_t i, size_t cell, const struct gate_gain *g) {
    bool trend = gate_metrics[m->scopes[i].rule->metric].kind == GATE_TREND;
    if (trend && g->timed)
        give_time(m, i, cell, g->time);
    else if (!trend)
        give_share(m, i, cell, (double)g->amount, (double)g->total);
}

/* ---- requests ---- */

static int64_t due_us(const struct request *x) {
    return x->intended_us != REQUEST_NO_VALUE ? x->intended_us : x->sent_us;
}

/* The step ended before it could be answered, or it was never sent. */
static bool is_lost(const struct request *x) {
    return x->outcome == OUTCOME_CANCELLED || x->outcome == OUTCOME_NOT_SENT;
}

/* For a rule that would leave such a request out. */
static void give_lost(struct measuring *m, size_t i, size_t cell) {
    enum gate_metric metric = m->scopes[i].rule->metric;
    if (gate_metrics[metric].kind == GATE_TREND)
        give_time(m, i, cell, EVIDENCE_NEVER);
    else if (metric == GATE_HTTP_REQ_FAILED)
        give_share(m, i, cell, 1, 1);
    else if (metric == GATE_GOODPUT)
        give_share(m, i, cell, 0, 1);
}

/* Rules about parts of the answer, such as ttft, have no value of what has none. */
static bool is_about_all(const struct gate_scope *s, const struct request *x) {
    const struct gate_rule *r = s->rule;
    return (r->filters & GATE_BY_END) == 0 && x->endpoint < s->endpoint_count &&
           s->endpoints[x->endpoint] &&
           (s->metric->source != GATE_FROM_STREAMS || s->streams[x->endpoint]) &&
           s->metric->source != GATE_FROM_CHECKS && s->metric->source != GATE_FROM_ITERATIONS;
}

static bool is_late(const struct measuring *m, const struct request *x) {
    return m->window->late_ms > 0 && x->outcome != OUTCOME_NOT_SENT &&
           x->intended_us != REQUEST_NO_VALUE &&
           (double)(x->sent_us - x->intended_us) > 1000 * m->window->late_ms;
}

static void count(struct measuring *m, const struct request *x) {
    struct capacity_measured *out = m->out;
    out->due++;
    out->dropped += x->outcome == OUTCOME_NOT_SENT && x->user == REQUEST_NO_VALUE;
    out->sent += x->outcome != OUTCOME_NOT_SENT;
    out->late += is_late(m, x);
    out->done += x->outcome == OUTCOME_OK;
    out->answered = out->answered || x->status > 0;
    if (x->outcome == OUTCOME_HTTP_ERROR && x->status >= 0 && x->status < STATUS_MAX)
        m->statuses[x->status]++;
    else if (outcome_is_failure((int)x->outcome) || is_lost(x))
        m->outcomes[x->outcome]++;
    if (!outcome_is_timed((int)x->outcome) || x->response_us < 0)
        return;
    int64_t *times = array_room(m->times_us, &m->time_room, m->time_count + 1, sizeof *m->times_us);
    if (times == NULL) {
        m->failed = true;
        err_memory(m->e, "the times of a step");
        return;
    }
    m->times_us = times;
    times[m->time_count++] = x->response_us;
}

static int give_answer(void *context, const struct request *x, const struct stream_row *row) {
    struct measuring *m = context;
    struct gate_answer answer;
    int64_t at_us = due_us(x);
    if (m->window->leave_out != NULL && m->window->leave_out(m->window->context, x)) {
        m->out->left_out += in_window(m, at_us);
        return 0;
    }
    m->out->ended += x->outcome == OUTCOME_OK && in_window(m, x->end_us);
    if (!in_window(m, at_us))
        return m->failed;
    count(m, x);
    if (row != NULL)
        stream_answer_gate(x, row, &answer);
    size_t cell = cell_of(m, at_us);
    for (size_t i = 0; i < m->rule_count; i++) {
        const struct gate_scope *s = &m->scopes[i];
        struct gate_gain gain;
        if (is_lost(x) && is_about_all(s, x)) {
            give_lost(m, i, cell);
            continue;
        }
        if (gate_scope_request(s, x, &gain))
            give(m, i, cell, &gain);
        if (row == NULL || !gate_scope_answer(s, x, &answer, &gain))
            continue;
        give(m, i, cell, &gain);
        const char *at = answer.gaps;
        while (gate_scope_gap(s, x, &answer, &at, &gain))
            give(m, i, cell, &gain);
    }
    return m->failed;
}

static void give_iteration(void *context, uint32_t task, int64_t end_us, int64_t took_us) {
    struct measuring *m = context;
    struct gate_gain gain;
    for (size_t i = 0; i < m->rule_count && in_window(m, end_us); i++)
        if (gate_scope_iteration(&m->scopes[i], task, end_us, took_us, &gain))
            give(m, i, cell_of(m, end_us), &gain);
}

static void give_check(void *context, int64_t second, uint32_t check, uint64_t passes,
                       uint64_t fails) {
    struct measuring *m = context;
    struct gate_gain gain;
    int64_t at_us = second * 1000000 + 500000;
    for (size_t i = 0; i < m->rule_count && in_window(m, at_us); i++)
        if (gate_scope_check(&m->scopes[i], check, second, passes, fails, &gain))
            give(m, i, cell_of(m, at_us), &gain);
}

/* ---- the file ---- */

static int read_users(struct measuring *m, struct reader *r) {
    struct reader_second *seconds = NULL;
    size_t n = 0, counted = 0;
    double sum = 0;
    if (reader_users(r, &seconds, &n, m->e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (in_window(m, (int64_t)seconds[i].second * 1000000)) {
            sum += seconds[i].users;
            counted++;
        }
    free(seconds);
    m->out->users = counted == 0 ? (double)NAN : sum / (double)counted;
    return 0;
}

static int read_rows(struct measuring *m, struct reader *r) {
    if (reader_answers(r, give_answer, m, m->e) != 0 || m->failed)
        return -1;
    if (reader_has_iterations(r) && reader_steps(r, give_iteration, m, m->e) != 0)
        return -1;
    if (reader_has_checks(r) && reader_checks(r, give_check, m, m->e) != 0)
        return -1;
    return read_users(m, r);
}

static int begin(struct measuring *m, const struct gate_rules *rules,
                 const struct gate_subject *subject) {
    const struct capacity_window *w = m->window;
    double cell_s = (double)(w->to_us - w->from_us) / 1e6 / (double)w->cells;
    m->scopes = calloc(rules->count + 1, sizeof *m->scopes);
    m->first = calloc(2 * rules->count + 1, sizeof *m->first);
    if (m->scopes == NULL || m->first == NULL)
        return err_memory(m->e, "the SLOs");
    m->had = m->first + rules->count;
    for (size_t i = 0; i < rules->count; i++) {
        if (gate_scope_init(&m->scopes[i], &rules->items[i], subject, INT64_MAX, m->e) != 0 ||
            evidence_begin(&m->evidence[i], w->cells, cell_s, &m->first[i], m->e) != 0)
            return -1;
        m->had[i] = m->evidence[i].count;
        m->rule_count++;
    }
    return 0;
}

/* Nothing was answered: no time of this step is one. */
static void lose_all(struct measuring *m) {
    for (size_t i = 0; i < m->rule_count; i++)
        for (size_t k = m->had[i]; k < m->evidence[i].count; k++)
            m->evidence[i].values[k].value = EVIDENCE_NEVER;
}

static void name_failures(const struct measuring *m, struct capacity_measured *out) {
    size_t status = 0, outcome = 0;
    for (size_t i = 1; i < STATUS_MAX; i++)
        status = m->statuses[i] > m->statuses[status] ? i : status;
    for (size_t i = 1; i < OUTCOME_COUNT; i++)
        outcome = m->outcomes[i] > m->outcomes[outcome] ? i : outcome;
    uint64_t of_status = m->statuses[status], of_outcome = m->outcomes[outcome];
    if (of_status > 0 && of_status >= of_outcome)
        snprintf(out->failing, sizeof out->failing, "status %zu (%.3g %%)", status,
                 100 * (double)of_status / (double)out->due);
    else if (of_outcome > 0)
        snprintf(out->failing, sizeof out->failing, "%s (%.3g %%)", outcome_text((int)outcome),
                 100 * (double)of_outcome / (double)out->due);
}

static double quantile_ms(const struct measuring *m, double p) {
    return quantile_supported(p, m->time_count)
               ? quantile_sorted(m->times_us, m->time_count, p) / 1000
               : (double)NAN;
}

static void take_pair(void *context, const char *key, const char *value) {
    bool *only_late = context;
    if (strcmp(key, VERDICT_ONLY_LATE_KEY) == 0)
        *only_late = strcmp(value, "1") == 0;
}

static int finish(struct measuring *m, struct reader *r) {
    struct capacity_measured *out = m->out;
    const struct reader_run *run = reader_run(r);
    out->complete = run->complete;
    out->verdict = strdup(run->complete ? run->verdict : "interrupted");
    out->reason = strdup(run->complete ? run->verdict_reason : "");
    if (out->verdict == NULL || out->reason == NULL)
        return err_memory(m->e, "a step");
    if (reader_manifest(r, take_pair, &out->only_late, m->e) != 0)
        return -1;
    if (!out->answered)
        lose_all(m);
    name_failures(m, out);
    quantile_sort(m->times_us, m->time_count);
    out->p50_ms = quantile_ms(m, 0.5);
    out->p95_ms = quantile_ms(m, 0.95);
    out->p99_ms = quantile_ms(m, 0.99);
    out->seconds = (double)(m->window->to_us - m->window->from_us) / 1e6;
    out->failures = out->due == 0 ? (double)NAN : 1 - (double)out->done / (double)out->due;
    return 0;
}

int capacity_measure(const char *path, const struct gate_rules *rules,
                     const struct capacity_window *w, struct evidence *evidence,
                     struct capacity_measured *out, struct err *e) {
    struct measuring m = {.window = w, .evidence = evidence, .out = out, .e = e};
    struct reader *r = NULL;
    bool *streams = NULL, said;
    int result = -1;
    *out = (struct capacity_measured){.users = (double)NAN};
    if (reader_open(path, &r, e) != 0 || stream_endpoints(r, &streams, &said, e) != 0)
        goto out;
    const struct gate_subject subject = {
        .catalog = reader_catalog(r), .streams = streams, .what = "the run has"};
    if (begin(&m, rules, &subject) == 0 && read_rows(&m, r) == 0)
        result = finish(&m, r);
out:
    if (result != 0)
        capacity_measured_done(out);
    for (size_t i = 0; i < m.rule_count; i++)
        gate_scope_done(&m.scopes[i]);
    free(m.scopes);
    free(m.first);
    free(m.times_us);
    free(streams);
    reader_close(r);
    return result;
}
