/*
 * html: the report as one page: a file that asks no network for anything, has light and dark
 * colours, sorts its tables where scripts run and reads well where they do not, at the width of a
 * phone and on paper.
 *
 * The page is a table of sections (html_page.c): another part of a report is a row there and a
 * function that appends its content; a section that appends nothing is left out, with its heading.
 * The document is well-formed XML. A Content-Security-Policy lets run the page's own style and
 * script, by their hashes, and nothing else, should something ever get past the escaping
 * (markup.h). Numbers stand as <data value="all digits">as people see it</data>.
 *
 * Ownership: nothing is kept. Thread: as the reader.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "record/reader.h"
#include "report/layout.h"
#include "report/model.h"
#include "util/buf.h"
#include "util/err.h"

/* Rows of a table on the page; the machine-readable formats have all. */
#define HTML_ROWS_MAX 500

struct html_page {
    const struct model *model; /* without options.figures there are no figures */
    const struct layout *layout;
    struct reader *reader; /* NULL: without what only the file tells (the manifest) */
};

/* What a section appends; the page writes heading and frame. */
typedef int html_write_fn(struct buf *out, const struct html_page *p, struct err *e);

struct html_section {
    const char *id, *title;
    html_write_fn *write;
};

/* The whole document. A buffer without room is marked: ask buf_ok(). */
int emit_html(struct buf *out, const struct model *m, struct reader *reader, struct err *e);

/* A grid as a table with the caption `caption`; NULL: the grid's title. */
void html_grid(struct buf *out, const struct grid *g, const char *caption);

/* The text of a cell. */
const char *html_cell(const struct grid *g, size_t row, size_t column);

/* A figure: its frame, the picture between, and a legend that may hold names from others. */
void html_figure_begin(struct buf *out, const char *name, const char *caption);
void html_legend_begin(struct buf *out);
void html_legend_line(struct buf *out, const char *class_name, const char *text);
void html_legend_field(struct buf *out, const char *class_name, const char *text);
void html_legend_end(struct buf *out);
void html_figure_end(struct buf *out);

/* The sections. */
html_write_fn html_thresholds, html_requests, html_times, html_flows, html_figures, html_errors,
    html_server, html_client, html_notes, html_manifest;

/* Pieces of html_figures: each appends nothing where there is nothing to draw. */
int html_courses(struct buf *out, const struct model *m, bool of_server, struct err *e);
void html_heatmap(struct buf *out, const struct model *m);
int html_distribution(struct buf *out, const struct model *m, struct err *e);
int html_cold_starts(struct buf *out, const struct model *m, struct err *e);

#endif
