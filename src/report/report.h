/*
 * report: a run as one document on a stream, or as a directory of tables, data and figures.
 *
 * DIR gets every format that has a file (formats.c), errors.csv, thresholds.csv, iterations.csv and checks.csv (where there are some), server_KEY.csv for each
 * table of the server's side, latex/NAME.tex for each table alone (latex.h), latex/figure_NAME.tex
 * (pgfplots.h), methods.md and .tex,
 * numbers.json, the CSV files of data.h and, through gnuplot, the figures
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

/* A threshold that was judged on this run. */
struct report_threshold {
    const char *metric;     /* "http_req_duration{name:/predict}" */
    const char *expression; /* "p(95)<500" */
    enum {
        REPORT_THRESHOLD_HOLDS,
        REPORT_THRESHOLD_CROSSED,
        REPORT_THRESHOLD_UNKNOWN /* what it needs is not there yet */
    } state;
    const char *
        detail; /* a line for people: the value, and what it is held against; not "" unless it holds */
};

/* What a format is made of. The rows are there for formats that list every request. */
struct report_source {
    struct reader *reader;
    const struct model *model;
    bool bare;                                 /* in the formats for people the tables alone */
    const struct report_threshold *thresholds; /* of the run; NULL: it has none */
    size_t threshold_count;
};

/* The model's thresholds in words, for the formats that list them. The source points into it. */
struct report_judged {
    struct report_threshold *items;
    struct buf texts;
};

int report_judged_init(struct report_judged *j, struct report_source *s, struct err *e);
void report_judged_done(struct report_judged *j); /* also of a zeroed one */

/* A row of the table of formats (formats.c): adding one there is all that a new format takes. */
struct report_format {
    const char *word; /* of --format */
    const char *file; /* its name in a report's folder; NULL: not part of that */
    bool figures;     /* needs a model made with options.figures */
    bool no_guess;    /* shows no cold starts as the client guesses them */
    bool for_people;  /* what is said about the rest may follow it on the same stream */
    int (*write)(FILE *to, const struct report_source *s, struct err *e);
};

extern const struct report_format
    report_formats[];                    /* the first one is the default; ended by a NULL word */
extern const char report_format_words[]; /* "table|markdown|…", as a table of options wants them */

/* NULL: no format has that word. */
const struct report_format *report_format(const char *word);

/* One file in that format. */
int report_write_file(const char *path, const struct report_format *format,
                      const struct report_source *s, struct err *e);

/* The model was made with options.figures. figures->note is one line to show, or "". */
int report_write_dir(const char *dir, const struct report_source *s, struct figures_result *figures,
                     struct err *e);

#endif
