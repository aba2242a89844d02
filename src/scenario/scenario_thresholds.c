/* "thresholds": limits that a run must keep. gate/rule.h has their grammar. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/check.h"
#include "scenario/scenario_internal.h"
#include "scenario/section.h"
#include "util/clock.h"

/* "FILE:LINE:COLUMN", for what is found out about it later. */
static int set_place(struct loader *r, const struct json *v, struct gate_rule *rule) {
    struct err where;
    json_fail(r->doc, v->at, &where, "%s", "");
    size_t n = strlen(where.text);
    while (n > 0 && (where.text[n - 1] == ' ' || where.text[n - 1] == ':'))
        n--;
    rule->place = strndup(where.text, n);
    return rule->place == NULL ? loader_memory(r) : 0;
}

static int text_check(struct loader *r, const struct json *v) {
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    return json_has_nul(v->text, v->len)
               ? loader_fail(r, v->at, "a threshold cannot contain \\u0000")
               : 0;
}

static int words_read(struct loader *r, const struct json *v, struct gate_rule *rule) {
    struct err e = {""};
    int64_t over_ns = 0;
    const struct json *over = json_get(v, "over");
    if (loader_bool(r, json_get(v, "abortOnFail"), &rule->abort_on_fail) != 0 ||
        loader_duration(r, json_get(v, "delayAbortEval"), &rule->delay_ns) != 0 ||
        loader_duration(r, json_get(v, "from"), &rule->from_ns) != 0 ||
        loader_integer(r, json_get(v, "stage"), 1, 10000, &rule->stage) != 0 ||
        loader_duration(r, over, &over_ns) != 0)
        return -1;
    if (over != NULL && gate_set_over(rule, over_ns, &e) != 0)
        return loader_fail(r, over->at, "%s", e.text);
    return gate_check_words(rule, &e) != 0 ? loader_fail(r, v->at, "%s", e.text) : 0;
}

/* "p(95)<500", or {"threshold": "p(95)<500", "abortOnFail": true, ...}. */
static int condition_read(struct loader *r, const struct json *v, struct gate_rule *rule) {
    struct err e = {""};
    const struct json *text = v;
    if (v->kind == JSON_OBJECT) {
        if (loader_section(r, v, SECTION_THRESHOLD) != 0)
            return -1;
        text = json_get(v, "threshold");
        if (text == NULL)
            return loader_fail(r, v->at,
                               "\"threshold\" is missing; write {\"threshold\": \"p(95)<500\"}");
    } else if (v->kind != JSON_STRING)
        return loader_fail(r, v->at,
                           "a threshold must be a string like \"p(95)<500\" or an object, not %s",
                           json_kind_text(v->kind));
    if (text_check(r, text) != 0)
        return -1;
    if (gate_parse_condition(text->text, rule, &e) != 0)
        return loader_fail(r, text->at, "%s", e.text);
    return v->kind == JSON_OBJECT ? words_read(r, v, rule) : 0;
}

static int threshold_read(struct loader *r, const struct json *metric, const struct json *v) {
    struct gate_rule rule = {0};
    struct err e = {""};
    if (json_has_nul(metric->key, metric->key_len))
        return loader_fail(r, metric->key_at, "a metric cannot contain \\u0000");
    int result = gate_parse_metric(metric->key, &rule, &e);
    if (result != 0)
        loader_fail(r, metric->key_at, "%s", e.text);
    if (result == 0)
        result = condition_read(r, v, &rule);
    if (result == 0)
        result = set_place(r, v, &rule);
    if (result != 0) {
        gate_rule_done(&rule);
        return -1;
    }
    /* Its error begins with the place already. */
    return gate_rules_add(&r->s->thresholds, &rule, r->e);
}

int thresholds_read(struct loader *r, const struct json *v) {
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_OBJECT) != 0)
        return -1;
    for (const struct json *m = v->first; m != NULL; m = m->next) {
        if (m->kind != JSON_ARRAY || m->count == 0)
            return loader_fail(
                r, m->at, "\"%.100s\" must hold a list of thresholds: [\"p(95)<500\"]", m->key);
        for (const struct json *x = m->first; x != NULL; x = x->next)
            if (threshold_read(r, m, x) != 0)
                return -1;
    }
    return scenario_check_rules(r->s, &r->s->thresholds, r->e);
}

