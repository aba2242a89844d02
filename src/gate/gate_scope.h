/*
 * gate_scope: the part of a run that a rule applies to, and what each request, iteration or check
 * adds to the rule.
 *
 * A scope is a time range and a set of endpoints, tasks and checks. gate_live.h and gate_eval.h
 * both use it, so they count the same requests.
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
    /* The time range. finish_us is excluded, unless it is the end of the run. */
    int64_t begin_us, finish_us;
    int64_t duration_us;
    bool *endpoints, *tasks, *checks; /* by number in the catalog: the rule applies to it */
    /* By endpoint: the rule applies to it, and its responses are streams. */
    bool *streams;
    size_t endpoint_count, task_count, check_count;
};

/* duration_us: of the run; INT64_MAX while it is in progress. */
int gate_scope_init(struct gate_scope *s, const struct gate_rule *r, const struct gate_subject *of,
                    int64_t duration_us, struct err *e);
void gate_scope_done(struct gate_scope *s);

/* Whether the range includes this time. */
bool gate_scope_has(const struct gate_scope *s, int64_t at_us);

struct gate_gain {
    int64_t at_us; /* the time at which it counts */
    /* Number of items that the rule applies to, even if they add no value. */
    uint64_t seen;
    uint64_t amount, total; /* added to a counter or a share */
    bool timed;
    /* Added to a trend if `timed`; gate_per_ms() converts it to milliseconds. */
    int64_t time;
};

/* Returns false if the rule does not apply to it. Each request is given once, whether or not it had
 * a response. */
bool gate_scope_request(const struct gate_scope *s, const struct request *x, struct gate_gain *out);
/* Call them in addition for a request with a streamed response. gate_scope_answer() returns what
 * the response adds to a rule about streams. If it returned true, call gate_scope_gap() until it
 * returns false: it returns one gap after another, for a rule about gaps. Set *at to a->gaps
 * first. */
bool gate_scope_answer(const struct gate_scope *s, const struct request *x,
                       const struct gate_answer *a, struct gate_gain *out);
bool gate_scope_gap(const struct gate_scope *s, const struct request *x,
                    const struct gate_answer *a, const char **at, struct gate_gain *out);
/* One iteration of a task with steps, by its number in the catalog. took_us < 0: not known. */
bool gate_scope_iteration(const struct gate_scope *s, uint32_t task, int64_t end_us,
                          int64_t took_us, struct gate_gain *out);
/* The results of a check in one second, by its number in the catalog. */
bool gate_scope_check(const struct gate_scope *s, uint32_t check, int64_t second, uint64_t passes,
                      uint64_t fails, struct gate_gain *out);

#endif
