/*
 * report: a model as one document on a stream, or as a directory of tables, data and figures.
 *
 * DIR gets tables.txt, tables.md, tables.csv, errors.csv, tables.json, server_KEY.csv for each
 * table of the server's side, the CSV files of data.h and, through gnuplot, the figures
 * (figures.h). Files of that name are overwritten, others are left alone. Without gnuplot the rest
 * still comes.
 *
 * Ownership: nothing is kept. Thread: any, one call at a time for one DIR.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/figures.h"
#include "report/model.h"
#include "util/err.h"

enum report_format { REPORT_TABLE, REPORT_MARKDOWN, REPORT_CSV, REPORT_JSON };

/* From "table", "markdown", "csv" or "json"; the caller has checked that it is one of them. */
enum report_format report_format(const char *word);
#define REPORT_FORMATS "table|markdown|csv|json"

/* `bare`: in the formats for people the tables alone. CSV is tables.csv, the errors are not in it.
 */
int report_print(FILE *to, const struct model *m, enum report_format format, bool bare,
                 struct err *e);

/* The model was made with options.figures. figures->note is one line to show, or "". */
int report_write_dir(const char *dir, const struct model *m, struct figures_result *figures,
                     struct err *e);

#endif
