/*
 * figure_heat: turns the CSV of a heat map into what gnuplot draws.
 *
 * The CSV has a header, and in its rows the ends of a field in seconds and in ms and the requests
 * in it. Its last row has the end of the run and nothing else. Counts get the levels of
 * stats/heatmap.h and the colours of heat_colours.h.
 *
 * Ownership: the caller's buffers; `csv` is overwritten. Thread: any.
 */
#ifndef REPORT_FIGURE_HEAT_H
#define REPORT_FIGURE_HEAT_H

#include "util/buf.h"
#include "util/err.h"

/* Appends gnuplot commands (the axes, the palette, `empty = 1` where there is nothing) and the data:
 * a field a line, with its level. */
int figure_heat(char *csv, struct buf *settings, struct buf *data, struct err *e);

#endif
