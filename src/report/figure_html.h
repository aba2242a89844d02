/*
 * figure_html: figures as inline SVG of the page, each with its frame, caption and legend.
 *
 * It writes shapes with classes; the colours are the page's (page.css). Labels of series are
 * escaped by markup.h. Thread: any. A buffer without room is marked: ask buf_ok().
 */
#ifndef REPORT_FIGURE_HTML_H
#define REPORT_FIGURE_HTML_H

#include "report/figure.h"
#include "util/buf.h"

/* Appends nothing where there is nothing to draw. */
void figure_html(struct buf *out, const struct figure *f);

#endif
