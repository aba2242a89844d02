/*
 * csv: writes cells of a CSV file. It is the only place that escapes texts for CSV.
 *
 * Cells are quoted by RFC 4180 if needed. Control characters, including line ends, and bytes that
 * are not UTF-8 become \xNN, so that every record is one line. A spreadsheet runs a cell that
 * begins with = + - or @ as a formula. Such a cell gets an apostrophe in front, unless it is a
 * number. Thread: any.
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdbool.h>

#include "util/buf.h"

void csv_text(struct buf *out, const char *text);

/* For formats with rules of their own. `guarded`: a cell that begins like a formula gets its
 * apostrophe. `keep_spaces`: a cell that begins or ends with a space is quoted. */
void csv_cell(struct buf *out, const char *text, bool guarded, bool keep_spaces);

/* Appends up to 15 significant digits, no more than needed. Appends nothing for NAN. */
void csv_number(struct buf *out, double value);

#endif
