/*
 * dialects: the metrics of streamed responses as other tools define them.
 *
 * Tools use TTFT, TPOT, ITL and E2EL for different spans, and count different responses as good.
 * This computes all of them from the rows of one run file, by the definitions in docs/dialects.md.
 * If a definition needs something that no run file has, such as the count of a tokenizer, there is
 * no number and the row says why. It does not repeat errors of a tool's clock or parser.
 *
 * Ownership: the caller calls table_done() on the table. Thread: as the reader.
 */
#ifndef REPORT_DIALECTS_H
#define REPORT_DIALECTS_H

#include <stdbool.h>

#include "record/reader_streams.h"
#include "report/table.h"
#include "util/err.h"

/* True if vLLM's bench counts the response as a success. `s` may be NULL: it was not streamed. */
bool dialects_vllm_takes(const struct request *x, const struct stream_row *s);

/* The key of the table. */
#define DIALECTS_KEY "dialects"

/* Reads all streams twice and fills the table. `out` need not be initialized. */
int dialects_table(struct reader *r, struct table *out, struct err *e);

#endif
