/*
 * numbers: numbers.json, which has for each number of the client's tables the SQL that gives
 * it from the run file.
 *
 *   {"numbers": [{"table", "method", "name", "key", "value", "sql"}, ...],
 *    "without_sql": ["server_...", ...]}
 *
 * `table` is requests, response_times, service_times, or a table that knows its SQL (table.h), such
 * as errors: then "method" and "name" are the texts of its columns of these keys (the first text
 * where none is "name"), and other texts follow under the keys of theirs. `key` is that of
 * tables.json, for an interval with "_low" or "_high" behind it. The SQL uses the documented views
 * (docs/run-file.md) and window functions, so it takes SQLite 3.25; it gives the value but for the
 * last digits. Where there is no number (null in tables.json) there is no entry. Tables without
 * SQL, as those of the server's side, which take more than a query, are listed.
 *
 * Thread: any. On failure (memory) the buffer is marked: ask buf_ok().
 */
#ifndef REPORT_NUMBERS_H
#define REPORT_NUMBERS_H

#include "report/document.h"
#include "util/buf.h"

void numbers_write(struct buf *out, const struct document *d);

#endif
