/*
 * locust_stats: what Locust's RequestStats would hold after the same requests in the same order,
 * for files that must equal Locust's byte for byte.
 *
 * The rules are those of locust/stats.py (2.44): response times are rounded before they are counted
 * (locust.h), sums of times are added up as doubles in the order of the requests, rates go up to
 * the last request of any entry, current rates are over the ten seconds that end two before it, and
 * current percentiles come from the difference to a copy that is about ten seconds old. Locust logs
 * a request when it ends, so its clock never goes back: a request that is given here after one that
 * ended later counts as ended then.
 *
 * Memory is bounded whatever the number of requests: about 300 counters an entry (Locust's rounded
 * times; one more for each second above ten), twenty copies of them where current percentiles are
 * wanted, and a few words for each kind of error, of which those past LOCUST_ERRORS_MAX count as
 * one. It holds no names and writes nothing.
 *
 * Ownership: heap; locust_stats_free(NULL) is fine. Thread: one at a time.
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

/* The row over all entries has this number. */
#define LOCUST_TOTAL SIZE_MAX

#define LOCUST_ERRORS_MAX 10000
#define LOCUST_ERROR_OTHERS UINT32_MAX /* the number of the text of those that were too many */

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
    bool median_exact; /* it is the minimum or maximum, so a float in Locust; else a whole number */
    double average_bytes;
    double requests_per_second, failures_per_second; /* of the whole run */
    double current_requests, current_failures;       /* per second */
    int64_t ms[LOCUST_LEVELS];
};

/* `current`: whether locust_stats_current() will be asked for. */
int locust_stats_new(size_t entries, int64_t start_us, bool current, struct locust_stats **out,
                     struct err *e);
void locust_stats_free(struct locust_stats *s);

/* A request that came to an end of its own. `error`: of a failed one, what tells its text from
 * others. */
int locust_stats_log(struct locust_stats *s, size_t entry, const struct request *x, uint32_t error,
                     struct err *e);

void locust_stats_row(const struct locust_stats *s, size_t entry, struct locust_row *out);

/* The percentiles of about the last ten seconds, at the time of day. */
void locust_stats_current(const struct locust_stats *s, size_t entry, int64_t now_us,
                          int64_t ms[LOCUST_LEVELS]);

/* Kinds of error in the order of their first request. */
size_t locust_stats_errors(const struct locust_stats *s, const struct locust_error **out);

#endif
