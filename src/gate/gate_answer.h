/*
 * gate_answer: how a streamed response went, with the values that thresholds use.
 *
 * It does not define these values. Whoever fills the struct takes them from the same place as the
 * reports.
 *
 * Ownership: plain data; the gaps are borrowed for the call. Thread: any.
 */
#ifndef GATE_GATE_ANSWER_H
#define GATE_GATE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "util/request.h"

/* REQUEST_NO_VALUE marks a missing value. */
struct gate_answer {
    int64_t ttft_us, ttfo_us;
    int64_t time_per_token_ns;
    int64_t gap_max_us, e2e_us;
    uint64_t tokens;
    /* The gaps between tokens. next_gap() reads one after another; set *at to `gaps` first. It
     * returns false at the end. */
    const char *gaps;
    bool (*next_gap)(const char **at, int64_t *gap_us);
};

#endif
