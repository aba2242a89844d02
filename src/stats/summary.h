/*
 * summary: what the request statistics of a run are made of, per entry (an endpoint) and over all
 * of them.
 *
 * Every request is given to summary_count(). Where the times of all fitted into SUMMARY_KEEP_BYTES,
 * summary_plan() and summary_finish() then make every number exact. Where they did not,
 * summary_needs_collecting() says so, and the same requests have to be given once more, to
 * summary_collect() (select.h). So memory is bounded whatever their number.
 *
 * What counts: `requests` are those that came to an end of their own, failed
 * ones too, and the failed ones count in every latency and size. not_sent, cancelled and unsendable
 * have no time and are counted separately: `failures` are never more than `requests`.
 *
 * Requests per second are requests over a period. Exact: the duration of the run, as given to
 * summary_row(). Locust's rules: from the start of the run to the end of the last request of any
 * entry.
 *
 * Latencies are response times (from the intended start where there is one). Service times are kept
 * beside them from the first request on that tells the two apart; until then they are the same
 * numbers.
 *
 * Ownership: heap, summary_free(NULL) is fine. Thread: plain data, owned by the caller.
 */
#ifndef STATS_SUMMARY_H
#define STATS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/quantile.h"
#include "util/err.h"
#include "util/request.h"

/* The percentiles of the paper's Table II: 50 60 70 80 90 95 99 100. */
#define SUMMARY_LEVELS 8
extern const int summary_levels[SUMMARY_LEVELS];

enum summary_rule { SUMMARY_EXACT, SUMMARY_LOCUST };

/* Four bytes for each microsecond between the fastest and the slowest request of an endpoint, if it
 * has requests enough: some 20 endpoints whose answers take up to 200 ms. */
#define SUMMARY_KEEP_BYTES ((size_t)16 << 20)

struct summary;

/* Between which two times of the sample the true percentile lies, in 95 of 100 such samples
 * (interval.h). NAN where the requests are too few to tell, and for the maximum. */
struct summary_interval {
    double low_ms, high_ms;
};

/* Milliseconds; NAN where there is no such number: no request, or a percentile that they do not
 * support. Under Locust's rules the intervals are of rounded times too. */
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

/* The row over all entries has this number. */
#define SUMMARY_AGGREGATED SIZE_MAX

/* Exact rules leave out a percentile that the requests do not support (quantile.h); Locust's show
 * all. */
int summary_new(size_t entries, enum summary_rule rule, struct summary **out, struct err *e);
/* Another bound than SUMMARY_KEEP_BYTES, before the first request. */
void summary_keep(struct summary *s, size_t bytes);
void summary_free(struct summary *s);

void summary_count(struct summary *s, size_t entry, const struct request *x);

/* `distribution`: whether summary_distribution() will be asked for. */
int summary_plan(struct summary *s, bool distribution, struct err *e);

/* False: the second reading can be left out, the first has told all. */
bool summary_needs_collecting(const struct summary *s);
void summary_collect(struct summary *s, size_t entry, const struct request *x);
int summary_finish(struct summary *s, struct err *e);

/* Whether any request has a response time that is not its service time. */
bool summary_times_differ(const struct summary *s);

void summary_row(const struct summary *s, size_t entry, int64_t duration_us,
                 struct summary_row *out);

/* Response times at the levels of a percentile plot, exact under either rule. Returns how many. */
size_t summary_distribution(const struct summary *s, size_t entry,
                            struct quantile_level levels[QUANTILE_LEVELS_MAX],
                            double response_ms[QUANTILE_LEVELS_MAX]);

#endif
