/*
 * figures: draws figures through gnuplot, as SVG, PNG and, where this gnuplot can, PDF.
 *
 * DIR/data gets a script and its data for each figure, so that `cd DIR/data && gnuplot KEY.gp`
 * draws the same picture again, and style.gp, which they share. One gnuplot draws them all.
 * Where there are figures of the server, all_figures is a page of those with a panel caption.
 *
 * It draws those of a document, and makes none: see figure_table.h. It runs no shell, and the names
 * of endpoints reach gnuplot only as data: see figure_names.h.
 *
 * Ownership: nothing is kept. Thread: any, one call at a time for one DIR; blocks while gnuplot
 * runs.
 */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "report/document.h"
#include "util/err.h"

/* The page: DIR/all_figures.svg and so on. */
#define FIGURES_PAGE "all_figures"
#define FIGURES_PAGE_CAPTION "All figures of client and server on one page"

/* Whether there is such a page. */
bool figures_have_page(const struct document *d);

/* All zero means the defaults. */
struct figures_options {
    int64_t timeout_ns; /* the most that one picture may take; 0: two minutes */
    bool leave_out;     /* no pictures: scripts and data alone */
};

struct figures_result {
    bool gnuplot_missing; /* no pictures: not an error, `note` says what to install */
    bool drawn;           /* SVG and PNG of every figure that is there, and of the page */
    char note[512];       /* one line to show to the user (gnuplot missing, its warnings), or "" */
};

/* Writes DIR/data/KEY.gp (the scripts), DIR/data/KEY.dat (what they draw) and DIR/data/style.gp,
 * with or without gnuplot, and draws every picture; DIR/data must be there. Files of an earlier
 * call are removed first, so that none is older than its data. -1 where a file cannot be
 * written, or gnuplot fails (its own words are in the error) or takes too long; then what was
 * drawn until then
 * stays. */
int figures_draw(const char *dir, const struct document *d, const struct figures_options *o,
                 struct figures_result *r, struct err *e);

#endif
