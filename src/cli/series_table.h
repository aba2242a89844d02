/*
 * series_table: the series of a scraped endpoint, each with its number and its last value.
 *
 * A series is known by its metric and its labels. The table says which points are worth a row: all
 * of a gauge, of a counter those that differ from the one before. It is bounded; what comes when it
 * is full is counted.
 *
 * Ownership: embedded; zeroed is an empty one; series_table_done() frees. Texts are copied. Thread:
 * one.
 */
#ifndef CLI_SERIES_TABLE_H
#define CLI_SERIES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_TABLE_MAX 5000

struct series_entry {
    char *metric;
    char *labels; /* in the same memory */
    uint64_t hash;
    double last;
};

struct series_table {
    struct series_entry *entries; /* by number */
    size_t count, room;
    uint32_t *slots; /* open addressing: a number + 1, 0 where free */
    size_t slot_count;
    uint64_t refused; /* samples of series that found no room */
};

enum series_found {
    SERIES_NEW,   /* a row for the series, and one for the point */
    SERIES_POINT, /* a row for the point */
    SERIES_SAME,  /* no row */
    SERIES_NO_ROOM,
    SERIES_NO_MEMORY
};

/* *number is set for the first three. The value is finite. */
enum series_found series_table_take(struct series_table *t, const char *metric, const char *labels,
                                    bool cumulative, double value, uint32_t *number);

void series_table_done(struct series_table *t);

#endif
