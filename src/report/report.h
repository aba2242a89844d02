/*
 * report: writes a document to a stream, or as a directory of tables, data and figures. The
 * document is that of a run, or the result of a search for capacity (capacity_document.h).
 *
 * DIR gets every format that has a file (report_formats.c), errors.csv, thresholds.csv,
 * iterations.csv and checks.csv (if there are any), server_KEY.csv for each table of the server
 * side, latex/NAME.tex for each single table (latex.h), latex/figure_NAME.tex (figure_latex.h),
 * methods.md and .tex, numbers.json, the CSV files of figure_csv.h and, drawn by gnuplot, the
 * figures (figures.h). Files with these names are overwritten. Tables and figures that only an
 * earlier report had are removed. Other files are left alone. Without gnuplot, or if the figures
 * are left out, everything else is still written. A document without a run file has methods only if
 * it knows its own, and the formats that do not need one.
 *
 * Ownership: nothing is kept. Thread: any, one call at a time per DIR.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/document.h"
#include "report/figures.h"
#include "util/err.h"

struct export_rows;

/* The input of a format. `rows` is for formats that list every request. */
struct report_source {
    struct reader *reader; /* NULL: the document is not one of a run file */
    const struct document *document;
    const struct export_rows *rows; /* what was already taken from the rows; NULL: nothing */
};

/* A row of the table of formats (report_formats.c). A new format needs only a row there. */
struct report_format {
    const char *word; /* in --format */
    const char *file; /* its name in a report's folder; NULL: not in the folder */
    /* Its file is written while rows are read, if report_source.rows is set. */
    bool by_row;
    bool of_streams; /* it is in the folder only if the run has streams */
    bool of_run;     /* needs a run file; other documents do not have it */
    bool figures;    /* needs a model made with options.figures */
    bool no_guess;   /* does not show the cold starts that the client estimates */
    bool for_people; /* remarks about the other output may follow it on the same stream */
    /* One of these: a writer of documents, or a function that needs more than the document. */
    void (*emit)(struct buf *out, const struct document *d);
    int (*write)(FILE *to, const struct report_source *s, struct err *e);
};

/* The first one is the default. The last one has a NULL word. */
extern const struct report_format report_formats[];
/* "table|markdown|…", for a table of options. */
extern const char report_format_words[];

/* NULL: no format has that word. */
const struct report_format *report_format(const char *word);
/* The words of the formats for documents without a run file. */
extern const char report_format_words_without_run[];

/* Writes that format to a stream. */
int report_write(FILE *to, const struct report_format *format, const struct report_source *s,
                 struct err *e);

/* Writes one file in that format. */
int report_write_file(const char *path, const struct report_format *format,
                      const struct report_source *s, struct err *e);

/* Writes a report's directory. The model must be made with options.figures. figures->note is one
 * line to show, or "". `o` is for the pictures; NULL: the defaults. */
int report_write_dir(const char *dir, const struct report_source *s,
                     const struct figures_options *o, struct figures_result *figures,
                     struct err *e);

#endif
