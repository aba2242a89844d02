/*
 * emit: the writers of a document, one for each format. Each appends it whole to a buffer and
 * escapes every text for its own format in one place of its own file. No writer knows a table by
 * its name, or what the document is of.
 *
 *   table     plain text in aligned columns; nothing in it moves a cursor or changes a colour
 *   markdown  GitHub's tables; no text of the run becomes markup or HTML
 *   csv       RFC 4180 with lines ending in LF. Of a report: a header, a row per endpoint, and
 *             "Aggregated" with an empty method, all numbers in one row, so that pandas.read_csv()
 *             needs no options. A spreadsheet computes nothing: see csv.h. Errors are a file of
 *             their own, and so is each other table.
 *   json      ASCII only, null where unknown. Of a report: an object with run, endpoints,
 *             aggregated, errors and, where the file tells of them, client and server
 *   latex     a report's tables for a paper: see latex.h
 *   junit     what was judged
 *
 * On failure (memory) the buffer is marked: ask buf_ok(). emit_table and emit_markdown give the
 * tables alone, without the facts of the run, the client, notes and verdict, where document.bare is
 * set. Thread: any.
 */
#ifndef REPORT_EMIT_H
#define REPORT_EMIT_H

#include <stdbool.h>

#include "report/document.h"
#include "util/buf.h"
#include "util/err.h"

void emit_table(struct buf *out, const struct document *d);
void emit_markdown(struct buf *out, const struct document *d);
void emit_csv(struct buf *out, const struct document *d);
void emit_json(struct buf *out, const struct document *d);
void emit_latex(struct buf *out, const struct document *d); /* see latex.h */

/* What was judged, as JUnit's XML and GitHub's annotations: findings.h. */
void emit_junit(struct buf *out, const struct document *d);
void emit_github(struct buf *out, const struct document *d);

/* Parts: one table, the members of the JSON that need no shape of their own, and a text as Markdown
 * shows it. */
void emit_csv_table(struct buf *out, const struct table *t);
void emit_json_tables(struct json_writer *w, const struct document *d,
                      enum section_programs programs);
void emit_markdown_text(struct buf *out, const char *text);

/* DIR/latex/NAME.tex, one file for each table: requests, response_times, ... */
int latex_write_tables(const char *dir, const struct document *d, struct err *e);

/* Makes DIR/latex. The tables that an earlier report wrote there are removed, and with each its
 * DIR/NAME.csv: this report may not have it. Files that no report wrote stay. */
int latex_remove_tables(const char *dir, struct err *e);

#endif
