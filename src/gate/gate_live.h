/*
 * gate_live: evaluates thresholds while a run is in progress, second by second, in constant memory.
 *
 * It answers one question: which threshold has already failed, and should that end the run? When in
 * doubt it lets the run go on. Times are counted in histograms (hist.h), and a threshold fails only
 * if every value that the histogram allows would fail it. A threshold that may still recover has
 * not failed: a count that has to become large, or a minimum that has to become small. Others are
 * evaluated on what there is so far, as in k6. Without data, a threshold has not failed yet; but an
 * empty window has. A window is evaluated two seconds after its end; windows of a gauge are
 * evaluated only by gate_eval.h, which also gives the final result of a run.
 *
 * Metrics of the server side are not known while a run is in progress. Samples that come more than
 * GATE_LATE_S seconds late count in the totals, but in no window.
 *
 * Ownership: heap; borrows rules and subject; gate_live_free(NULL) is allowed. Thread: any; a mutex
 * is held for one batch or one look.
 */
#ifndef GATE_GATE_LIVE_H
#define GATE_GATE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/gate_answer.h"
#include "gate/rule.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/request.h"

#define GATE_LATE_S 2

struct gate_live;

/* gate_rules_check() must have passed with this subject. */
int gate_live_new(const struct gate_rules *rules, const struct gate_subject *subject,
                  struct gate_live **out, struct err *e);
void gate_live_free(struct gate_live *l);

/* Whether any rule uses values of this source. */
bool gate_live_wants(const struct gate_live *l, enum gate_source source);

void gate_live_add(struct gate_live *l, const struct request *requests, size_t n);
/* Call it in addition for a request that is `streamed`. */
void gate_live_answer(struct gate_live *l, const struct request *x, const struct gate_answer *a);
/* One iteration of a task with steps, and the results of a check in one second. `task` and `check`
 * are numbers in the catalog. */
void gate_live_iteration(struct gate_live *l, uint32_t task, int64_t end_us, int64_t took_us);
void gate_live_check(struct gate_live *l, uint32_t check, uint32_t second, uint32_t passes,
                     uint32_t fails);
void gate_live_gauge(struct gate_live *l, enum gate_metric metric, double value);

struct gate_crossing {
    const struct gate_rule *rule;
    double low, high; /* bounds of the value, in the metric's unit */
    bool ends_run;
};

/* Evaluates all rules at now_us from the start of the run. Returns the rules that failed for the
 * first time or that may now end the run, at most `max` of them; the others follow at the next
 * look. */
size_t gate_live_look(struct gate_live *l, int64_t now_us, struct gate_crossing *out, size_t max);

/* What the last look found. Neither `crossed` nor `holds`: there was nothing to evaluate, or it
 * does not hold yet and still may, as a count that has to become large. */
struct gate_state {
    bool crossed, holds;
    double low, high; /* bounds of the value so far, in the metric's unit; NAN: not known */
    double margin;    /* of gate_margin(), at worst; NAN: not known */
};

/* `rule` is its number. */
void gate_live_state(struct gate_live *l, size_t rule, struct gate_state *out);

/* A part of a load, which evaluates nothing: appends what was counted since the last call for the
 * rules that may end the run, or for all, and forgets it. One line for each of them, with windows
 * one for each second:
 *
 *     rule RULE SECOND AMOUNT TOTAL TIMES SUM MIN MAX [HISTOGRAM]
 *
 * RULE is the number of the rule. SECOND counts from the start of its range; it is 0 without
 * windows. SUM, MIN and MAX are of the times. HISTOGRAM is there with percentiles
 * (hist_text.h). */
void gate_live_take(struct gate_live *l, bool all, struct buf *out);

/* The whole: adds what is behind "rule " of such a line. Users are not in it: give their sum to
 * gate_live_gauge(). A second that has left the ring is ignored. */
int gate_live_join(struct gate_live *l, const char *line, struct err *e);

#endif
