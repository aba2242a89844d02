/*
 * summary: the request statistics of a run, per entry (an endpoint) and over all entries.
 *
 * Give every request to summary_count(). If all times fit into SUMMARY_KEEP_BYTES, summary_plan()
 * and summary_finish() then make every number exact. If not, summary_needs_collecting() returns
 * true, and the same requests have to be given once more, to summary_collect() (select.h). So
 * memory is bounded for any number of requests.
 *
 * What counts: `requests` has all requests that completed (outcome_is_timed()), including failed
 * ones. Failed ones count in every latency and size. not_sent, cancelled and unsendable requests
 * have no time and are counted separately, so `failures` never exceeds `requests`.
 *
 * Requests per second are requests divided by a period. Exact rules: the duration of the run, as
 * given to summary_row(). Locust's rules: from the start of the run to the end of the last request
 * of any entry.
 *
 * Latencies are response times (from the intended start if there is one). Service times are counted
 * separately from the first request on whose two times differ. Until then they are the same
 * numbers.
 *
 * Ownership: heap, summary_free(NULL) is allowed. Thread: plain data, owned by the caller.
 */
#ifndef STATS_SUMMARY_H
#define STATS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/kept.h"
#include "stats/quantile.h"
#include "util/err.h"
#include "util/request.h"

/* The percentiles of the paper's Table II: 50 60 70 80 90 95 99 100. */
#define SUMMARY_LEVELS 8
extern const int summary_levels[SUMMARY_LEVELS];

enum summary_rule { SUMMARY_EXACT, SUMMARY_LOCUST };

/* Limit for kept times. They take up to four bytes for each microsecond between the fastest and the
 * slowest request of an endpoint, if it has enough requests: enough for some 20 endpoints whose
 * responses take up to 200 ms. */
#define SUMMARY_KEEP_BYTES ((size_t)16 << 20)

struct summary;

/* The two times of the sample that bound the true percentile in 95 of 100 such samples
 * (interval.h). NAN if there are too few requests, and for the maximum. */
struct summary_interval {
    double low_ms, high_ms;
};

/* Milliseconds. NAN marks a missing value: there are no requests, or too few for the percentile.
 * With Locust's rules, the intervals are of rounded times too. */
struct summary_row {
    uint64_t requests, failures;
    uint64_t not_sent, cancelled, unsendable;
    double average_ms, min_ms, max_ms, median_ms;
    double average_size_bytes;
    double requests_per_second, failures_per_second;
    double response_ms[SUMMARY_LEVELS];
    double service_ms[SUMMARY_LEVELS];
    struct summary_interval response_intervals[SUMMARY_LEVELS];
    struct summary_interval service_intervals[SUMMARY_LEVELS];
};

/* Number of the row over all entries. */
#define SUMMARY_AGGREGATED SIZE_MAX

/* Exact rules leave out a percentile that the requests do not support (quantile.h). Locust's rules
 * show all. */
int summary_new(size_t entries, enum summary_rule rule, struct summary **out, struct err *e);
/* Sets a limit other than SUMMARY_KEEP_BYTES. Call it before the first request. */
void summary_keep(struct summary *s, size_t bytes);
void summary_free(struct summary *s);

void summary_count(struct summary *s, size_t entry, const struct request *x);

/* `distribution`: whether summary_distribution() will be called. */
int summary_plan(struct summary *s, bool distribution, struct err *e);

/* Returns false if the second reading is not needed. */
bool summary_needs_collecting(const struct summary *s);
void summary_collect(struct summary *s, size_t entry, const struct request *x);
int summary_finish(struct summary *s, struct err *e);

/* Whether any request has a response time that differs from its service time. */
bool summary_times_differ(const struct summary *s);

void summary_row(const struct summary *s, size_t entry, int64_t duration_us,
                 struct summary_row *out);

/* Calls fn for the service times of an entry in microseconds, each with a count; the same time may
 * come several times. Returns false, and calls nothing, if they were not kept. */
bool summary_each_service(const struct summary *s, size_t entry, kept_fn *fn, void *context);

/* Response times at the levels of a percentile plot, exact with either rule. Returns the number of
 * levels. */
size_t summary_distribution(const struct summary *s, size_t entry,
                            struct quantile_level levels[QUANTILE_LEVELS_MAX],
                            double response_ms[QUANTILE_LEVELS_MAX]);

#endif
