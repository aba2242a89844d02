/*
 * metrics: the numbers of a run that monitoring systems get: Prometheus, OpenTelemetry, InfluxDB.
 *
 * Two tables say what there is, so that all formats have the same numbers. A format walks them in
 * its own order; it also has the thresholds, the verdict and the histogram of response times, which
 * are no single numbers. Endpoints beyond METRICS_ENDPOINTS_MAX are one row together, so that a
 * receiver never gets an unbounded number of series. docs/live.md lists the numbers.
 *
 * Ownership: a status is borrowed. Thread: that of the status.
 */
#ifndef CONTROL_METRICS_H
#define CONTROL_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/status.h"
#include "util/buf.h"

#define METRICS_ENDPOINTS_MAX 200

struct metrics_about {
    const char *name; /* without unit, as "response_time" */
    const char *unit; /* UCUM: "s", "By", or in braces what is counted */
    const char *help;
    bool counter; /* otherwise a gauge */
};

/* Of each endpoint: counters. */
struct metrics_count {
    struct metrics_about about;
    bool streams; /* only if status_run.streams */
    uint64_t (*value)(const struct live_row *r);
};
#define METRICS_COUNTS 8
extern const struct metrics_count metrics_counts[METRICS_COUNTS];

/* Of each endpoint: the times of live_row.counts, in seconds. */
extern const struct metrics_about metrics_response_time;

/* Of the run. */
struct metrics_number {
    struct metrics_about about;
    bool whole; /* always a whole number */
    double (*value)(const struct status *s);
};
#define METRICS_NUMBERS 11
extern const struct metrics_number metrics_numbers[METRICS_NUMBERS];

extern const struct metrics_about metrics_threshold_state, metrics_threshold_margin,
    metrics_verdict;

#define METRICS_VERDICTS 3
extern const char *const metrics_verdicts[METRICS_VERDICTS];

/* The rows of a status, of which the last may be that of all other endpoints, without a method. */
struct metrics_rows {
    const struct status_row *rows;
    size_t shown, count; /* those of the status; with the last */
    struct status_row rest;
};

void metrics_rows_init(struct metrics_rows *m, const struct status *s);
const struct status_row *metrics_row(const struct metrics_rows *m, size_t i);

/* Appends a name in the form that every receiver gets: at most 300 bytes of it, control characters
 * and invalid bytes as \xNN. */
void metrics_text(struct buf *out, const char *text);

#endif
