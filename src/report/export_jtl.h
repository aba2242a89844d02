/*
 * export_jtl: the lines of JMeter's CSV results, one for each given row.
 *
 * Ownership: heap, jtl_free(NULL) is allowed; the reader and the stream are borrowed. Thread: as
 * the reader.
 */
#ifndef REPORT_EXPORT_JTL_H
#define REPORT_EXPORT_JTL_H

#include <stdio.h>

#include "record/reader.h"
#include "util/err.h"

struct jtl;

/* Writes the header line. */
int jtl_new(FILE *to, struct reader *r, struct jtl **out, struct err *e);
void jtl_free(struct jtl *x);

int jtl_add(struct jtl *x, const struct request *row, struct err *e);
/* Write errors are on the stream, for its owner to check. */
void jtl_flush(struct jtl *x);

#endif
