/*
 * gate_document: the document of `gate`: the results of thresholds and a baseline for a run.
 *
 * It evaluates nothing. Of the run itself it has only the verdict: in JSON always, in text and
 * Markdown if it is SUSPECT. Its formats are text, Markdown, JSON, JUnit XML and GitHub
 * annotations.
 *
 * Ownership: call document_done() also after a failure. `of` and its contents are borrowed. Thread:
 * plain data.
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
