/*
 * numbers: writes numbers.json, which has for each number of a table that knows its SQL (table.h)
 * the query that returns it from the run file.
 *
 *   {"numbers": [{"table", "method", "name", "key", "value", "sql"}, ...],
 *    "without_sql": ["server_...", ...]}
 *
 * `table` is the name that the table or the group of columns has here, or the table's key. "method"
 * and "name" are the texts of the columns with these keys (or the first text, if no column is
 * "name"), and other texts follow under the keys of their columns.
 * `key` is that of tables.json; for an interval, "_low" or "_high" is appended. The SQL uses the
 * documented views (docs/run-file.md) and window functions, so it needs SQLite 3.25. It returns the
 * value except for the last digits. A number that is missing (null in tables.json) has no entry.
 * Tables without SQL are listed, such as those of the server side, which need more than a query.
 *
 * Thread: any. If memory runs out, the buffer is marked: check buf_ok().
 */
#ifndef REPORT_NUMBERS_H
#define REPORT_NUMBERS_H

#include "report/document.h"
#include "util/buf.h"

void numbers_write(struct buf *out, const struct document *d);

#endif
