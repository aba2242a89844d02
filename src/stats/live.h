/*
 * live: the current state of a run, for the progress line and the page.
 *
 * One thread feeds finished requests, others take snapshots. Memory is constant: a ring of
 * one-second slots, each with a small histogram. Numbers of the window are approximate in two ways
 * that do not matter on a screen. Percentiles are within 0.8 % (hist.h, 6 bits). And a request that
 * arrives here after its second has left the ring (eight seconds) counts only in the totals. Final
 * tables never use it.
 *
 * Ownership: heap, live_free(NULL) is allowed. Thread: any for live_add() and live_snapshot(). A
 * mutex guards the ring; it is held for one batch or for merging five histograms: microseconds.
 */
#ifndef STATS_LIVE_H
#define STATS_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/request.h"

#define LIVE_WINDOW_S 5
#define LIVE_NO_VALUE INT64_MIN

struct live;

struct live_snapshot {
    uint64_t requests, failures; /* since the start, of completed requests */
    uint64_t unsendable;         /* not in `requests`: they could not be built */
    double requests_per_second, failures_per_second;
    int64_t p50_us, p95_us; /* LIVE_NO_VALUE if no request ended in the window */
};

int live_new(struct live **out, struct err *e);
void live_free(struct live *l);

void live_add(struct live *l, const struct request *requests, size_t n);

/* Rates and percentiles cover the last LIVE_WINDOW_S whole seconds before now_ns, or as many as
 * there are. In the first second, they cover what there is of it. */
void live_snapshot(struct live *l, int64_t now_ns, struct live_snapshot *out);

/* A part of a load: appends a line "second S REQUESTS FAILURES HISTOGRAM" (hist_text.h) for each
 * second in which requests ended since the last call, and forgets them. */
void live_take(struct live *l, struct buf *out);

/* The whole: adds what is behind "second " of such a line. A second that has left the ring is
 * ignored. The totals do not change. */
int live_join(struct live *l, const char *line, struct err *e);

#endif
