/*
 * gate_eval: evaluates thresholds from every request of a run; exact.
 *
 * All data are given twice, unless gate_eval_plan() says that once was enough:
 *
 *     gate_eval_new  (give all)  gate_eval_plan  (give all again)  gate_eval_finish
 *     gate_eval_free
 *
 * A request counts at its end, a dropped one at its intended time. Windows (`over`) begin at each
 * whole second of the range and lie entirely in it. Every window must pass; the result has the
 * worst one. An empty window, in which nothing ended, has no share and no time: it counts as
 * failed.
 *
 * A threshold fails if there is nothing to evaluate, and its reason says so: no request has that
 * name and method, or, for shares and times, none has that status and outcome. A count of 0 is a
 * value.
 *
 * Percentiles are exact and follow quantile.h. Memory: 32 MiB of times, with which most runs are
 * read only once. Beyond that, each rule needs a histogram and what select.h holds. With windows,
 * it needs a counter per second and the times of the seconds in the window.
 *
 * Intervals are of 95 %: order statistics for percentiles (interval.h), Wilson for shares
 * (wilson.h), mean +- 1.96 s/sqrt(n) for averages of 30 values or more. Counts, gauges, minimum and
 * maximum have none: they are exact counts, or have no bounds.
 *
 * Ownership: heap; borrows rules and subject; gate_eval_free(NULL) is allowed. Thread: one.
 */
#ifndef GATE_GATE_EVAL_H
#define GATE_GATE_EVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/gate_answer.h"
#include "gate/rule.h"
#include "util/err.h"
#include "util/request.h"

enum gate_verdict {
    GATE_HOLDS,
    GATE_CROSSED,
    GATE_PENDING /* the server side is not imported yet */
};

/* In the metric's unit. NAN marks a missing value. */
struct gate_result {
    const struct gate_rule *rule;
    enum gate_verdict verdict;
    double value, low, high;
    double margin;           /* of gate_margin() */
    uint64_t samples;        /* number of samples behind the value */
    int64_t from_us, to_us;  /* range of the value: the whole range, or the worst window */
    size_t windows, crossed; /* with `over`: how many windows there are, and how many failed */
    char reason[200];        /* why it failed or is pending; else "" */
};

struct gate_range {
    int64_t duration_us;
    bool server_pending; /* the server side may still be imported */
};

struct gate_eval;

/* gate_rules_check() checks that the rules fit the subject; this function does not. A rule that
 * does not fit has no data. */
int gate_eval_new(const struct gate_rules *rules, const struct gate_subject *subject,
                  const struct gate_range *range, struct gate_eval **out, struct err *e);
void gate_eval_free(struct gate_eval *v);

/* Whether any rule needs values of this source; and whether any rule needs more of a request than
 * its outcome, status, end, service time and response time. */
bool gate_eval_wants(const struct gate_eval *v, enum gate_source source);
bool gate_eval_wants_phases(const struct gate_eval *v);

void gate_eval_request(struct gate_eval *v, const struct request *x);
/* Call it in addition for a request that is `streamed`. */
void gate_eval_answer(struct gate_eval *v, const struct request *x, const struct gate_answer *a);
/* One iteration of a task with steps (took_us < 0: not known), and the results of a check in one
 * second. `task` and `check` are numbers in the catalog. */
void gate_eval_iteration(struct gate_eval *v, uint32_t task, int64_t end_us, int64_t took_us);
void gate_eval_check(struct gate_eval *v, uint32_t check, int64_t second, uint64_t passes,
                     uint64_t fails);
void gate_eval_gauge(struct gate_eval *v, enum gate_metric metric, int64_t at_us, double value);
void gate_eval_time(struct gate_eval *v, enum gate_metric metric, int64_t at_us, int64_t us);

int gate_eval_plan(struct gate_eval *v, bool *again, struct err *e);

/* One result per rule, in the order of the rules. The caller frees *out with free(). */
int gate_eval_finish(struct gate_eval *v, struct gate_result **out, struct err *e);

#endif
