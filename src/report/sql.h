/*
 * sql: parts of the SQL for the numbers of a report (numbers.h).
 *
 * It runs nothing. Texts of the run are hostile: sql_text() is the only place that quotes them.
 *
 * Thread: any. If memory runs out, the buffer is marked: check buf_ok().
 */
#ifndef REPORT_SQL_H
#define REPORT_SQL_H

#include "record/reader.h"
#include "util/buf.h"

/* Appends the text in quotes, or as bytes if it is not printable ASCII. */
void sql_text(struct buf *out, const char *text);

/* The percentile of a column of microseconds, in ms, by linear interpolation at p * (n - 1) between
 * the two nearest values. `from` is "FROM table WHERE condition". */
void sql_percentile(struct buf *out, const char *column, int level, const char *from);

/* " AND ...": restricts the view `requests` to a part of the run. Appends nothing for the whole run
 * (NULL). */
void sql_cut(struct buf *out, const struct reader_cut *c);

#endif
