/*
 * sql: pieces of the SQL for the numbers of a report (numbers.h).
 *
 * It runs nothing. Texts of the run are hostile: sql_text() is the one place that quotes them.
 *
 * Thread: any. On failure (memory) the buffer is marked: ask buf_ok().
 */
#ifndef REPORT_SQL_H
#define REPORT_SQL_H

#include "record/reader.h"
#include "util/buf.h"

/* The text between quotes, or by its bytes where it is not printable ASCII. */
void sql_text(struct buf *out, const char *text);

/* The percentile of a column of microseconds, in ms, by linear interpolation at p * (n - 1): the
 * two values around it, each the more the nearer it is. `from` is "FROM table WHERE condition". */
void sql_percentile(struct buf *out, const char *column, int level, const char *from);

/* " AND ...": what of the view `requests` a part of the run has; nothing for the whole run
 * (NULL). */
void sql_cut(struct buf *out, const struct reader_cut *c);

#endif
