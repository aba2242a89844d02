/*
 * figure_html: writes figures as inline SVG of the page, each with frame, caption and legend.
 *
 * It writes shapes with classes; the page sets the colours (page.css). Labels of series are escaped
 * by markup.h. Thread: any. If memory runs out, the buffer is marked: check buf_ok().
 */
#ifndef REPORT_FIGURE_HTML_H
#define REPORT_FIGURE_HTML_H

#include "report/figure.h"
#include "util/buf.h"

/* Appends nothing if there is nothing to draw. */
void figure_html(struct buf *out, const struct figure *f);

#endif
