/*
 * emit: the writers of a document, one per format. Each appends the whole document to a buffer, and
 * escapes all texts for its format in one place of its own file. No writer knows a table by name,
 * or what the document is about.
 *
 *   table     plain text in aligned columns; nothing in it moves a cursor or changes a colour
 *   markdown  GitHub's tables; no text of the run becomes markup or HTML
 *   csv       RFC 4180, with lines that end in LF, of one table. For a report: a row per endpoint,
 *             and "Aggregated" with an empty method, with all numbers in one row, so that
 *             pandas.read_csv() needs no options. A spreadsheet computes nothing: see csv.h. Each
 *             other table is a file of its own.
 *   json      ASCII only; null if unknown. For a report: an object with run, endpoints, aggregated,
 *             errors, and client and server if the file has data about them
 *   latex     the tables of a report for a paper: see latex.h
 *   junit     what was evaluated
 *
 * If memory runs out, the buffer is marked: check buf_ok(). If document.bare is set, emit_table and
 * emit_markdown write only the tables, without the facts of the run, the client, notes and verdict.
 * Thread: any.
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

/* What was evaluated, as JUnit XML and as GitHub annotations: findings.h. */
void emit_junit(struct buf *out, const struct document *d);
void emit_github(struct buf *out, const struct document *d);

/* Parts: one table; the tables of a kind as members of the JSON, with the layout of each array; and
 * a text as Markdown shows it. */
void emit_csv_table(struct buf *out, const struct table *t);
void emit_json_tables(struct json_writer *w, const struct document *d,
                      enum section_programs programs, enum json_layout layout);
void emit_markdown_text(struct buf *out, const char *text);

/* Writes DIR/latex/NAME.tex, one file per table: requests, response_times, ... */
int latex_write_tables(const char *dir, const struct document *d, struct err *e);

/* Creates DIR/latex. Removes the tables that an earlier report wrote there, and the DIR/NAME.csv of
 * each, because this report may not have them. Files that no report wrote stay. */
int latex_remove_tables(const char *dir, struct err *e);

#endif
