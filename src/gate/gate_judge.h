/*
 * gate_judge: whether thresholds hold, from every request of a run; exact.
 *
 * Everything is given twice, unless gate_judge_plan() says that once was enough:
 *
 *     gate_judge_new  (give all)  gate_judge_plan  (give all again)  gate_judge_finish
 *     gate_judge_free
 *
 * A request counts at its end, a dropped one when it was intended. Windows (`over`) begin at each
 * whole second of the range and lie in it entirely; every one must pass, the result has the worst.
 * An empty one, where nothing ended, has no share and no time: it counts as crossed.
 *
 * If there is nothing to evaluate (no request of that name and method at all; for shares and
 * times none of that status and outcome) a threshold fails, with that as its reason. A count
 * of 0 is a number.
 *
 * Percentiles are those of quantile.h, exact. Memory: 32 MiB of times, with which most runs are
 * read once; beyond them, per rule a histogram and what select.h holds; with windows a counter for
 * each second, and the times of the seconds in the window.
 *
 * Intervals are of 95 %: order statistics for percentiles (interval.h), Wilson for shares
 * (wilson.h), mean +- 1.96 s/sqrt(n) for averages of 30 values or more. Counts, gauges, minimum and
 * maximum have none: they are what was counted, or nothing bounds them.
 *
 * Ownership: heap; borrows rules and subject; gate_judge_free(NULL) is fine. Thread: one.
 */
#ifndef GATE_GATE_JUDGE_H
#define GATE_GATE_JUDGE_H

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
    GATE_PENDING /* the server's side is not there yet */
};

/* In the metric's unit; NAN where there is no such number. */
struct gate_result {
    const struct gate_rule *rule;
    enum gate_verdict verdict;
    double value, low, high;
    double margin;           /* gate_margin() */
    uint64_t samples;        /* behind the value */
    int64_t from_us, to_us;  /* what the value is of: the range, or the worst window */
    size_t windows, crossed; /* with `over`: how many there are, and do not hold */
    char reason[200];        /* of a crossed or pending one; else "" */
};

struct gate_range {
    int64_t duration_us;
    bool server_pending; /* the server's side may yet be imported */
};

struct gate_judge;

/* Whether the rules fit the subject is gate_rules_check()'s; a rule that does not has no data. */
int gate_judge_new(const struct gate_rules *rules, const struct gate_subject *subject,
                   const struct gate_range *range, struct gate_judge **out, struct err *e);
void gate_judge_free(struct gate_judge *j);

/* Whether any rule wants values of this source; of requests, whether it needs more than outcome,
 * status, end, service and response time. */
bool gate_judge_wants(const struct gate_judge *j, enum gate_source source);
bool gate_judge_wants_phases(const struct gate_judge *j);

void gate_judge_request(struct gate_judge *j, const struct request *x);
/* Besides, of one that is `streamed`. */
void gate_judge_answer(struct gate_judge *j, const struct request *x, const struct gate_answer *a);
/* By their numbers in the catalog: one time through a task with steps (took_us < 0: not known), and
 * what a check found in a second. */
void gate_judge_iteration(struct gate_judge *j, uint32_t task, int64_t end_us, int64_t took_us);
void gate_judge_check(struct gate_judge *j, uint32_t check, int64_t second, uint64_t passes,
                      uint64_t fails);
void gate_judge_gauge(struct gate_judge *j, enum gate_metric metric, int64_t at_us, double value);
void gate_judge_time(struct gate_judge *j, enum gate_metric metric, int64_t at_us, int64_t us);

int gate_judge_plan(struct gate_judge *j, bool *again, struct err *e);

/* *out is the caller's to free(): a result for each rule, in their order. */
int gate_judge_finish(struct gate_judge *j, struct gate_result **out, struct err *e);

#endif
