/*
 * dialects: the same streamed answers in the words of other tools.
 *
 * TTFT, TPOT, ITL and E2EL are names that each tool gives to another span, and each tool counts
 * other answers as good. This computes all of them from the rows of one run file, by the
 * definitions in docs/dialects.md. Where a definition needs what no run file has, such as the count
 * of a tokenizer, there is no number and the row says why. It does not repeat the mistakes of a
 * tool's clock or parser.
 *
 * Ownership: the table is the caller's, for table_done(). Thread: as the reader.
 */
#ifndef REPORT_DIALECTS_H
#define REPORT_DIALECTS_H

#include "record/reader.h"
#include "report/table.h"
#include "util/err.h"

/* The key of the table. */
#define DIALECTS_KEY "dialects"

/* Reads all streams twice and fills the table, which is not initialized. */
int dialects_table(struct reader *r, struct table *out, struct err *e);

#endif
