/*
 * evaluating: a listener that evaluates the thresholds of a run, from its scenario and from
 * --threshold.
 *
 * It evaluates them once a second during the run (gate/gate_live.h), so that one with abortOnFail
 * can stop it. A part of a load evaluates nothing; with an agent, it counts for the whole. At the
 * end, report/thresholds.h evaluates them from the file. Only that result counts.
 *
 * Thread: as control.h says.
 */
#ifndef CLI_EVALUATING_H
#define CLI_EVALUATING_H

#include "control/control.h"
#include "report/thresholds.h"
#include "util/buf.h"

extern const struct control_listener evaluating_listener;

/* Of a part that an agent controls: what gate_live_take() appends. */
void evaluating_take(const struct control *c, bool all, struct buf *out);

/* The final results become the thresholds of the last status, `all`; NULL: nobody sees them. */
void evaluating_final(const struct thresholds *final, struct status_threshold *all);

#endif
