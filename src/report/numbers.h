/*
 * numbers: numbers.json, in which each number of the client's tables stands beside the SQL that gives
 * it from the run file.
 *
 *   {"numbers": [{"table", "method", "name", "key", "value", "sql"}, ...],
 *    "without_sql": ["server_...", ...]}
 *
 * `table` is requests, response_times, service_times or errors (there with "outcome" and "error");
 * `key` is that of tables.json, for an interval with "_low" or "_high" behind it. The SQL uses the
 * documented views (docs/run-file.md) and window functions, so it takes SQLite 3.25; it gives the
 * value but for the last digits. Where there is no number (null in tables.json) there is no entry.
 * Tables of the server's side are made by more than one query could say; they are listed.
 *
 * Thread: any. On failure (memory) the buffer is marked: ask buf_ok().
 */
#ifndef REPORT_NUMBERS_H
#define REPORT_NUMBERS_H

#include "report/model.h"
#include "util/buf.h"

void numbers_write(struct buf *out, const struct model *m);

#endif
