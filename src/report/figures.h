/*
 * figures: draws the pictures of a report through gnuplot, as SVG, PNG and, where this gnuplot can, PDF.
 *
 * Reads the CSV files below DIR/data that the report has written before; never the run file. Each
 * picture is made by a gnuplot script put beside its data, so that `cd DIR/data && gnuplot NAME.gp`
 * makes the same picture again.
 *
 *   requests_per_second   requests and failures per second            (the paper's Fig. 2)
 *   response_time         median and 95th percentile of each second   (Fig. 3)
 *   users                 virtual users                               (Fig. 4)
 *   latency_distribution  response time over the percentile, one line per endpoint and one for all
 *   latency_heatmap       response time over the run, as colours that count requests
 *
 * and, where there are data for them,
 *
 *   instance_count          instances, active and idle                     (Fig. 5)
 *   billable_instance_time  billable seconds per second                    (Fig. 6)
 *   request_count           sent by the client, arrived at the server      (Fig. 7)
 *   request_latency         of the server, with and without start-up       (Fig. 8)
 *   cpu_utilization, memory_utilization                                    (Fig. 9, 10)
 *   cold_starts             latency of each request, cold ones marked
 *   all_figures             Figures 2 to 10 and cold_starts on one page
 *
 * The axis of the response times is linear, in ms or s as fits the data, unless the largest value
 * is more than 20 times the median: then it is logarithmic and says so, so that a cold start of 20
 * s does not press everything else into one line at the bottom. Seconds in which no request ended
 * are gaps. Runs of more than 600 seconds are drawn as means over equal steps; the time axis says
 * how long a step is. docs/figures.md tells the reader of a report.
 *
 * It runs no shell, and the names of endpoints reach gnuplot only as data: see figure_lines.h.
 *
 * Ownership: nothing is kept. Thread: any, one call at a time for one DIR; blocks while gnuplot
 * runs.
 */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

enum figure {
    FIGURE_REQUESTS_PER_SECOND,
    FIGURE_RESPONSE_TIME,
    FIGURE_USERS,
    FIGURE_LATENCY_DISTRIBUTION,
    FIGURE_INSTANCE_COUNT, /* from here on only where DIR/data/NAME.csv is there */
    FIGURE_BILLABLE_INSTANCE_TIME,
    FIGURE_REQUEST_COUNT,
    FIGURE_REQUEST_LATENCY,
    FIGURE_CPU_UTILIZATION,
    FIGURE_MEMORY_UTILIZATION,
    FIGURE_COLD_STARTS,
    FIGURE_LATENCY_HEATMAP,
    FIGURE_ALL, /* the page: where one of Figures 5 to 10 is there */
    FIGURE_COUNT
};

/* Those that every run has. */
#define FIGURE_ALWAYS FIGURE_INSTANCE_COUNT

/* The NAME in DIR/NAME.svg, DIR/NAME.png and DIR/data/NAME.csv; f < FIGURE_COUNT. */
const char *figure_name(enum figure f);

/* One line for people: what the picture shows (a caption, or the alt text of an image). */
const char *figure_caption(enum figure f);

/* All zero means the defaults. */
struct figures_options {
    int64_t timeout_ns; /* the most that one picture may take; 0: two minutes */
};

struct figures_result {
    bool gnuplot_missing;     /* no pictures: not an error, `note` says what to install */
    bool drawn[FIGURE_COUNT]; /* SVG and PNG of the picture are there */
    char note[512]; /* one line to show to the user (gnuplot missing, its warnings), or "" */
};

/* Writes DIR/data/NAME.gp (the scripts), DIR/data/NAME.dat (what they draw) and
 * DIR/data/style.gp, with or without gnuplot, and draws every picture. Those of an earlier call
 * are removed first, so that none is older than its data. -1 where a file cannot be read or
 * written, or gnuplot fails (its own words are in the error) or takes too long. */
int figures_draw(const char *dir, const struct figures_options *o, struct figures_result *r,
                 struct err *e);

#endif
