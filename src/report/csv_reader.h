/*
 * csv_reader: walks the rows of a CSV text (RFC 4180) in place.
 *
 * Quoted fields may hold commas, doubled quotes and line ends. It does not know headers, types or
 * other separators.
 *
 * Ownership: the text belongs to the caller and is overwritten; fields point into it. Thread: plain
 * data.
 */
#ifndef REPORT_CSV_READER_H
#define REPORT_CSV_READER_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

struct csv_reader {
    char *at;     /* the next row; NULL or "" at the end */
    int64_t line; /* where the row that was read last begins, from 1 */
    int64_t next_line;
};

/* `text` is NUL-terminated, or NULL for an empty one. */
void csv_reader_init(struct csv_reader *r, char *text);

/* Reads one row of exactly `n` fields: 1 when there was one, 0 at the end, -1 when it is
 * malformed (the error says which line, not which file). */
int csv_reader_next(struct csv_reader *r, char *fields[], size_t n, struct err *e);

/* The field as a number, NaN where it is empty. */
int csv_reader_number(const struct csv_reader *r, const char *field, double *value, struct err *e);

#endif
