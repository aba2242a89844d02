/*
 * gate_live: thresholds while a run goes on, second by second, in memory that does not grow.
 *
 * It answers one question: which threshold has failed already, and should that end the run. It errs
 * on the side of going on: times are counted in histograms (hist.h), and one is taken as crossed
 * only where every value that the histogram allows would cross it. What can still mend itself is
 * not crossed: a count that shall become large, a minimum that shall become small. Else the
 * judgement is on what there is so far, as in k6; a threshold without data is not crossed yet. A
 * window is looked at two seconds after its end. What a run is worth in the end, gate_judge.h says.
 *
 * Metrics of the server's side are not known while a run goes on. Nor is anything that a second
 * later than GATE_LATE_S brings: such samples count in the totals and in no window.
 *
 * Ownership: heap; borrows rules and subject; gate_live_free(NULL) is fine. Thread: any; a mutex is
 * held for a batch, or for a look.
 */
#ifndef GATE_GATE_LIVE_H
#define GATE_GATE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/gate_answer.h"
#include "gate/rule.h"
#include "util/err.h"
#include "util/request.h"

#define GATE_LATE_S 2

struct gate_live;

/* gate_rules_check() has passed with this subject. */
int gate_live_new(const struct gate_rules *rules, const struct gate_subject *subject,
                  struct gate_live **out, struct err *e);
void gate_live_free(struct gate_live *l);

/* Whether any rule is about values of this source. */
bool gate_live_wants(const struct gate_live *l, enum gate_source source);

void gate_live_add(struct gate_live *l, const struct request *requests, size_t n);
/* Besides, of one that is `streamed`. */
void gate_live_answer(struct gate_live *l, const struct request *x, const struct gate_answer *a);
/* By their numbers in the catalog: one time through a task with steps, and what a check found in a
 * second. */
void gate_live_iteration(struct gate_live *l, uint32_t task, int64_t end_us, int64_t took_us);
void gate_live_check(struct gate_live *l, uint32_t check, uint32_t second, uint32_t passes,
                     uint32_t fails);
void gate_live_gauge(struct gate_live *l, enum gate_metric metric, double value);

struct gate_crossing {
    const struct gate_rule *rule;
    double low, high; /* the value, in the metric's unit, is between them */
    bool ends_run;
};

/* Judges all at now_us from the start of the run, and tells those that are crossed for the first
 * time, or that now may end the run. At most `max` of them, the others at the next look. */
size_t gate_live_look(struct gate_live *l, int64_t now_us, struct gate_crossing *out, size_t max);

#endif
