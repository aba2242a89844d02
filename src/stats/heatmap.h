/*
 * heatmap: counts of requests by time and latency, as a picture of a run wants them: where a cold
 * start, a stall or two kinds of service are seen at a glance.
 *
 * Time is cut into columns of one length, a round one, so that a run has HEATMAP_COLUMNS_MAX of
 * them at most. Latency is cut into bands whose edges grow by the same factor, 10^(1/80) (2.9 %):
 * band b holds the whole microseconds from ceil(10^(b/80)) on. What is faster than a microsecond is
 * in the first band, what is slower than the last edge (2.8 h) in the last one. It draws nothing
 * and knows no colours.
 *
 * Memory does not grow with the requests. Ownership: heap, heatmap_free(NULL) is fine. Thread:
 * plain data, owned by the caller.
 */
#ifndef STATS_HEATMAP_H
#define STATS_HEATMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define HEATMAP_COLUMNS_MAX 150
#define HEATMAP_BANDS_PER_DECADE 80
#define HEATMAP_BANDS (10 * HEATMAP_BANDS_PER_DECADE)

struct heatmap;

/* For a run of that length; it may be 0. */
int heatmap_new(int64_t run_us, struct heatmap **out, struct err *e);
void heatmap_free(struct heatmap *h);

/* The run was found to be of another length, and nothing lies beyond it. False: what was counted is
 * of no use for that length. */
bool heatmap_resize(struct heatmap *h, int64_t run_us);

/* at_us: from the start of the run; after the run's end it counts in the last column, before its
 * start in the first. A negative latency counts nowhere. */
void heatmap_add(struct heatmap *h, int64_t at_us, int64_t latency_us);

size_t heatmap_columns(const struct heatmap *h); /* 1 at least */
int64_t heatmap_column_us(const struct heatmap *h);

/* Some bands taken together, so that a picture has rows that can be seen. */
struct heatmap_rows {
    size_t first;     /* the lowest band with a request in it, or a little below */
    size_t bands;     /* in a row: a divisor of a decade's, so that decades begin with a row */
    size_t count;     /* rows; 0: no request */
    uint64_t highest; /* the most requests in one field of column and row */
};

/* As fine as rows_max (1 at least) allows. */
void heatmap_rows(const struct heatmap *h, size_t rows_max, struct heatmap_rows *out);

/* Requests in a field; column < heatmap_columns(), row < rows->count. */
uint64_t heatmap_at(const struct heatmap *h, const struct heatmap_rows *rows, size_t column,
                    size_t row);

/* The lower edge of a row, row <= rows->count; in microseconds, exactly 10^(band/80). */
double heatmap_edge_us(const struct heatmap_rows *rows, size_t row);

/* Counts are shown by their order of magnitude: level k holds those from 2^(k*step) to
 * 2^((k+1)*step) - 1. `highest` is the largest count and levels_max (1 at least) the most levels
 * that there are colours for. */
struct heatmap_levels {
    unsigned step;
    size_t count; /* 0: no request */
};

void heatmap_levels(uint64_t highest, size_t levels_max, struct heatmap_levels *out);
size_t heatmap_level(const struct heatmap_levels *l, uint64_t count); /* of a count above 0 */
uint64_t heatmap_level_from(const struct heatmap_levels *l, size_t level);

#endif
