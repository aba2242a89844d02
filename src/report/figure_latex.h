/*
 * figure_latex: the figures as LaTeX that draws them itself, by pgfplots, in the letters of the
 * paper.
 *
 * DIR/latex/figure_KEY.tex is a tikzpicture, without a float around it: the paper gives it its
 * caption. It draws DIR/data/KEY.dat, which gnuplot draws too, or files beside it. A document
 * that is not in DIR says \newcommand{\coldswarmdir}{DIR} before the input, and needs
 * \usepackage{pgfplots}. What is drawn is what the pictures show, but for this: the unit of time
 * is always the second, that of response times the millisecond; single requests always have a
 * logarithmic axis; a heat map has no such file. Those that an earlier report had and this one
 * has not are removed.
 *
 * Thread: any, one at a time for one DIR.
 */
#ifndef REPORT_FIGURE_LATEX_H
#define REPORT_FIGURE_LATEX_H

#include "report/document.h"
#include "util/err.h"

/* DIR/latex must be there. */
int figure_latex_write(const char *dir, const struct document *d, struct err *e);

#endif
