/*
 * latex: writes the report as LaTeX, to be \input by a paper. It needs the packages booktabs and
 * siunitx; pdflatex's own UTF-8 support is enough.
 *
 * Each table is a float with a caption and a label: tab:coldswarm-requests (the paper's Table I),
 * tab:coldswarm-response-times (Table II), -service-times, -errors, and -server-KEY for tables of
 * the server side. To use another float than `table` (such as table* over two columns), a document
 * says \newcommand{\coldswarmfloat}{table*} before the input.
 *
 * latex_text() is the only place that escapes texts for LaTeX. TeX is a programming language, so
 * every character that is special to it, or to babel's languages, is escaped. Characters that a
 * terminal would obey are shown as \xNN. Characters that pdflatex has no letter for are shown by
 * number, U+65E5. Long texts are cut in the middle: the JSON has the full texts.
 *
 * Thread: any. If memory runs out, the buffer is marked: check buf_ok().
 */
#ifndef REPORT_LATEX_H
#define REPORT_LATEX_H

#include "report/document.h"
#include "util/buf.h"
#include "util/err.h"

/* Maximum number of letters shown of a text. */
#define LATEX_TEXT_MAX 60

void latex_text(struct buf *out, const char *text);

/* The whole text, of any length: for our own sentences that contain texts from outside. */
void latex_sentence(struct buf *out, const char *text);

#endif
