/*
 * figure_names: names of endpoints in a form that gnuplot's legends can show.
 *
 * Names come from outside, and gnuplot runs whatever is between backticks in a script. So a name
 * goes only into the data, as the quoted head of its block: one line of printable UTF-8 without
 * quotes, short enough for a legend. Every SVG is well-formed, whatever the name. Thread: any.
 */
#ifndef REPORT_FIGURE_NAMES_H
#define REPORT_FIGURE_NAMES_H

#include <stddef.h>

#include "util/buf.h"

/* Appends the head of a block of data: the name for SVG and the name for PNG and PDF, in quotes.
 * Returns the approximate width of the name in letters. */
size_t figure_names_head(struct buf *data, const char *name);

/* Appends `name` as a legend can show it. If it is too long, "…" replaces its middle. */
void figure_names_shown(struct buf *out, const char *name);

/* The same with ? for everything except Latin, Greek and Cyrillic letters. If a font lacks a
 * letter, gnuplot 5.4 draws a box for it in the PNG that is twenty times too large. A browser does
 * better with the SVG. */
void figure_names_plain(struct buf *out, const char *name);

#endif
