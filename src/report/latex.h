/*
 * latex: the report as LaTeX, to be \input by a paper. It needs the packages booktabs and siunitx,
 * and pdflatex's own UTF-8 is enough.
 *
 * Each table is a float with a caption and a label: tab:coldswarm-requests (the paper's Table I),
 * tab:coldswarm-response-times (Table II), -service-times, -errors, and -server-KEY for those of
 * the server's side. A document that wants another float than `table` (table* over two columns)
 * says \newcommand{\coldswarmfloat}{table*} before the input.
 *
 * latex_text() is the one place where texts are escaped for it. TeX is a programming language:
 * every character that means something to it, or to babel's languages, is made to mean itself; what
 * a terminal would obey is shown as \xNN; characters that pdflatex has no letter for are shown by
 * number, U+65E5. Long texts are cut in the middle: the JSON has all of them.
 *
 * Thread: any. On failure (memory) the buffer is marked: ask buf_ok().
 */
#ifndef REPORT_LATEX_H
#define REPORT_LATEX_H

#include "report/document.h"
#include "util/buf.h"
#include "util/err.h"

/* Letters of a text that are shown. */
#define LATEX_TEXT_MAX 60

void latex_text(struct buf *out, const char *text);

/* The whole text, whatever its length: for sentences of our own with texts of others in them. */
void latex_sentence(struct buf *out, const char *text);

#endif
