/*
 * methods: the paragraphs that a paper needs beside the tables: what ran, where, with which
 * versions and seed, under which load, with what verdict, and what each statistic means. From the
 * run's row and its manifest; what the file does not tell is not said.
 *
 * methods_markdown() and methods_latex() are the same sentences; the second needs no package.
 *
 * Thread: as the reader. On failure (memory) the buffer is marked: ask buf_ok().
 */
#ifndef REPORT_METHODS_H
#define REPORT_METHODS_H

#include "record/reader.h"
#include "report/model.h"
#include "util/buf.h"
#include "util/err.h"

int methods_markdown(struct buf *out, struct reader *r, const struct model *m, struct err *e);
int methods_latex(struct buf *out, struct reader *r, const struct model *m, struct err *e);

#endif
