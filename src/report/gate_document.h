/*
 * gate_document: the document of `gate`: what thresholds and a baseline say of a run.
 *
 * It judges nothing, and says nothing of the run itself, such as its verdict. Its formats are text,
 * Markdown, JSON, JUnit's XML and GitHub's annotations.
 *
 * Ownership: document_done() frees, also after a failure; `of` and what is in it are borrowed.
 * Thread: plain data.
 */
#ifndef REPORT_GATE_DOCUMENT_H
#define REPORT_GATE_DOCUMENT_H

#include "report/document.h"
#include "report/regressions.h"

struct gate_verdicts {
    const struct reader_run *run;
    const struct thresholds *thresholds;   /* may be without rules */
    const struct regressions *regressions; /* NULL: no baseline */
};

int gate_document(struct document *d, const struct gate_verdicts *of, struct err *e);

#endif
