/*
 * series: requests, failures and response times second by second, by the second in which a request
 * ended.
 *
 * Every request is given twice, as to summary.h. The first reading counts; the second gathers the
 * response times of a second until all that the first one counted are there, takes their exact
 * median and 95th percentile (quantile.h) and lets them go. So the numbers are exact in whatever
 * order requests come, and memory holds the seconds under way only: requests come nearly in the
 * order of their end.
 *
 * Percentiles are given for every second in which a request ended, however few they were: this is a
 * picture of the run's course, not a claim about its distribution.
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

struct series;

struct series_second {
    uint64_t requests, failures;
    double median_ms, p95_ms; /* NAN where no request ended */
};

int series_new(struct series **out, struct err *e);
void series_free(struct series *s);

/* end_us: from the start of the run; response_us negative: none. */
int series_count(struct series *s, int64_t end_us, int64_t response_us, bool failed, struct err *e);
int series_collect(struct series *s, int64_t end_us, int64_t response_us, struct err *e);

/* Fails where the two readings differ. */
int series_finish(const struct series *s, struct err *e);

/* As many seconds as the last end calls for; `second` must be below series_seconds(). */
size_t series_seconds(const struct series *s);
void series_at(const struct series *s, size_t second, struct series_second *out);

#endif
