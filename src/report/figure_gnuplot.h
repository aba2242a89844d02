/*
 * figure_gnuplot: writes a figure as a gnuplot script and data. It runs nothing: see figures.h.
 *
 * The script sets what depends on the data, and ends with the picture of its kind (*.gp), which any
 * number of figures share. No text from outside gets into a script: labels of series go into the
 * data, see figure_names.h. Thread: any. If memory runs out, the buffer is marked: check buf_ok().
 */
#ifndef REPORT_FIGURE_GNUPLOT_H
#define REPORT_FIGURE_GNUPLOT_H

#include "report/document.h"
#include "util/buf.h"

/* KEY.gp. It expects style.gp and KEY.dat next to it. */
void figure_gnuplot_script(struct buf *out, const struct figure *f);

/* KEY.dat. For lines: start and middle of each step, the values, and again the values that have no
 * neighbour, which a line would not show. For levels, the corners: time, values. */
void figure_gnuplot_data(struct buf *out, const struct figure *f);

/* The script of a page with all figures that have a panel caption. */
void figure_gnuplot_page(struct buf *out, const struct document *d, const char *key,
                         const char *caption);

#endif
