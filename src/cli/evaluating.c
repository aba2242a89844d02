#include "cli/evaluating.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/listeners.h"
#include "gate/gate_live.h"
#include "report/stream_answer.h"
#include "report/thresholds.h"
#include "util/clock.h"
#include "util/text.h"

#define LOOK_MAX 32

struct evaluating {
    const struct catalog *catalog;
    const struct gate_rules *rules; /* of the scenario */
    struct scenario_subject subject;
    struct gate_live *live; /* NULL: there are no thresholds */
    bool *covered;          /* by endpoint: a threshold covers its failures */
    uint64_t uncovered;     /* failed requests of the others */
    struct record *record;
    struct control *control;
    bool is_part;     /* of a load: only the whole is evaluated */
    bool streams;     /* some threshold is about them */
    struct buf gaps;  /* of one stream */
    struct buf ended; /* why the run was ended: "TIME RULE"; empty: it was not */
};

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    const struct scenario *s = view->scenario;
    struct evaluating *v = calloc(1, sizeof *v);
    if (v == NULL)
        return err_memory(e, "thresholds");
    *self = v;
    *v = (struct evaluating){.catalog = &s->catalog,
                             .rules = &s->thresholds,
                             .record = view->record,
                             .is_part = opt_given(view->args, "shard"),
                             .control = view->control};
    buf_init(&v->ended, 8 * GATE_TEXT_MAX);
    buf_init(&v->gaps, SIZE_MAX / 2);
    if (scenario_subject(s, &v->subject, e) != 0)
        return -1;
    v->covered = calloc(v->catalog->endpoint_count + 1, sizeof *v->covered);
    if (v->covered == NULL)
        return err_memory(e, "thresholds");
    for (size_t i = 0; i < v->catalog->endpoint_count; i++)
        v->covered[i] = gate_covers_failures(v->rules, &v->catalog->endpoints[i]);
    if (v->rules->count == 0 || (v->is_part && !opt_given(view->args, "control")))
        return 0;
    if (gate_live_new(v->rules, &v->subject.subject, &v->live, e) != 0)
        return -1;
    v->streams = gate_live_wants(v->live, GATE_FROM_STREAMS);
    return 0;
}

static void done(void *self) {
    struct evaluating *v = self;
    gate_live_free(v->live);
    scenario_subject_done(&v->subject);
    free(v->covered);
    buf_done(&v->ended);
    buf_done(&v->gaps);
    free(v);
}

static void feed(void *self, const struct request *requests, size_t n) {
    struct evaluating *v = self;
    size_t endpoints = v->catalog->endpoint_count;
    for (size_t i = 0; i < n; i++)
        v->uncovered += outcome_is_failure((int)requests[i].outcome) &&
                        (requests[i].endpoint >= endpoints || !v->covered[requests[i].endpoint]);
    if (v->live != NULL)
        gate_live_add(v->live, requests, n);
}

static void feed_iteration(void *self, uint32_t task, int64_t end_us, int64_t took_us) {
    struct evaluating *v = self;
    if (v->live != NULL)
        gate_live_iteration(v->live, task, end_us, took_us);
}

/* Without memory for its gaps, it has none: at the end, the file has them. */
static void feed_stream(void *self, const struct request *x, const struct stream_record *stream) {
    struct evaluating *v = self;
    struct stream_row row;
    struct gate_answer answer;
    if (!v->streams)
        return;
    stream_row_of(stream, x->sent_us, &v->gaps, &row);
    stream_answer_gate(x, &row, &answer);
    gate_live_answer(v->live, x, &answer);
}

static void feed_check(void *self, uint32_t second, uint32_t check, uint32_t passes,
                       uint32_t fails) {
    struct evaluating *v = self;
    if (v->live != NULL)
        gate_live_check(v->live, check, second, passes, fails);
}

/* An event; that of a crossing which stops the run is the command's. */
static void note_crossing(struct evaluating *v, const struct gate_crossing *x, int64_t at_ns) {
    struct buf text;
    buf_init(&text, 8 * GATE_TEXT_MAX);
    gate_rule_text(x->rule, &text);
    if (x->ends_run && v->ended.len == 0)
        buf_printf(&v->ended, "%.1f %s", (double)at_ns / 1e9, buf_text(&text));
    buf_str(&text, x->ends_run ? " failed, which ends the run" : " failed");
    const char *why = buf_ok(&text) ? buf_text(&text) : "a threshold failed";
    if (x->ends_run)
        control_command(v->control, (struct control_command){
                                        .order = CONTROL_STOP, .source = "threshold", .why = why});
    else
        record_event(v->record, at_ns, "threshold", why);
    buf_done(&text);
}

