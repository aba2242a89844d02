/*
 * figure_gnuplot: a figure as gnuplot's script and data; it runs nothing: see figures.h.
 *
 * The script sets what fits the data and ends with the picture of its kind (*.gp), which any number
 * of figures share. Nothing from outside gets into a script: labels of series go into the data, see
 * figure_names.h. Thread: any. A buffer without room is marked: ask buf_ok().
 */
#ifndef REPORT_FIGURE_GNUPLOT_H
#define REPORT_FIGURE_GNUPLOT_H

#include "report/document.h"
#include "util/buf.h"

/* KEY.gp. It expects style.gp and KEY.dat beside it. */
void figure_gnuplot_script(struct buf *out, const struct figure *f);

/* KEY.dat. Of lines: the start and the middle of each step, the values, and again those without a
 * neighbour, which a line would not show. Of levels the corners: time, values. */
void figure_gnuplot_data(struct buf *out, const struct figure *f);

/* The script of a page with all of those that have a panel caption. */
void figure_gnuplot_page(struct buf *out, const struct document *d, const char *key,
                         const char *caption);

#endif
