/*
 * csv: a cell of a CSV file, the one place where texts are escaped for it.
 *
 * Quoted as RFC 4180 says where needed. Control characters, line ends too, and bytes that are not
 * UTF-8 come out as \xNN, so that every record is one line. A spreadsheet runs a cell that begins
 * with = + - or @ as a formula: such a cell gets an apostrophe in front, unless it is a number.
 * Thread: any.
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdbool.h>

#include "util/buf.h"

void csv_text(struct buf *out, const char *text);

/* For a format with rules of its own. `guarded`: a cell that begins like a formula gets its
 * apostrophe; `keep_spaces`: one that begins or ends with a space is quoted. */
void csv_cell(struct buf *out, const char *text, bool guarded, bool keep_spaces);

/* Up to 15 significant digits, no more than needed; nothing for NAN. */
void csv_number(struct buf *out, double value);

#endif
