/*
 * results: shows a run file's tables, and writes its report into a folder.
 *
 * What `run` does at its end and `report` at any time. Thread: main.
 */
#ifndef CLI_RESULTS_H
#define CLI_RESULTS_H

#include <stdbool.h>

#include "record/reader.h"
#include "report/report.h"

struct results_options {
    const struct report_format *format;
    bool locust;    /* Locust's rules */
    bool intervals; /* tables for people with intervals */
    bool dialects; /* the words of other tools in every format; reports in files have them anyway */
    bool bare;     /* the tables alone */
    bool no_guess; /* see struct model_options */
    bool silent;   /* do not say where the report went */
    bool is_cut;   /* by the two that follow */
    struct reader_cut cut;
    int64_t stage;                 /* its times instead of those of `cut`; 0: none */
    struct thresholds *thresholds; /* judged already; NULL: not, or there are none */
    struct counted *counted;       /* see struct model_options */
    const struct streams *streams; /* likewise */
    const char *folder;            /* NULL: no report */
    bool no_figures;               /* in that folder: their data and scripts alone */
    const char *page;              /* NULL: no HTML page */
    struct platform_shape shape;   /* of the server's instances, for their cost */
};

/* Reads the run file at `path`, prints to stdout and writes the report. Returns an exit code; what
 * went wrong was said. */
int results_show(const char *path, const struct results_options *o);

#endif