/* When each stage begins, and the last one ends, as far as the load goes. */
static void set_stages(const struct scenario_load *x, int64_t *out) {
    const struct load *l = &x->load;
    int64_t at_ns = x->start_ns, end_ns = x->start_ns + load_duration(l);
    for (size_t i = 0; i <= l->stage_count; i++) {
        out[i] = (at_ns < end_ns ? at_ns : end_ns) / NS_PER_US;
        if (i < l->stage_count)
            at_ns += l->stages[i].duration_ns;
    }
}

int scenario_subject(const struct scenario *s, struct scenario_subject *out, struct err *e) {
    /* Stages are of one load: those of several have no common count. */
    size_t stage_count = s->load_count == 1 ? s->loads[0].load.stage_count : 0;
    int64_t *stages = calloc(stage_count + 1, sizeof *stages);
    bool *streams = calloc(s->endpoint_count + 1, sizeof *streams);
    if (stages == NULL || streams == NULL) {
        free(stages);
        free(streams);
        return err_memory(e, "thresholds");
    }
    for (size_t i = 0; i < s->endpoint_count; i++)
        streams[i] = s->requests[i].stream != NULL;
    if (stage_count > 0)
        set_stages(&s->loads[0], stages);
    *out = (struct scenario_subject){.stages = stages,
                                     .streams = streams,
                                     .subject = {.catalog = &s->catalog,
                                                 .stages = stages,
                                                 .stage_count = stage_count,
                                                 .streams = streams,
                                                 .duration_us = scenario_duration(s) / NS_PER_US,
                                                 .what = "the scenario sends"}};
    return 0;
}

void scenario_subject_done(struct scenario_subject *x) {
    free(x->stages);
    free(x->streams);
    *x = (struct scenario_subject){0};
}

static void mark(const struct scenario *s, const struct scenario_steps *steps, bool *sent) {
    for (uint32_t i = steps->first; i < steps->first + steps->count; i++)
        if (s->steps[i].kind == SCENARIO_SEND && s->steps[i].request < s->endpoint_count)
            sent[s->steps[i].request] = true;
}

/* Which requests some user can come to; a task of weight 0 is never drawn. */
static void mark_sent(const struct scenario *s, bool *sent) {
    for (size_t c = 0; c < s->class_count; c++) {
        const struct scenario_class *x = &s->classes[c];
        mark(s, &x->on_start, sent);
        mark(s, &x->on_stop, sent);
        for (uint32_t i = x->first_task; i < x->first_task + x->task_count; i++)
            if (s->tasks[i].weight > 0 || x->sequence)
                mark(s, &s->tasks[i].steps, sent);
    }
}

/* Endpoints to which no user comes are left out of a copy of the catalog. */
int scenario_check_rules(const struct scenario *s, const struct gate_rules *rules, struct err *e) {
    struct scenario_subject x = {0};
    struct catalog sends = s->catalog;
    bool *sent = calloc(s->endpoint_count + 1, sizeof *sent);
    sends.endpoints = calloc(s->endpoint_count + 1, sizeof *sends.endpoints);
    sends.endpoint_count = 0;
    int result = sent == NULL || sends.endpoints == NULL ? err_memory(e, "thresholds")
                                                         : scenario_subject(s, &x, e);
    if (result == 0) {
        mark_sent(s, sent);
        for (size_t i = 0; i < s->endpoint_count; i++)
            if (sent[i]) {
                x.streams[sends.endpoint_count] = x.streams[i];
                sends.endpoints[sends.endpoint_count++] = s->catalog.endpoints[i];
            }
        x.subject.catalog = &sends;
        result = gate_rules_check(rules, &x.subject, e);
    }
    scenario_subject_done(&x);
    free(sends.endpoints);
    free(sent);
    return result;
}
