#include "report/thresholds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_server.h"
#include "record/reader_streams.h"
#include "record/reader_timeline.h"
#include "report/stream_answer.h"
#include "report/stream_endpoints.h"
#include "util/array.h"

/* ---- the rules ---- */

struct own {
    struct gate_rules *rules;
    char *ended;
    bool is_part;
    struct err *e;
    int result;
};

static void take_pair(void *context, const char *key, const char *value) {
    struct own *o = context;
    o->is_part = o->is_part || strcmp(key, THRESHOLDS_PART_KEY) == 0;
    if (strcmp(key, THRESHOLDS_END_KEY) == 0 && o->result == 0) {
        o->ended = strdup(value);
        if (o->ended == NULL)
            o->result = err_memory(o->e, "thresholds");
    }
    if (strcmp(key, THRESHOLDS_KEY) == 0 && o->result == 0)
        o->result = gate_rules_read(o->rules, "the run file", value, o->e);
}

/* *ended: why the run was ended, NULL where it was not; the caller frees it. */
static int get_rules(struct reader *r, const struct thresholds_options *o, struct gate_rules *out,
                     char **ended, struct err *e) {
    struct own own = {.rules = out, .e = e};
    if (o->rules == NULL) {
        int result = reader_manifest(r, take_pair, &own, e) != 0 ? -1 : own.result;
        *ended = own.ended;
        if (own.is_part)
            gate_rules_done(out);
        return result;
    }
    if (o->ended != NULL && (*ended = strdup(o->ended)) == NULL)
        return err_memory(e, "thresholds");
    return gate_rules_copy(o->rules, out, e);
}

/* A run that a threshold ended has crossed it, whatever the requests that were still in progress
 * have made of it. */
static void note_ended(struct thresholds *t, const char *ended) {
    const char *rule = ended == NULL ? NULL : strchr(ended, ' ');
    for (size_t i = 0; rule != NULL && i < t->rules.count; i++) {
        struct buf text;
        struct gate_result *x = &t->results[i];
        buf_init(&text, 4 * GATE_TEXT_MAX);
        gate_rule_text(&t->rules.items[i], &text);
        if (strcmp(buf_text(&text), rule + 1) == 0) {
            x->verdict = GATE_CROSSED;
            snprintf(x->reason, sizeof x->reason, "it failed at %.*ss, which ended the run",
                     (int)(rule - ended), ended);
        }
        buf_done(&text);
    }
}

static void take_part(void *context, const char *key, const char *value) {
    if (strcmp(key, THRESHOLDS_PART_KEY) == 0)
        snprintf(context, THRESHOLDS_PART_BYTES, "%s", value);
}

int thresholds_part(struct reader *r, char part[THRESHOLDS_PART_BYTES], struct err *e) {
    part[0] = '\0';
    return reader_manifest(r, take_part, part, e);
}

int thresholds_check_whole(struct reader *r, const char *path, struct err *e) {
    char part[THRESHOLDS_PART_BYTES];
    if (thresholds_part(r, part, e) != 0)
        return -1;
    return part[0] == '\0'
               ? 0
               : err_set(e,
                         "%s is part %s of a load; thresholds are evaluated on the whole: "
                         "coldswarm merge ALL.db PART.db...",
                         path, part);
}

/* ---- what the run has ---- */

struct facts {
    struct gate_subject subject;
    int64_t *stages;
    bool *streams;
};

static int get_facts(struct reader *r, struct facts *f, struct err *e) {
    size_t stage_count = 0;
    if (reader_stages(r, &f->stages, &stage_count, e) != 0)
        return -1;
    f->subject = (struct gate_subject){.catalog = reader_catalog(r),
                                       .stages = f->stages,
                                       .stage_count = stage_count,
                                       .what = "the run has"};
    return 0;
}

/* Which endpoints stream, if a rule needs it. */
static int get_streams(struct reader *r, const struct gate_rules *rules, struct facts *f,
                       struct err *e) {
    bool wanted = false, said;
    for (size_t i = 0; i < rules->count; i++)
        wanted = wanted || rules->items[i].metric == GATE_GOODPUT;
    if (!wanted)
        return 0;
    if (stream_endpoints(r, &f->streams, &said, e) != 0)
        return -1;
    f->subject.streams = f->streams;
    return 0;
}

/* ---- what is evaluated ---- */

static int give_request(void *context, const struct request *x) {
    gate_eval_request(context, x);
    return 0;
}

static int give_answer(void *context, const struct request *x, const struct stream_row *s) {
    struct gate_answer answer;
    gate_eval_request(context, x);
    if (s == NULL)
        return 0;
    stream_answer_gate(x, s, &answer);
    gate_eval_answer(context, x, &answer);
    return 0;
}

/* In one reading. */
static int give_requests(struct reader *r, struct gate_eval *v, struct err *e) {
    if (gate_eval_wants(v, GATE_FROM_STREAMS))
        return reader_answers(r, give_answer, v, e);
    return gate_eval_wants_phases(v) ? reader_scan(r, give_request, v, e)
                                     : reader_scan_brief(r, give_request, v, e);
}

static void give_iteration(void *context, uint32_t task, int64_t end_us, int64_t took_us) {
    gate_eval_iteration(context, task, end_us, took_us);
}

static void give_check(void *context, int64_t second, uint32_t check, uint64_t passes,
                       uint64_t fails) {
    gate_eval_check(context, check, second, passes, fails);
}

/* Without the seconds in which users left because the load was over: of the last one, less than
 * half is load. */
