/*
 * gate_answer: how a streamed answer went, in what thresholds are about.
 *
 * What the words mean is not decided here: whoever gives one takes its numbers from where reports
 * have them.
 *
 * Ownership: plain data; the gaps are borrowed for the call. Thread: any.
 */
#ifndef GATE_GATE_ANSWER_H
#define GATE_GATE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/request.h"

/* REQUEST_NO_VALUE: there is none. */
struct gate_answer {
    int64_t ttft_us, ttfo_us;
    int64_t time_per_token_ns;
    int64_t gap_max_us, e2e_us;
    uint64_t tokens;
    /* The gaps one after the other: *at begins as `gaps`; false at the end. */
    const char *gaps;
    bool (*next_gap)(const char **at, int64_t *gap_us);
};

#endif
