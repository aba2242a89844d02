/*
 * results: prints a run file's tables, and writes its report to a folder.
 *
 * `run` does this at its end, and `report` at any time. Thread: main.
 */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include <stdbool.h>
#include <stdio.h>

#include "record/reader.h"
#include "report/report.h"

struct results_options {
    const struct report_format *format;
    bool locust;    /* use Locust's rules */
    bool intervals; /* confidence intervals in tables for people */
    /* Other tools' names in every format; reports in files have them anyway. */
    bool dialects;
    bool bare;     /* only the tables */
    bool no_guess; /* see struct model_options */
    bool silent;   /* do not print where the report was written */
    bool is_cut;   /* limit the rows, by the next two members */
    struct reader_cut cut;
    /* This stage's times instead of those of `cut`; 0: none. */
    int64_t stage;
    const struct gate_rules *goodput; /* see struct model_options */
    struct thresholds *thresholds;    /* already evaluated; NULL: not evaluated, or none */
    struct counted *counted;          /* see struct model_options */
    const struct streams *streams;    /* see struct model_options */
    const char *folder;               /* NULL: no report */
    bool no_figures;                  /* only the data and scripts of figures in that folder */
    const char *page;                 /* NULL: no HTML page */
    struct platform_shape shape;      /* of the server's instances, to compute their cost */
    /* Name of an option that was given for the cost: without a cost it is an error. NULL: none. */
    const char *cost_option;
};

/* Reads the run file at `path`, prints to stdout and writes the report. Returns an exit code;
 * errors were already printed. */
int results_show(const char *path, const struct results_options *o);

/* Prints where a report was written, a line per group of files. */
void results_list(FILE *to, const char *dir, const struct document *d,
                  const struct figures_result *figures);

#endif
