/*
 * figure_latex: writes the figures as LaTeX code that draws them with pgfplots, in the fonts of the
 * paper.
 *
 * DIR/latex/figure_KEY.tex is a tikzpicture without a float: the paper adds the caption. It draws
 * DIR/data/KEY.dat, which gnuplot draws too, or files next to it. A document outside of DIR needs
 * \newcommand{\coldswarmdir}{DIR} before the input, and \usepackage{pgfplots}. The drawing is that
 * of the pictures, except: time is always in seconds, response times always in milliseconds; single
 * requests always have a logarithmic axis; a heat map has no such file. Files of an earlier report
 * that this one does not have are removed.
 *
 * Thread: any, one at a time per DIR.
 */
#ifndef REPORT_FIGURE_LATEX_H
#define REPORT_FIGURE_LATEX_H

#include "report/document.h"
#include "util/err.h"

/* DIR/latex must exist. */
int figure_latex_write(const char *dir, const struct document *d, struct err *e);

#endif
