/*
 * stream_tables: the tables of streamed answers, for the report's document.
 *
 *   streams        answers and output tokens, whole and in the steady state
 *   stream_times   a row for each time of an endpoint: TTFT and the others
 *   stream_tokens  what the tokens were, and whose count that is
 *   stream_asked   how long answers and prompts were to be, and were
 *   stream_ends    a row for each way in which answers of an endpoint ended
 *
 * Each number has its SQL, but for those of stream_asked that go by the manifest. docs/streams.md
 * says what they mean.
 *
 * Ownership: the table borrows the model. Thread: plain data.
 */
#ifndef REPORT_STREAM_TABLES_H
#define REPORT_STREAM_TABLES_H

#include "report/model.h"
#include "report/table.h"
#include "util/buf.h"

/* Of a model with streams. */
void stream_tables_answers(struct table *t, const struct model *m);
void stream_tables_times(struct table *t, const struct model *m);
void stream_tables_tokens(struct table *t, const struct model *m);
void stream_tables_asked(struct table *t, const struct model *m);
void stream_tables_ends(struct table *t, const struct model *m);

/* Whether the scenario says how long answers or prompts are to be. */
bool stream_tables_has_asked(const struct model *m);

/* Which percentiles of `summary_levels` a table of times leaves out for want of answers. */
void stream_tables_unsupported(const struct streams *s, bool left_out[SUMMARY_LEVELS]);

#endif
