/*
 * figures: draws figures with gnuplot, as SVG, PNG and, if this gnuplot can, PDF.
 *
 * DIR/data gets a script and data for each figure, so that `cd DIR/data && gnuplot KEY.gp` draws
 * the same picture again, and style.gp, which they share. One gnuplot process draws all of them. If
 * there are figures of the server, all_figures is a page of the figures that have a panel caption.
 *
 * It draws the figures of a document but does not make them: see figure_table.h. It runs no shell,
 * and names of endpoints reach gnuplot only as data: see figure_names.h.
 *
 * Ownership: nothing is kept. Thread: any, one call at a time per DIR; blocks while gnuplot runs.
 */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "report/document.h"
#include "util/err.h"

/* The page of all figures: DIR/all_figures.svg and so on. */
#define FIGURES_PAGE "all_figures"
#define FIGURES_PAGE_CAPTION "All figures of client and server on one page"

/* Whether there is such a page. */
bool figures_have_page(const struct document *d);

/* All zeros select the defaults. */
struct figures_options {
    int64_t timeout_ns; /* limit per picture; 0: two minutes */
    bool leave_out;     /* write no pictures, only scripts and data */
};

struct figures_result {
    /* There are no pictures; this is not an error, and `note` says what to install. */
    bool gnuplot_missing;
    /* SVG and PNG of every available figure, and of the page, were drawn. */
    bool drawn;
    /* One line to show to the user (gnuplot is missing, or its warnings), or "". */
    char note[512];
};

/* Writes DIR/data/KEY.gp (the scripts), DIR/data/KEY.dat (their data) and DIR/data/style.gp, with
 * or without gnuplot, and draws every picture. DIR/data must exist. Files of an earlier call are
 * removed first, so that no picture is older than its data. Returns -1 if a file cannot be written,
 * or if gnuplot fails (the error has its message) or takes too long. Pictures that are already
 * drawn then stay. */
int figures_draw(const char *dir, const struct document *d, const struct figures_options *o,
                 struct figures_result *r, struct err *e);

#endif
