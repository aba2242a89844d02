/*
 * figure_series: turns a CSV of values per second into what gnuplot draws.
 *
 * The CSV has a header, the second in the first column and one or two values in the others; an
 * empty cell is a second without a value. Long runs come out as means over equal steps. Where a
 * value has no neighbour, a line would not show it: it comes out as a lone point too.
 *
 * Ownership: the caller's buffers; `csv` is overwritten. Thread: any.
 */
#ifndef REPORT_FIGURE_SERIES_H
#define REPORT_FIGURE_SERIES_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/err.h"

struct figure_series_kind {
    int values;         /* columns after the second: 1 or 2 */
    bool response_time; /* the values are milliseconds; the first of them is the typical one */
    bool level;         /* values that hold until the next: drawn as steps */
    bool percent;       /* of a whole */
    bool amount;        /* a level that need not be a whole number */
    const char *what;   /* the response time's name; NULL: "Response time" */
};

/* Appends gnuplot commands (the axes, and `empty = 1` when there is nothing to draw) and the
 * data: the start and the middle of each step, the values, and the values that stand alone; for
 * a level its corners. */
int figure_series(char *csv, const struct figure_series_kind *kind, struct buf *settings,
                  struct buf *data, struct err *e);

#endif
