/*
 * gate_scope: the part of a run that a rule is about, and what each request, iteration or check
 * adds to the rule.
 *
 * A scope is a range of time and a set of endpoints, tasks and checks. gate_live.h and gate_judge.h
 * both use it, so both count the same requests.
 *
 * Ownership: gate_scope_done() frees; rule and subject are borrowed. Thread: plain data.
 */
#ifndef GATE_GATE_SCOPE_H
#define GATE_GATE_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/gate_answer.h"
#include "gate/rule.h"
#include "util/err.h"
#include "util/request.h"

struct gate_scope {
    const struct gate_rule *rule;
    const struct gate_metric_def *metric;
    /* What ends at finish_us is outside, except at the end of the run. */
    int64_t begin_us, finish_us;
    int64_t duration_us;
    bool *endpoints, *tasks, *checks; /* by number in the catalog: the rule is about it */
    bool *streams;                    /* by endpoint: and its answers are streams */
    size_t endpoint_count, task_count, check_count;
};

/* duration_us: of the run; INT64_MAX while it goes on. */
int gate_scope_init(struct gate_scope *s, const struct gate_rule *r, const struct gate_subject *of,
                    int64_t duration_us, struct err *e);
void gate_scope_done(struct gate_scope *s);

/* Whether that moment is in the range. */
bool gate_scope_has(const struct gate_scope *s, int64_t at_us);

struct gate_gain {
    int64_t at_us;          /* when it counts */
    uint64_t seen;          /* things that the rule is about, whether they have given anything */
    uint64_t amount, total; /* to a counter or a share */
    bool timed;
    int64_t time; /* to a trend, where `timed`: gate_per_ms() of them are a millisecond */
};

/* False where the rule is not about it. A request is given once, with what it was answered by or
 * without. An iteration and a check are given by their number in the catalog. */
bool gate_scope_request(const struct gate_scope *s, const struct request *x, struct gate_gain *out);
/* Of a request with a streamed answer, what the answer adds to a rule of streams; and then, while
 * it returns true, each of its gaps to one of gaps. *at begins as a->gaps. */
bool gate_scope_answer(const struct gate_scope *s, const struct request *x,
                       const struct gate_answer *a, struct gate_gain *out);
bool gate_scope_gap(const struct gate_scope *s, const struct request *x,
                    const struct gate_answer *a, const char **at, struct gate_gain *out);
/* Of a task with steps; took_us < 0: not known. */
bool gate_scope_iteration(const struct gate_scope *s, uint32_t task, int64_t end_us,
                          int64_t took_us, struct gate_gain *out);
/* What a check has found in a second. */
bool gate_scope_check(const struct gate_scope *s, uint32_t check, int64_t second, uint64_t passes,
                      uint64_t fails, struct gate_gain *out);

#endif
