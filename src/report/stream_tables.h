/*
 * stream_tables: the tables of streamed responses, for a report's document.
 *
 *   streams        responses and output tokens, in the whole run and in the steady state
 *   stream_times   a row for each time of an endpoint: TTFT and the others
 *   stream_tokens  kinds of tokens, and who counted them
 *   stream_asked   requested and actual length of responses and prompts
 *   stream_ends    a row for each way in which responses of an endpoint ended
 *
 * Each number has its SQL, except the numbers of stream_asked that come from the manifest.
 * docs/streams.md explains them.
 *
 * Ownership: the table borrows the model. Thread: plain data.
 */
#ifndef REPORT_STREAM_TABLES_H
#define REPORT_STREAM_TABLES_H

#include "report/model.h"
#include "report/table.h"
#include "util/buf.h"

/* The model must have streams. */
void stream_tables_answers(struct table *t, const struct model *m);
void stream_tables_times(struct table *t, const struct model *m);
void stream_tables_tokens(struct table *t, const struct model *m);
void stream_tables_asked(struct table *t, const struct model *m);
void stream_tables_ends(struct table *t, const struct model *m);

/* Whether the scenario sets the length of responses or prompts. */
bool stream_tables_has_asked(const struct model *m);

/* Which percentiles of `summary_levels` a table of times leaves out, because there are too few
 * responses. */
void stream_tables_unsupported(const struct streams *s, bool left_out[SUMMARY_LEVELS]);

#endif
