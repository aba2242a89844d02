/*
 * locust_stats: what Locust's RequestStats would hold after the same requests in the same order,
 * for files that must equal Locust's byte for byte.
 *
 * It follows locust/stats.py (2.44). Response times are rounded before they are counted (locust.h).
 * Sums of times are doubles, added in the order of the requests. Rates cover the time up to the
 * last request of any entry. Current rates cover the ten seconds that end two seconds before it.
 * Current percentiles come from the difference to a copy that is about ten seconds old. Locust logs
 * a request when it ends, so its clock never goes back: if a request is given here after one that
 * ended later, it counts as if it ended then.
 *
 * Memory is bounded for any number of requests: about 300 counters per entry (Locust's rounded
 * times; one more for each second above ten), twenty copies of them if current percentiles are
 * needed, and a few words for each kind of error. Beyond LOCUST_ERRORS_MAX, the other kinds count
 * as one. It holds no names and writes nothing.
 *
 * Ownership: heap; locust_stats_free(NULL) is allowed. Thread: one at a time.
 */
#ifndef STATS_LOCUST_STATS_H
#define STATS_LOCUST_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/request.h"

/* PERCENTILES_TO_REPORT: 50 66 75 80 90 95 98 99 99.9 99.99 100. */
#define LOCUST_LEVELS 11

/* Number of the row over all entries. */
#define LOCUST_TOTAL SIZE_MAX

#define LOCUST_ERRORS_MAX 10000
#define LOCUST_ERROR_OTHERS UINT32_MAX /* stands for the kinds beyond LOCUST_ERRORS_MAX */

struct locust_stats;

/* Times of day are microseconds since 1970. */
struct locust_error {
    size_t entry;
    uint32_t error;
    uint64_t count;
    int64_t first_us, last_us;
};

struct locust_row {
    bool called; /* Locust has no entry for what was never called */
    uint64_t requests, failures;
    double median_ms, average_ms, min_ms, max_ms;
    /* True: it is the minimum or maximum, which is a float in Locust; else it is a whole number. */
    bool median_exact;
    double average_bytes;
    double requests_per_second, failures_per_second; /* of the whole run */
    double current_requests, current_failures;       /* per second */
    int64_t ms[LOCUST_LEVELS];
};

/* `current`: whether locust_stats_current() will be called. */
int locust_stats_new(size_t entries, int64_t start_us, bool current, struct locust_stats **out,
                     struct err *e);
void locust_stats_free(struct locust_stats *s);

/* For who has counts, and no requests: what is known of an entry that was not there before, or of
 * the total. Then locust_stats_times() for its times, and the errors. Rates are those of a few
 * seconds that the caller knows. */
struct locust_counts {
    uint64_t failures, bytes;
    int64_t sum_us, min_us, max_us;
    int64_t last_us; /* of the day: its newest request */
    double requests_per_second, failures_per_second;
};
int locust_stats_put(struct locust_stats *s, size_t entry, const struct locust_counts *by,
                     struct err *e);
int locust_stats_times(struct locust_stats *s, size_t entry, int64_t us, uint64_t count,
                       struct err *e);
int locust_stats_error(struct locust_stats *s, const struct locust_error *by, struct err *e);

/* Adds a completed request (outcome_is_timed()). `error` identifies the error text of a failed
 * request. */
int locust_stats_log(struct locust_stats *s, size_t entry, const struct request *x, uint32_t error,
                     struct err *e);

void locust_stats_row(const struct locust_stats *s, size_t entry, struct locust_row *out);

/* The percentiles of about the last ten seconds. now_us is the time of day. */
void locust_stats_current(const struct locust_stats *s, size_t entry, int64_t now_us,
                          int64_t ms[LOCUST_LEVELS]);

/* Kinds of errors, in the order of their first request. */
size_t locust_stats_errors(const struct locust_stats *s, const struct locust_error **out);

#endif
