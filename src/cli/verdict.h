/*
 * verdict: whether the numbers of a run are reliable, and its exit code.
 *
 * Pure functions of what the engine, the recorder and dispatch_lag.h counted. Thread: any.
 */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include <stdbool.h>

#include "cli/dispatch_lag.h"
#include "engine/engine.h"
#include "record/record.h"
#include "report/remarks.h"

#define VERDICT_UNPUNCTUAL_SHARE 0.05 /* sent over 10 ms late, or not at all, by the client */
#define VERDICT_UNSENT_SHARE 0.02     /* not sent at all, so that the rate was missed by as much */
#define VERDICT_LAG_P99_US 1000
#define VERDICT_LAG_REQUESTS 100 /* a 99th percentile needs this many requests */

struct verdict {
    const char *word; /* VALID SUSPECT INVALID */
    char reason[512]; /* what was seen and, where something is wrong, what to change */
};

/* INVALID: samples were lost, this machine could not make a connection, or the client sent too much
 * of the load late or not at all. SUSPECT: a thread of ours used over 90 % of a core in some 5 s,
 * or one in a hundred requests was sent over a millisecond late. Else VALID. */
void verdict_decide(struct verdict *v, const struct engine_result *run,
                    const struct record_totals *totals, const struct dispatch_lag_result *sent);

/* Streams whose numbers are doubtful (stream_doubts.h) make a VALID run SUSPECT, by the first of
 * the doubts. */
void verdict_doubt(struct verdict *v, const struct remarks *doubts);

/* Requests that this machine could not send for want of ports, files or memory. */
uint64_t verdict_shortages(const struct engine_result *run);

/* Adds to the reason where HTTP/2 was `asked` for and answers came in another version: that is the
 * target's choice, and no fault of the client's. */
void verdict_note_version(struct verdict *v, bool asked, const struct dispatch_lag_result *sent);

/* True where the target was asked and none of the requests got any answer. Where no request could
 * be built, nobody was asked. */
bool verdict_never_answered(const struct engine_result *run, const struct record_totals *totals);

/* The contract of the exit codes: 3 (requests could not be recorded, or never a response), then a
 * signal's 128 + n, then 4 (INVALID), then 99 if a threshold fails, then `on_failure` if requests
 * failed that no threshold covers: `failures` of them. */
int verdict_exit_code(const struct verdict *v, const struct engine_result *run,
                      const struct record_totals *totals, bool crossed, uint64_t failures,
                      int on_failure);

#endif
