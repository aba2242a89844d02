/*
 * hanging: requests that were cancelled at the end of a run, but would not have ended anyway.
 *
 * A request in progress at the end counts as cancelled, not as failed. So a target that never
 * completes some of its answers looks better in a short run than it is. A cancelled request hung if
 * it had been silent for at least HANGING_MIN_US, and for HANGING_FACTOR times the longest wait of
 * any complete answer to the same request. A wait is the time to the end of an answer; for a stream
 * it is the time to the first token, or between two tokens. A request that was never answered is
 * held to the longest wait of all others. Below HANGING_ANSWERS complete answers nothing is said.
 *
 * It does not change any row. Ownership: plain data. Thread: the writer's, then the caller's.
 */
#ifndef CLI_HANGING_H
#define CLI_HANGING_H

#include <stdint.h>

#include "control/control.h"
#include "report/remark.h"

#define HANGING_MIN_US INT64_C(1000000)
#define HANGING_FACTOR 3
#define HANGING_ANSWERS 10

/* The endpoint with most of them. */
struct hanging_result {
    uint64_t count;    /* requests of all endpoints that hung; 0: the rest is not set */
    uint64_t of_worst; /* of the endpoint */
    uint32_t endpoint;
    int64_t silent_us;  /* the longest silence of the endpoint's */
    int64_t longest_us; /* wait of a complete answer */
};

extern const struct control_listener hanging_listener;

struct scenario; /* from scenario/scenario.h */

/* Adds the doubt about the run, if there is one. */
void hanging_doubt(const struct hanging_result *h, const struct scenario *s, struct lines *out);

#endif