static void tick(void *self, const struct control_snapshot *now) {
    struct evaluating *v = self;
    struct gate_crossing crossings[LOOK_MAX];
    if (v->live == NULL || v->is_part || now->elapsed_ns < NS_PER_S || now->stopped)
        return;
    gate_live_gauge(v->live, GATE_VUS, now->users);
    size_t n = gate_live_look(v->live, now->elapsed_ns / NS_PER_US, crossings, LOOK_MAX);
    for (size_t i = 0; i < n; i++)
        note_crossing(v, &crossings[i], now->elapsed_ns);
}

/* The thresholds of the status; their texts are made once. */
static void add(void *self, struct status *s, struct status_board *board) {
    struct evaluating *v = self;
    if (v->live == NULL || v->is_part)
        return;
    if (s->threshold_count == 0 && status_thresholds(board, v->rules->count) == NULL)
        return;
    for (size_t i = 0; i < s->threshold_count; i++) {
        struct status_threshold *t = &s->thresholds[i];
        struct gate_state now;
        gate_live_state(v->live, i, &now);
        t->state = now.crossed ? STATUS_FAILED : now.holds ? STATUS_HOLDS : STATUS_PENDING;
        t->low = now.low;
        t->high = now.high;
        t->margin = now.margin;
        if (t->text == NULL)
            t->text = gate_rule_copy(&v->rules->items[i]);
    }
}

void evaluating_take(const struct control *c, bool all, struct buf *out) {
    struct evaluating *v = control_listener_self(c, &evaluating_listener);
    if (v != NULL && v->live != NULL && v->is_part)
        gate_live_take(v->live, all, out);
}

/* Why it ended before its time. */
static void say_ended(const struct evaluating *v) {
    const char *ended = buf_text(&v->ended), *rule = strchr(ended, ' ');
    struct buf text;
    if (rule == NULL)
        return;
    buf_init(&text, SIZE_MAX / 2);
    text_printable(&text, rule + 1, strlen(rule + 1));
    fprintf(stderr, "coldswarm: threshold %s failed at %.*ss, which ended the run\n",
            buf_text(&text), (int)(rule - ended), ended);
    buf_done(&text);
}

/* From the file. */
static int evaluate(const struct evaluating *v, const struct run_end *run, struct thresholds **out,
                    struct err *e) {
    struct reader *reader = NULL;
    struct thresholds_options o = {.rules = v->rules,
                                   .duration_us = run->duration_ns / NS_PER_US,
                                   .ended = buf_text(&v->ended),
                                   .during_run = true};
    bool usage = false;
    if (reader_open(run->path, &reader, e) != 0)
        return -1;
    int result = thresholds_new(reader, &o, out, &usage, e);
    reader_close(reader);
    return result;
}

void evaluating_final(const struct thresholds *final, struct status_threshold *all) {
    for (size_t i = 0; all != NULL && i < final->rules.count; i++) {
        const struct gate_result *r = &final->results[i];
        all[i] = (struct status_threshold){.text = gate_rule_copy(r->rule),
                                           .state = r->verdict == GATE_HOLDS     ? STATUS_HOLDS
                                                    : r->verdict == GATE_CROSSED ? STATUS_FAILED
                                                                                 : STATUS_PENDING,
                                           .low = r->value,
                                           .high = r->value,
                                           .margin = r->margin};
    }
}

static int end(void *self, void *run_end, struct err *e) {
    const struct evaluating *v = self;
    struct run_end *run = run_end;
    say_ended(v);
    run->uncovered = v->is_part ? 0 : v->uncovered;
    if (v->ended.len > 0)
        manifest_add(&run->manifest, THRESHOLDS_END_KEY, buf_text(&v->ended));
    if (!run->whole || v->rules->count == 0 || v->is_part)
        return 0;
    if (evaluate(v, run, &run->thresholds, e) != 0)
        return -1;
    if (run->thresholds != NULL)
        evaluating_final(run->thresholds,
                         control_thresholds(v->control, run->thresholds->rules.count));
    return 0;
}

const struct control_listener evaluating_listener = {.name = "thresholds",
                                                     .every_ns = NS_PER_S,
                                                     .init = init,
                                                     .feed = feed,
                                                     .iteration = feed_iteration,
                                                     .stream = feed_stream,
                                                     .check = feed_check,
                                                     .tick = tick,
                                                     .add = add,
                                                     .end = end,
                                                     .done = done};
