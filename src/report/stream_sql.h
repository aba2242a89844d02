/*
 * stream_sql: the SQL behind the cells of stream_tables.h, for the `sql` of a table. Its sql_of is
 * the model.
 *
 * Thread: any. If memory runs out, the buffer is marked.
 */
#ifndef REPORT_STREAM_SQL_H
#define REPORT_STREAM_SQL_H

#include "report/table.h"

table_sql_fn stream_sql_answers, stream_sql_times, stream_sql_tokens, stream_sql_asked,
    stream_sql_ends, stream_sql_goodput;

#endif
