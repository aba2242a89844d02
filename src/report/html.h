/*
 * html: the report as one page: a file that asks no network for anything, has light and dark
 * colours, sorts its tables where scripts run and reads well where they do not, at the width of a
 * phone and on paper.
 *
 * The page is a table of sections (html_page.c): another part of a report is a row there, with the
 * document's tables and figures that name it and what a function appends. One that has nothing is
 * left out, with its heading; what names no row is in "more". The document is well-formed XML. A
 * Content-Security-Policy lets run the page's own style and script, by their hashes, and nothing
 * else, should something ever get past the escaping (markup.h). Numbers stand as <data value="all
 * digits">as people see it</data>.
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

/* Rows of a table on the page; the machine-readable formats have all. */
#define HTML_ROWS_MAX 500

struct html_page {
    const struct model *model;
    const struct document *document;
    struct reader *reader; /* NULL: without what only the file tells (the manifest) */
};

/* What a section appends; the page writes heading and frame. */
typedef int html_write_fn(struct buf *out, const struct html_page *p, struct err *e);

/* It has the document's tables of its id, then its figures, then what `write` appends. */
struct html_section {
    const char *id, *title;
    html_write_fn *head, *write; /* in front of all that and behind it; NULL: nothing */
};

/* The whole document. A buffer without room is marked: ask buf_ok(). */
int emit_html(struct buf *out, const struct document *d, struct reader *reader, struct err *e);

/* One table; its title where there is no caption. */
void html_table(struct buf *out, const struct table *t, const char *caption);

/* What sections have besides their tables and figures. */
html_write_fn html_thresholds, html_client, html_notes, html_manifest;

#endif
