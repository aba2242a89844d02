#include "cli/judging.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "util/outcome.h"

#define CHUNK 128
#define LOOK_MAX 32

static int add_options(struct judging *j, const struct args *a, struct err *e) {
    const char *const *list = NULL;
    size_t n = opt_list(a, "threshold", &list);
    for (size_t i = 0; i < n; i++)
        if (gate_rules_parse(&j->rules, "--threshold", list[i], e) != 0)
            return -1;
    return 0;
}

/* Failures of an endpoint are judged where http_req_failed looks at them, all statuses of them. */
static void cover(struct judging *j) {
    for (size_t k = 0; k < j->rules.count; k++) {
        const struct gate_rule *r = &j->rules.items[k];
        if (r->metric != GATE_HTTP_REQ_FAILED ||
            (r->filters & (GATE_BY_STATUS | GATE_BY_OUTCOME | GATE_BY_EXPECTED)) != 0)
            continue;
        for (size_t i = 0; i < j->subject.subject.endpoint_count; i++)
            j->covered[i] |=
                gate_fits(r, j->subject.endpoints[i].name, j->subject.endpoints[i].method);
    }
}

int judging_init(struct judging *j, const struct scenario *s, const struct args *a, struct err *e) {
    *j = (struct judging){.next_look_ns = NS_PER_S};
    buf_init(&j->ended, 8 * GATE_TEXT_MAX);
    if (gate_rules_copy(&s->thresholds, &j->rules, e) != 0 || add_options(j, a, e) != 0 ||
        scenario_check_rules(s, &j->rules, e) != 0 || scenario_subject(s, &j->subject, e) != 0)
        return -1;
    j->covered = calloc(j->subject.subject.endpoint_count + 1, sizeof *j->covered);
    if (j->covered == NULL)
        return err_set(e, "out of memory for thresholds");
    cover(j);
    if (j->rules.count == 0)
        return 0;
    return gate_live_new(&j->rules, &j->subject.subject, &j->live, e);
}

void judging_done(struct judging *j) {
    gate_live_free(j->live);
    gate_rules_done(&j->rules);
    scenario_subject_done(&j->subject);
    free(j->covered);
    buf_done(&j->ended);
    *j = (struct judging){0};
}

int judging_write_rules(struct judging *j, struct record *r, struct err *e) {
    struct buf text;
    j->record = r;
    if (j->rules.count == 0)
        return 0;
    buf_init(&text, SIZE_MAX / 2);
    gate_rules_text(&j->rules, &text);
    int result = !buf_ok(&text) ? err_set(e, "out of memory for thresholds")
                                : record_manifest(r, THRESHOLDS_KEY, buf_text(&text), e);
    buf_done(&text);
    return result;
}

int judging_write_end(const struct judging *j, struct record *r, struct err *e) {
    return j->ended.len == 0 ? 0 : record_manifest(r, THRESHOLDS_END_KEY, buf_text(&j->ended), e);
}

static int64_t us_or(int64_t ns, int64_t instead) {
    return ns == SAMPLE_NO_TIME ? instead : ns / NS_PER_US;
}

static void convert(const struct sample *s, struct gate_sample *out) {
    bool timed = outcome_is_timed(s->outcome);
    int64_t from_ns = s->intended_ns == SAMPLE_NO_TIME ? s->sent_ns : s->intended_ns;
    *out = (struct gate_sample){
        .endpoint = s->endpoint,
        .outcome = (enum outcome)s->outcome,
        .status = s->status,
        .at_us = us_or(s->outcome == OUTCOME_NOT_SENT ? s->intended_ns : s->end_ns, -1),
        .service_us = timed ? (s->end_ns - s->sent_ns) / NS_PER_US : -1,
        .response_us = timed ? (s->end_ns - from_ns) / NS_PER_US : -1,
        .dns_us = s->dns_us,
        .connect_us = s->connect_us,
        .tls_us = s->tls_us,
        .ttfb_us = s->ttfb_us == SAMPLE_NO_TTFB ? -1 : (int64_t)s->ttfb_us,
        .bytes_sent = s->bytes_sent,
        .bytes_received = s->bytes_received,
    };
}

void judging_feed(struct judging *j, const struct sample *samples, size_t n) {
    struct gate_sample chunk[CHUNK];
    size_t endpoints = j->subject.subject.endpoint_count;
    for (size_t i = 0; i < n; i++)
        j->unjudged += outcome_is_failure(samples[i].outcome) &&
                       (samples[i].endpoint >= endpoints || !j->covered[samples[i].endpoint]);
    for (size_t i = 0; j->live != NULL && i < n;) {
        size_t filled = 0;
        for (; filled < CHUNK && i < n; i++)
            convert(&samples[i], &chunk[filled++]);
        gate_live_add(j->live, chunk, filled);
    }
}

void judging_iterations(struct judging *j, const struct sample *samples, size_t n) {
    for (size_t i = 0; j->live != NULL && i < n; i++)
        gate_live_iteration(j->live, samples[i].endpoint, samples[i].end_ns / NS_PER_US,
                            (samples[i].end_ns - samples[i].sent_ns) / NS_PER_US);
}

void judging_check(struct judging *j, uint32_t second, uint32_t check, uint32_t passes,
                   uint32_t fails) {
    if (j->live != NULL)
        gate_live_check(j->live, check, second, passes, fails);
}

static void note_crossing(struct judging *j, const struct gate_crossing *x, int64_t at_ns) {
    struct buf text;
    buf_init(&text, 8 * GATE_TEXT_MAX);
    gate_rule_text(x->rule, &text);
    if (x->ends_run && j->ended.len == 0)
        buf_printf(&j->ended, "%.1f %s", (double)at_ns / 1e9, buf_text(&text));
    buf_str(&text, x->ends_run ? " is crossed, which ends the run" : " is crossed");
    if (buf_ok(&text))
        record_event(j->record, at_ns, "threshold", buf_text(&text));
    buf_done(&text);
}

bool judging_tick(void *context, const struct engine_progress *p) {
    struct judging *j = context;
    struct gate_crossing crossings[LOOK_MAX];
    if (j->live == NULL || p->elapsed_ns < j->next_look_ns)
        return false;
    j->next_look_ns = (p->elapsed_ns / NS_PER_S + 1) * NS_PER_S;
    gate_live_gauge(j->live, GATE_VUS, p->users);
    size_t n = gate_live_look(j->live, p->elapsed_ns / NS_PER_US, crossings, LOOK_MAX);
    bool ends = false;
    for (size_t i = 0; i < n; i++) {
        note_crossing(j, &crossings[i], p->elapsed_ns);
        ends = ends || crossings[i].ends_run;
    }
    return ends;
}

int judging_finish(const struct judging *j, const char *path, int64_t duration_ns,
                   struct thresholds **out, struct err *e) {
    struct reader *reader = NULL;
    struct thresholds_options o = {.rules = &j->rules,
                                   .duration_us = duration_ns / NS_PER_US,
                                   .ended = buf_text(&j->ended),
                                   .during_run = true};
    bool usage = false;
    *out = NULL;
    if (j->rules.count == 0)
        return 0;
    if (reader_open(path, &reader, e) != 0)
        return -1;
    int result = thresholds_new(reader, &o, out, &usage, e);
    reader_close(reader);
    return result;
}
