/*
 * heatmap: counts requests by time and latency, for a picture of a run in which cold starts, stalls
 * and two kinds of service are visible at a glance.
 *
 * Time is divided into at most HEATMAP_COLUMNS_MAX columns of equal, round length. Latency is
 * divided into bands whose edges grow by the factor 10^(1/80) (2.9 %): band b holds the whole
 * microseconds from ceil(10^(b/80)) on. The first band also has what is faster than a microsecond,
 * the last one what is slower than the last edge (2.8 h). It draws nothing and has no colours.
 *
 * Memory does not grow with the requests. Ownership: heap, heatmap_free(NULL) is allowed. Thread:
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

/* run_us is the length of the run; it may be 0. */
int heatmap_new(int64_t run_us, struct heatmap **out, struct err *e);
void heatmap_free(struct heatmap *h);

/* Call it if the run turned out to have another length, and nothing lies beyond it. Returns false
 * if the counts cannot be used for that length. */
bool heatmap_resize(struct heatmap *h, int64_t run_us);

/* at_us counts from the start of the run. After the end of the run, a request counts in the last
 * column; before the start, in the first. A negative latency is not counted. */
void heatmap_add(struct heatmap *h, int64_t at_us, int64_t latency_us);

size_t heatmap_columns(const struct heatmap *h); /* at least 1 */
int64_t heatmap_column_us(const struct heatmap *h);

/* Bands grouped into rows that are high enough to see. */
struct heatmap_rows {
    size_t first; /* the lowest band that has a request, or a little below */
    /* Bands per row: a divisor or a multiple of a decade's bands, so that decades begin with a
     * row. */
    size_t bands;
    size_t count;     /* number of rows; 0: no request */
    uint64_t highest; /* the largest count of one column and row */
};

/* Makes the rows as fine as rows_max (at least 1) allows. */
void heatmap_rows(const struct heatmap *h, size_t rows_max, struct heatmap_rows *out);

/* Requests in one column and row. column < heatmap_columns(), row < rows->count. */
uint64_t heatmap_at(const struct heatmap *h, const struct heatmap_rows *rows, size_t column,
                    size_t row);

/* The lower edge of a row in microseconds, exactly 10^(band/80). row <= rows->count. */
double heatmap_edge_us(const struct heatmap_rows *rows, size_t row);

/* Counts are shown by order of magnitude: level k holds the counts from 2^(k*step) to
 * 2^((k+1)*step) - 1. `highest` is the largest count. levels_max (at least 1) is the number of
 * colours available. */
struct heatmap_levels {
    unsigned step;
    size_t count; /* 0: no request */
};

void heatmap_levels(uint64_t highest, size_t levels_max, struct heatmap_levels *out);
size_t heatmap_level(const struct heatmap_levels *l, uint64_t count); /* count > 0 */
uint64_t heatmap_level_from(const struct heatmap_levels *l, size_t level);

#endif
