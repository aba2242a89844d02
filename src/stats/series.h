/*
 * series: requests, failures and response times of each second, by the second in which a request
 * ended; for a long run also in equal steps of several seconds. A percentile of a step is computed
 * from all its requests, because the mean of the seconds' percentiles would be wrong.
 *
 * Requests come nearly in the order of their end. So the response times of a second or step are
 * held until requests end SERIES_LATE_S seconds later. Then its exact median and 95th percentile
 * (quantile.h) are computed, and its times are freed. If a request comes later than that, or more
 * than SERIES_HELD_MAX times would have to be held, series_needs_collecting() returns true and all
 * requests have to be given once more. So the numbers are exact for any order of requests, and
 * memory is bounded.
 *
 * Percentiles are given even if few requests ended: they show the course of the run and make no
 * claim about its distribution.
 *
 * Ownership: heap, series_free(NULL) is allowed. Thread: plain data, owned by the caller.
 */
#ifndef STATS_SERIES_H
#define STATS_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* 115 days. It is an error if a request ends later: the file is damaged, or too long to draw. */
#define SERIES_SECONDS_MAX 10000000

#define SERIES_LATE_S 10
#define SERIES_HELD_MAX                                                                            \
    ((size_t)1 << 20) /* response times in the first reading; the second one may hold more */

struct series;

struct series_second {
    uint64_t requests, failures;
    double median_ms, p95_ms; /* NAN if no request ended */
};

/* step_seconds: the probable length of steps. Another length in series_plan() needs a second
 * reading. */
int series_new(int64_t step_seconds, struct series **out, struct err *e);
void series_free(struct series *s);

/* end_us counts from the start of the run. A negative response_us means that there is none. */
int series_count(struct series *s, int64_t end_us, int64_t response_us, bool failed, struct err *e);
int series_collect(struct series *s, int64_t end_us, int64_t response_us, struct err *e);

/* Call it once, between the readings: sets the length of steps. For 1, a step is a second. */
int series_plan(struct series *s, int64_t step_seconds, struct err *e);

/* Returns false if the second reading is not needed. */
bool series_needs_collecting(const struct series *s);

/* Fails if the two readings differ. */
int series_finish(const struct series *s, struct err *e);

/* Seconds up to the last end. `second` must be below series_seconds(). */
size_t series_seconds(const struct series *s);
void series_at(const struct series *s, size_t second, struct series_second *out);

/* The same for steps; counts are of the whole step. Step i begins at second i * step_seconds. */
int64_t series_step_seconds(const struct series *s);
size_t series_steps(const struct series *s);
void series_step_at(const struct series *s, size_t step, struct series_second *out);

#endif
