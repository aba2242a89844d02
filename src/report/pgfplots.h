/*
 * pgfplots: the figures as LaTeX that draws them itself, in the letters of the paper.
 *
 * DIR/latex/figure_NAME.tex is a tikzpicture, without a float around it: the paper gives it its
 * caption. It draws DIR/data/NAME.dat, which gnuplot draws too, or files beside it. A document that is
 * not in DIR says \newcommand{\coldswarmdir}{DIR} before the input, and needs \usepackage{pgfplots}.
 * What is drawn is what figures.h draws, but for this: the unit of time is always the second, that of
 * response times the millisecond. Those that an earlier report had and this one has not are removed.
 *
 * Thread: any, one at a time for one DIR.
 */
#ifndef REPORT_PGFPLOTS_H
#define REPORT_PGFPLOTS_H

#include "report/model.h"
#include "util/err.h"

/* DIR/latex must be there; the model was made with options.figures. */
int pgfplots_write(const char *dir, const struct model *m, struct err *e);

#endif
