/*
 * methods: the paragraphs that a paper needs next to the tables: what ran, where, with which
 * versions and seed, under which load, with what verdict, and what each statistic means. They come
 * from the run's row and its manifest. What the file does not contain is left out.
 *
 * methods_markdown() and methods_latex() write the same sentences. The LaTeX needs no package.
 *
 * Thread: as the reader. If memory runs out, the buffer is marked: check buf_ok().
 */
#ifndef REPORT_METHODS_H
#define REPORT_METHODS_H

#include "record/reader.h"
#include "report/model.h"
#include "util/buf.h"
#include "util/err.h"

struct document; /* from report/document.h */

int methods_markdown(struct buf *out, struct reader *r, const struct model *m, struct err *e);
int methods_latex(struct buf *out, struct reader *r, const struct model *m, struct err *e);

/* The same of a document that is not one of a run, and knows its own (document.methods). */
void methods_of_document(struct buf *markdown, struct buf *latex, const struct document *d);

#endif
