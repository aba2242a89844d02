/*
 * figure_names: names of endpoints as legends of gnuplot can show them.
 *
 * They come from others, and gnuplot runs what it finds between backticks in a script. So a name
 * goes into the data only, as the quoted head of its block: one line of printable UTF-8 without
 * quotes, short enough for a legend. It makes every SVG well-formed, whatever the name. Thread:
 * any.
 */
#ifndef REPORT_FIGURE_NAMES_H
#define REPORT_FIGURE_NAMES_H

#include <stddef.h>

#include "util/buf.h"

/* Appends the head of a block of data: the name for an SVG and the one for a PNG or PDF, in quotes.
 * Returns about how wide the name is, in letters. */
size_t figure_names_head(struct buf *data, const char *name);

/* Appends `name` as a legend can show it; what had to go in the middle became "…". */
void figure_names_shown(struct buf *out, const char *name);

/* Appends such a name with ? for everything beyond Latin, Greek and Cyrillic letters: where a
 * font lacks a letter, gnuplot 5.4 draws the box for it twenty times too large into the PNG. A
 * browser does better with the SVG. */
void figure_names_plain(struct buf *out, const char *name);

#endif
