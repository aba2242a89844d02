/*
 * verdict: decides whether the measurement of a run is reliable, and its exit code.
 *
 * Pure functions of the counts of the engine, the recorder and dispatch_lag.h. Thread: any.
 */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include <stdbool.h>

#include "cli/dispatch_lag.h"
#include "engine/engine.h"
#include "record/record.h"
#include "report/remark.h"

#define VERDICT_UNPUNCTUAL_SHARE 0.05 /* over 10 ms late, or not sent, because of the client */
#define VERDICT_UNSENT_SHARE 0.02     /* not sent, so that the rate was missed by this much */
#define VERDICT_LAG_P99_US 1000
#define VERDICT_LAG_REQUESTS 100 /* a 99th percentile needs this many requests */

struct verdict {
    const char *word; /* VALID SUSPECT INVALID */
    char reason[512]; /* what was seen and, if something is wrong, what to change */
    /* SUSPECT for nothing but requests that were sent late. */
    bool only_late;
};

/* In the manifest of such a run, with the value 1. */
#define VERDICT_ONLY_LATE_KEY "suspect_only_late"

/* INVALID: samples were lost, this machine could not make a connection, or the client sent too
 * much of the load late or not at all. SUSPECT: one of our threads used over 90 % of a core
 * during some 5 s, one in a hundred requests was sent over a millisecond late, or no request came
 * to its end. Otherwise VALID. */
void verdict_decide(struct verdict *v, const struct engine_result *run,
                    const struct record_totals *totals, const struct dispatch_lag_result *sent);

/* Streams with doubtful numbers (stream_doubts.h) make a VALID run SUSPECT. The reason is the
 * first of the doubts. */
void verdict_doubt(struct verdict *v, const struct lines *doubts);

/* Requests that this machine could not send because it lacked ports, files or memory. */
uint64_t verdict_shortages(const struct engine_result *run);

/* Adds to the reason if HTTP/2 was `asked` for and responses used another version. That is the
 * target's choice, not the client's fault. */
void verdict_note_version(struct verdict *v, bool asked, const struct dispatch_lag_result *sent);

/* True if requests were sent to the target, and none got a response or none came to its end. False
 * if no request could be built. */
bool verdict_never_answered(const struct engine_result *run, const struct record_totals *totals);

/* The contract of exit codes, in this order: 3 (requests could not be recorded, or never a
 * complete response); a signal's 128 + n; 4 (INVALID); 99 if a threshold fails; `on_failure` if
 * requests failed that no threshold covers (`failures` of them). */
int verdict_exit_code(const struct verdict *v, const struct engine_result *run,
                      const struct record_totals *totals, bool crossed, uint64_t failures,
                      int on_failure);

#endif
