/*
 * series_table: the time series of a scraped endpoint, each with its number and last value.
 *
 * A series is identified by its metric and labels. The table decides which points get a row: all
 * points of a gauge, and those of a counter that differ from the one before. Its size is limited;
 * samples that do not fit are counted.
 *
 * Ownership: embedded; zero-initialise an empty one; series_table_done() frees. Texts are copied.
 * Thread: one.
 */
#ifndef CLI_SERIES_TABLE_H
#define CLI_SERIES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_TABLE_MAX 5000

struct series_entry {
    char *metric;
    char *labels; /* in the same allocation */
    uint64_t hash;
    double last;
};

struct series_table {
    struct series_entry *entries; /* by number */
    size_t count, room;
    uint32_t *slots; /* open addressing: number + 1; 0: free */
    size_t slot_count;
    uint64_t refused; /* samples of series that did not fit */
};

enum series_found {
    SERIES_NEW,   /* add a row for the series and one for the point */
    SERIES_POINT, /* add a row for the point */
    SERIES_SAME,  /* add no row */
    SERIES_NO_ROOM,
    SERIES_NO_MEMORY
};

/* *number is set for the first three. `value` must be finite. */
enum series_found series_table_take(struct series_table *t, const char *metric, const char *labels,
                                    bool cumulative, double value, uint32_t *number);

void series_table_done(struct series_table *t);

#endif
