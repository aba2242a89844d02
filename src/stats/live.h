/*
 * live: what a run looks like right now, for the progress line and the page.
 *
 * One thread feeds finished requests, others take snapshots. Memory is constant: a ring of
 * one-second slots, each with a small histogram. Numbers of the window are approximate in two ways
 * that do not matter on a screen: percentiles are within 0.8 % (hist.h, 6 bits), and a request that
 * arrives here after its second has left the ring (eight seconds) counts in the totals alone. Final
 * tables never come from here.
 *
 * Ownership: heap, live_free(NULL) is fine. Thread: live_add() and live_snapshot() from any; a
 * mutex guards the ring and is held for a batch, or for the merge of five histograms: microseconds.
 */
#ifndef STATS_LIVE_H
#define STATS_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/request.h"

#define LIVE_WINDOW_S 5
#define LIVE_NO_VALUE INT64_MIN

struct live;

struct live_snapshot {
    uint64_t requests, failures; /* since the start, of those that came to an end of their own */
    uint64_t unsendable;         /* beside them: they could not be built */
    double requests_per_second, failures_per_second;
    int64_t p50_us, p95_us; /* LIVE_NO_VALUE where no request ended in the window */
};

int live_new(struct live **out, struct err *e);
void live_free(struct live *l);

void live_add(struct live *l, const struct request *requests, size_t n);

/* Rates and percentiles are those of the last LIVE_WINDOW_S whole seconds before now_ns, or of as
 * many as there were; in the first second, of what there is of it. */
void live_snapshot(struct live *l, int64_t now_ns, struct live_snapshot *out);

#endif
