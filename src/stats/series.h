/*
 * series: requests, failures and response times second by second, by the second in which a request
 * ended; of a long run in equal steps of several seconds, too. A percentile of a step is that of
 * all its requests: no mean of the seconds' percentiles tells it.
 *
 * Requests come nearly in the order of their end. So the response times of a second or step are
 * held until requests end SERIES_LATE_S seconds after it, then its exact median and 95th percentile
 * (quantile.h) are taken and they are let go. Where a request comes later than that, or more are in
 * progress than SERIES_HELD_MAX, series_needs_collecting() says so, and all requests have to be
 * given once more. So the numbers are exact in whatever order requests come, and memory is bounded.
 *
 * Percentiles are given wherever a request ended, however few they were: this is a picture of the
 * run's course, not a claim about its distribution.
 *
 * Ownership: heap, series_free(NULL) is fine. Thread: plain data, owned by the caller.
 */
#ifndef STATS_SERIES_H
#define STATS_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* 115 days; a request that ends later is an error: the file is damaged, or too long to be drawn. */
#define SERIES_SECONDS_MAX 10000000

#define SERIES_LATE_S 10
#define SERIES_HELD_MAX                                                                            \
    ((size_t)1 << 20) /* response times; a second or step of its own may have more */

struct series;

struct series_second {
    uint64_t requests, failures;
    double median_ms, p95_ms; /* NAN where no request ended */
};

/* Steps of this many seconds will probably be needed: else they take another reading. */
int series_new(int64_t step_seconds, struct series **out, struct err *e);
void series_free(struct series *s);

/* end_us: from the start of the run; response_us negative: none. */
int series_count(struct series *s, int64_t end_us, int64_t response_us, bool failed, struct err *e);
int series_collect(struct series *s, int64_t end_us, int64_t response_us, struct err *e);

/* Between the readings, once: steps of this many seconds are needed; for 1, a step is a second. */
int series_plan(struct series *s, int64_t step_seconds, struct err *e);

/* False: the second reading can be left out, the first has told all. */
bool series_needs_collecting(const struct series *s);

/* Fails where the two readings differ. */
int series_finish(const struct series *s, struct err *e);

/* As many seconds as the last end calls for; `second` must be below series_seconds(). */
size_t series_seconds(const struct series *s);
void series_at(const struct series *s, size_t second, struct series_second *out);

/* The same of steps; the counts are of the whole step. Step i begins with second i *
 * step_seconds. */
int64_t series_step_seconds(const struct series *s);
size_t series_steps(const struct series *s);
void series_step_at(const struct series *s, size_t step, struct series_second *out);

#endif
