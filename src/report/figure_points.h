/*
 * figure_points: turns a CSV of single requests into what gnuplot draws.
 *
 * The CSV has a header, and in its rows a time in seconds, a latency in ms and a word: cold, warm
 * or unknown. Its last row has a time only, the end of the run. It thins nothing: see points.h.
 *
 * Ownership: the caller's buffers; `csv` is overwritten. Thread: any.
 */
#ifndef REPORT_FIGURE_POINTS_H
#define REPORT_FIGURE_POINTS_H

#include "util/buf.h"
#include "util/err.h"

/* Appends gnuplot commands (the axes, which of the three there are, `empty = 1` where there is
 * none) and the data in three blocks: warm, unknown, cold. `what` names the latency. */
int figure_points(char *csv, const char *what, struct buf *settings, struct buf *data,
                  struct err *e);

#endif
