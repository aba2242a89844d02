/*
 * live_table: what each endpoint of a run has done so far, and in its last seconds.
 *
 * One thread feeds finished requests, others read. Counts are exact: at the end they equal the rows
 * of the run file. Percentiles are within 1.6 % (hist.h, 5 bits). Final tables never use them.
 *
 * A row has its memory from its first request on: about 140 kB of addresses, of which the pages
 * that its times touch are used, 50 kB. If memory runs out, the row has counts and no percentiles.
 * A request that arrives here after its second has left the ring (eight seconds) counts since the
 * start, and not in its second.
 *
 * The parts of a load each take what is new from their table, as lines, and the whole joins them:
 *
 *     row ROW REQUESTS FAILURES UNSENDABLE DROPPED CANCELLED BYTES TIMED SUM MIN MAX STREAMS TOKENS
 *         { COUNT }, LIVE_TABLE_BOUNDS + 1 times
 *     second ROW S REQUESTS FAILURES TOKENS HISTOGRAM      what ended in second S: hist_text.h
 *     ttft ROW S HISTOGRAM
 *
 * ROW is a number, or "all" for the sum.
 *
 * The last row is the sum of all. It makes no names and does not merge endpoints.
 * Ownership: heap, live_table_free(NULL) is allowed. Thread: any; a mutex is held for one batch or
 * for one row.
 */
#ifndef STATS_LIVE_TABLE_H
#define STATS_LIVE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/request.h"

#define LIVE_WINDOW_S 5
#define LIVE_NO_VALUE INT64_MIN

/* Upper bounds of response times, for counts that can be added up over machines and runs. */
#define LIVE_TABLE_BOUNDS 17
extern const int64_t live_table_bounds_us[LIVE_TABLE_BOUNDS];

/* LIVE_NO_VALUE if there is none. In a row, p95 and p99 are those that enough requests support
 * (quantile.h); a second has them in any case, as in the report's figures. */
struct live_times {
    int64_t p50_us, p95_us, p99_us;
};

struct live_row {
    /* Since the start. `requests` are completed: outcome_is_timed(). */
    uint64_t requests, failures;
    uint64_t unsendable, dropped, cancelled; /* not in `requests` */
    uint64_t bytes_received;
    uint64_t timed; /* requests with a response time: those of sum, min, max and counts */
    int64_t sum_us, min_us, max_us;
    uint64_t
        counts[LIVE_TABLE_BOUNDS + 1]; /* up to each bound and above the one before; the rest */
    struct live_times whole;
    uint64_t streams, tokens; /* streamed responses and their output tokens */
    /* Over the last LIVE_WINDOW_S whole seconds, or as many as there are. */
    double requests_per_second, failures_per_second, tokens_per_second;
    struct live_times recent, ttft;
};

/* One second of all requests, after its end. */
struct live_second {
    uint64_t requests, failures, tokens;
    struct live_times response, ttft;
};

struct live_table;

int live_table_new(size_t rows, struct live_table **out, struct err *e);
void live_table_free(struct live_table *t);

/* row_of: the row of each endpoint. */
void live_table_add(struct live_table *t, const uint32_t *row_of, const struct request *requests,
                    size_t n);

/* A streamed response, in addition. ttft_us may be REQUEST_NO_VALUE. */
void live_table_stream(struct live_table *t, size_t row, int64_t end_us, int64_t ttft_us,
                       uint64_t tokens);

/* The state of all rows at now_ns: `rows` and one for the sum, all counts of one moment. */
void live_table_read(struct live_table *t, int64_t now_ns, struct live_row *out);

typedef void live_band_fn(void *context, int64_t from_us, uint64_t count);

/* At each value since the start that is not 0, calls `band` with a time in the middle of those that
 * it stands for, and their count. The last row is the sum. */
void live_table_times(struct live_table *t, size_t row, live_band_fn *band, void *context);

/* A second that ended less than LIVE_WINDOW_S seconds ago. At each value of heatmap bands that is
 * not 0, calls `band` with its lowest time and its count. */
void live_table_second(struct live_table *t, int64_t second, struct live_second *out,
                       live_band_fn *band, void *context);

/* Adds the counts of a row to another one. */
void live_row_add(struct live_row *to, const struct live_row *by);

/* A part: appends the lines of what is new since the last call, and forgets it. `rows`: of each
 * row; otherwise only of the sum. *sum gets the counts of the sum, without percentiles. */
void live_table_take(struct live_table *t, bool rows, struct live_row *sum, struct buf *out);

/* The whole: adds such a line, of a row also to the sum. Percentiles since the start are of what
 * its seconds have. On failure, some of it may have been added. */
int live_table_join(struct live_table *t, const char *line, struct err *e);
bool live_table_is_line(const char *line);

#endif
