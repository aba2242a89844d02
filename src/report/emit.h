/*
 * emit: one model, four formats. Each appends a whole document to a buffer and escapes every text
 * for its own format in one place of its own file.
 *
 *   table     plain text in aligned columns; nothing in it moves a cursor or changes a colour
 *   markdown  GitHub's tables; no text of the run becomes markup or HTML
 *   csv       RFC 4180 with lines ending in LF: a header, a row per endpoint, and "Aggregated" with
 *             an empty method, all numbers in one row, so that pandas.read_csv() needs no options.
 *             A spreadsheet computes nothing: see csv.h. Errors are a document of their own,
 *             and so is each table of the server.
 *   json      an object with run, endpoints, aggregated, errors and, where the file tells of them,
 *             client and server; ASCII only, null where unknown
 *
 * On failure (memory) the buffer is marked: ask buf_ok(). emit_table and emit_markdown give the
 * tables alone, without the facts of the run, the client, notes and verdict, where `bare` is set.
 * Thread: any.
 */
#ifndef REPORT_EMIT_H
#define REPORT_EMIT_H

#include <stdbool.h>

#include "report/model.h"
#include "util/buf.h"

void emit_table(struct buf *out, const struct model *m, bool bare);
void emit_markdown(struct buf *out, const struct model *m, bool bare);
void emit_csv(struct buf *out, const struct model *m);
void emit_csv_errors(struct buf *out, const struct model *m);
void emit_csv_thresholds(struct buf *out, const struct model *m);
void emit_csv_table(struct buf *out, const struct table *t);
void emit_json(struct buf *out, const struct model *m);

/* Parts, for documents of other kinds: a table of words, and a text as Markdown shows it. */
struct grid;
void emit_table_grid(struct buf *out, const struct grid *g);
void emit_markdown_grid(struct buf *out, const struct grid *g);
void emit_markdown_text(struct buf *out, const char *text);
/* A table of its own, with its title. */
void emit_table_alone(struct buf *out, const struct table *t);
void emit_markdown_alone(struct buf *out, const struct table *t);

#endif
