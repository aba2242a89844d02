/*
 * figure_lines: turns the CSV of latency distributions into what gnuplot draws, one line per
 * endpoint.
 *
 * The CSV has a header and the columns endpoint, percentile, inverse, latency_ms; the rows of an
 * endpoint follow each other, the last of them is the maximum, whose inverse is the number of
 * requests. Of many endpoints the few with the most requests are drawn, beside Aggregated, and the
 * legend says so.
 *
 * Names of endpoints come from others, and gnuplot runs what it finds between backticks in a
 * script. So a name goes into the data only, as the quoted head of its block, and comes out of
 * figure_lines_name before: one line of printable UTF-8 without quotes, short enough for a legend.
 *
 * Ownership: the caller's buffers; `csv` is overwritten. Thread: any.
 */
#ifndef REPORT_FIGURE_LINES_H
#define REPORT_FIGURE_LINES_H

#include "util/buf.h"
#include "util/err.h"

/* The name of the row set over all endpoints. */
#define FIGURE_LINES_AGGREGATED "Aggregated"

/* At most this many endpoints have a line of their own. */
#define FIGURE_LINES_MAX 6

/* Appends gnuplot commands (the axes, lines, aggregated, legend...) and the data: a block per
 * line. */
int figure_lines(char *csv, struct buf *settings, struct buf *data, struct err *e);

/* Appends `name` as a legend can show it; what had to go in the middle became "…". */
void figure_lines_name(struct buf *out, const char *name);

/* Appends such a name with ? for everything beyond Latin, Greek and Cyrillic letters: where a
 * font lacks a letter, gnuplot 5.4 draws the box for it twenty times too large into the PNG. A
 * browser does better with the SVG. */
void figure_lines_plain_name(struct buf *out, const char *name);

#endif
