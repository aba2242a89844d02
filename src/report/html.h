/*
 * html: writes the report as one page. The file needs no network, has light and dark colours, sorts
 * its tables if scripts run, and is readable without scripts, on a phone and on paper.
 *
 * The page is a table of sections (html_page.c). To add a part of a report, add a row there: it has
 * the document's tables and figures that name it, and what a function appends. A section without
 * content is left out, with its heading. Content that names no row is in "more". The page is
 * well-formed XML. A Content-Security-Policy allows the page's own style and script, by their
 * hashes, and nothing else, in case something ever gets past the escaping (markup.h). Numbers are
 * written as <data value="all digits">as people see it</data>.
 *
 * Ownership: nothing is kept. Thread: as the reader.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "record/reader.h"
#include "report/document.h"
#include "util/buf.h"
#include "util/err.h"

/* Rows of a table on the page; machine-readable formats have all. */
#define HTML_ROWS_MAX 500

struct html_page {
    const struct model *model; /* NULL: the document is not that of a run */
    const struct document *document;
    struct reader *reader; /* NULL: leaves out what only the file has (the manifest) */
};

/* Appends the content of a section. The page writes heading and frame. */
typedef int html_write_fn(struct buf *out, const struct html_page *p, struct err *e);

/* A section has the document's tables with its id, then its figures, then what `write` appends. */
struct html_section {
    const char *id, *title;
    html_write_fn *write; /* NULL: nothing */
};

/* Writes the whole page. If memory runs out, the buffer is marked: check buf_ok(). */
int emit_html(struct buf *out, const struct document *d, struct reader *reader, struct err *e);

/* Appends the style of the page, for others that look like it. */
void html_style(struct buf *out);

/* Writes the table of a section, with its result. If there is no caption, it shows the title. */
void html_section_table(struct buf *out, const struct section *s);

/* What sections have besides tables and figures. */
html_write_fn html_client, html_notes, html_manifest;

#endif
