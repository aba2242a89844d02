/*
 * capacity_document: the result of a search for capacity as a document: what it found, a table of
 * the steps, a table of the loads, and the figure `capacity`.
 *
 * Ownership: the document borrows the result. Thread: plain data.
 */
#ifndef REPORT_CAPACITY_DOCUMENT_H
#define REPORT_CAPACITY_DOCUMENT_H

#include "capacity/capacity_result.h"
#include "report/document.h"
#include "util/err.h"

/* Call document_done() also after a failure. */
int capacity_document(struct document *d, const struct capacity_result *r, struct err *e);

#endif
