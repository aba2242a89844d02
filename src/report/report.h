/*
 * report: a run as one document on a stream, or as a directory of tables, data and figures.
 *
 * DIR gets every format that has a file (report_formats.c), errors.csv, thresholds.csv,
 * iterations.csv and checks.csv (where there are some), server_KEY.csv for each table of the
 * server's side, latex/NAME.tex for each table alone (latex.h), latex/figure_NAME.tex
 * (figure_latex.h), methods.md and .tex, numbers.json, the CSV files of figure_csv.h and, through
 * gnuplot, the figures (figures.h). Files of that name are overwritten, tables and figures that
 * only an earlier report had are removed, and others are left alone. Without gnuplot, or where they
 * are left out, the rest still comes.
 *
 * Ownership: nothing is kept. Thread: any, one call at a time for one DIR.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/document.h"
#include "report/figures.h"
#include "util/err.h"

struct export_rows;

/* What a format is made of. The rows are there for formats that list every request. */
struct report_source {
    struct reader *reader;
    const struct document *document;
    const struct export_rows *rows; /* what was taken of the rows already; NULL: nothing */
};

/* A row of the table of formats (report_formats.c): adding one there is all that a new format
 * takes. */
struct report_format {
    const char *word; /* of --format */
    const char *file; /* its name in a report's folder; NULL: not part of that */
    bool by_row; /* its file is written while rows are read, where report_source.rows is given */
    bool of_streams; /* a folder has it where the run has streams */
    bool figures;    /* needs a model made with options.figures */
    bool no_guess;   /* shows no cold starts as the client guesses them */
    bool for_people; /* what is said about the rest may follow it on the same stream */
    /* One of these: a writer of documents, or what needs more than that. */
    void (*emit)(struct buf *out, const struct document *d);
    int (*write)(FILE *to, const struct report_source *s, struct err *e);
};

extern const struct report_format
    report_formats[];                    /* the first one is the default; ended by a NULL word */
extern const char report_format_words[]; /* "table|markdown|…", as a table of options wants them */

/* NULL: no format has that word. */
const struct report_format *report_format(const char *word);

/* In that format onto a stream. */
int report_write(FILE *to, const struct report_format *format, const struct report_source *s,
                 struct err *e);

/* One file in that format. */
int report_write_file(const char *path, const struct report_format *format,
                      const struct report_source *s, struct err *e);

/* The model was made with options.figures. figures->note is one line to show, or "". `o` is about
 * the pictures; NULL: the defaults. */
int report_write_dir(const char *dir, const struct report_source *s,
                     const struct figures_options *o, struct figures_result *figures,
                     struct err *e);

#endif