static int give_users(struct reader *r, struct gate_eval *v, struct err *e) {
    struct reader_second *seconds = NULL;
    size_t n = 0;
    int64_t end_us;
    if (reader_load_end(r, &end_us, e) != 0 || reader_users(r, &seconds, &n, e) != 0)
        return -1;
    for (size_t i = 0; i < n && (i == 0 || end_us == READER_NO_VALUE ||
                                 (int64_t)seconds[i].second * 1000000 + 500000 <= end_us);
         i++)
        gate_eval_gauge(v, GATE_VUS, (int64_t)seconds[i].second * 1000000, seconds[i].users);
    free(seconds);
    return 0;
}

/* The instances of all labels (active, idle) at a time, added up: points come by label, so they are
 * gathered first. */
struct level {
    int64_t at_us;
    double value;
};

struct levels {
    struct level *items;
    size_t count, cap;
    bool failed;
};

static int take_level(void *context, const struct reader_point *p) {
    struct levels *l = context;
    struct level *items = array_room(l->items, &l->cap, l->count + 1, sizeof *items);
    if (items == NULL) {
        l->failed = true;
        return 1;
    }
    l->items = items;
    l->items[l->count++] = (struct level){p->at_us, p->value};
    return 0;
}

static int by_time(const void *a, const void *b) {
    const struct level *x = a, *y = b;
    return (x->at_us > y->at_us) - (x->at_us < y->at_us);
}

static int give_instance_count(struct reader *r, struct gate_eval *v, struct err *e) {
    struct levels l = {0};
    int result = reader_points(r, "container/instance_count", take_level, &l, e);
    if (l.failed)
        result = err_memory(e, "the number of instances");
    if (result == 0 && l.count > 0)
        qsort(l.items, l.count, sizeof *l.items, by_time);
    for (size_t i = 0; result == 0 && i < l.count;) {
        int64_t at_us = l.items[i].at_us;
        double sum = 0;
        for (; i < l.count && l.items[i].at_us == at_us; i++)
            sum += l.items[i].value;
        gate_eval_gauge(v, GATE_INSTANCE_COUNT, at_us, sum);
    }
    free(l.items);
    return result;
}

static int give_cold_starts(struct reader *r, struct gate_eval *v, struct err *e) {
    struct reader_instance *all = NULL;
    size_t n = 0;
    if (reader_instances(r, &all, &n, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (all[i].start_known && all[i].ready_us != READER_NO_VALUE)
            gate_eval_time(v, GATE_COLD_START_DURATION, all[i].ready_us,
                           all[i].ready_us - all[i].started_us);
    free(all);
    return 0;
}

static int give_all(struct reader *r, struct gate_eval *v, bool server, struct err *e) {
    bool iterations = gate_eval_wants(v, GATE_FROM_ITERATIONS);
    bool requests = gate_eval_wants(v, GATE_FROM_REQUESTS);
    if ((iterations || requests || gate_eval_wants(v, GATE_FROM_STREAMS)) &&
        give_requests(r, v, e) != 0)
        return -1;
    if (iterations && reader_has_iterations(r) && reader_steps(r, give_iteration, v, e) != 0)
        return -1;
    if (gate_eval_wants(v, GATE_FROM_CHECKS) && reader_has_checks(r) &&
        reader_checks(r, give_check, v, e) != 0)
        return -1;
    if (gate_eval_wants(v, GATE_FROM_USERS) && give_users(r, v, e) != 0)
        return -1;
    if (!server || !gate_eval_wants(v, GATE_FROM_SERVER))
        return 0;
    return give_instance_count(r, v, e) != 0 ? -1 : give_cold_starts(r, v, e);
}

/* ---- evaluating ---- */

static int evaluate(struct reader *r, const struct thresholds_options *o, const struct facts *f,
                    struct thresholds *t, struct err *e) {
    struct reader_server side = {0};
    struct gate_eval *v = NULL;
    bool again = false;
    if (reader_server(r, &side, e) != 0)
        return -1;
    struct gate_range range = {
        .duration_us = o->duration_us < 0 ? reader_run(r)->duration_us : o->duration_us,
        .server_pending = o->during_run && !side.any,
    };
    if (gate_eval_new(&t->rules, &f->subject, &range, &v, e) != 0)
        return -1;
    int result = -1;
    if (give_all(r, v, side.any, e) == 0 && gate_eval_plan(v, &again, e) == 0 &&
        (!again || give_all(r, v, side.any, e) == 0))
        result = gate_eval_finish(v, &t->results, e);
    gate_eval_free(v);
    return result;
}

int thresholds_new(struct reader *r, const struct thresholds_options *o, struct thresholds **out,
                   bool *usage, struct err *e) {
    struct facts f = {0};
    struct thresholds *t = calloc(1, sizeof *t);
    char *ended = NULL;
    int result = -1;
    *usage = false;
    if (t == NULL)
        return err_memory(e, "thresholds");
    if (get_rules(r, o, &t->rules, &ended, e) != 0)
        goto out;
    if (t->rules.count == 0) {
        *out = NULL;
        result = 0;
        goto out;
    }
    if (get_facts(r, &f, e) != 0)
        goto out;
    if (o->check && gate_rules_check(&t->rules, &f.subject, e) != 0) {
        *usage = true;
        goto out;
    }
    if (get_streams(r, &t->rules, &f, e) != 0 || evaluate(r, o, &f, t, e) != 0)
        goto out;
    note_ended(t, ended);
    for (size_t i = 0; i < t->rules.count; i++) {
        t->crossed += t->results[i].verdict == GATE_CROSSED;
        t->pending += t->results[i].verdict == GATE_PENDING;
    }
    t->ok = t->crossed == 0;
    *out = t;
    t = NULL;
    result = 0;
out:
    thresholds_free(t);
    free(f.stages);
    free(f.streams);
    free(ended);
    return result;
}

void thresholds_free(struct thresholds *t) {
    if (t == NULL)
        return;
    gate_rules_done(&t->rules);
    free(t->results);
    free(t);
}
