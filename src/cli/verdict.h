/*
 * verdict: may the numbers of a run be believed, and which exit code does it end with.
 *
 * Pure functions of what the engine, the recorder and observe.h counted. Thread: any.
 */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include <stdbool.h>

#include "cli/observe.h"
#include "engine/engine.h"
#include "record/record.h"

#define VERDICT_UNPUNCTUAL_SHARE 0.05 /* sent over 10 ms late, or not at all, by the client */
#define VERDICT_UNSENT_SHARE 0.02     /* not sent at all, so that the rate was missed by as much */
#define VERDICT_LAG_P99_US 1000
#define VERDICT_LAG_REQUESTS 100 /* a 99th percentile needs so many behind it */

struct verdict {
    const char *word; /* VALID SUSPECT INVALID */
    char reason[512]; /* what was seen and, where something is wrong, what to change */
};

/* INVALID: samples were lost, or the client sent too much of the load late or not at all. SUSPECT: a thread of ours
 * used over 90 % of a core in some 5 s, or one in a hundred requests was sent over a millisecond late. Else VALID. */
void verdict_decide(struct verdict *v, const struct engine_result *run,
                    const struct record_totals *totals, const struct observe_result *sent);

/* True where requests were sent and came to an end, and none of them got any answer. */
bool verdict_never_answered(const struct engine_result *run, const struct record_totals *totals);

/* The contract of the exit codes: 3 (nothing recorded any more, or never an answer), then a signal's 128 + n, then 4
 * (INVALID), then 99 where a threshold is crossed, then `on_failure` where requests failed that no
 * threshold judges: `failures` of them. */
int verdict_exit_code(const struct verdict *v, const struct engine_result *run,
                      const struct record_totals *totals, bool crossed, uint64_t failures,
                      int on_failure);

#endif
