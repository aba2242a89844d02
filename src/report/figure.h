/*
 * figure: one figure of a report, before it is drawn: its series, axes, legend and texts.
 *
 * Figures are sections of a document (document.h), which makes them once: from a model by the table
 * in figure_table.h, or from a comparison. Writers read them: figure_csv.h (the numbers),
 * figure_gnuplot.h (SVG, PNG, PDF), figure_html.h (inline SVG) and figure_latex.h (pgfplots). What
 * several writers need is decided here, once: how a long run is folded into steps, whether an axis
 * is logarithmic, which endpoints have a line. How it looks, and the escaping, are the writer's:
 * labels of series are as hostile as they were in the run file.
 *
 * Ownership: figure_done() frees the series; points and heat map are borrowed from the model,
 * texts are static or the figure's. Thread: plain data.
 */
#ifndef REPORT_FIGURE_H
#define REPORT_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/axis.h"
#include "report/points.h"
#include "stats/heatmap.h"
#include "util/buf.h"
#include "util/err.h"

/* Endpoints that have a line or a panel of their own: those with the most requests. */
#define FIGURE_ENDPOINTS_MAX 6

/* Series of a figure over time. */
#define FIGURE_SERIES_MAX 2

/* Rows of the heat map, from the fastest to the slowest request, at most. */
#define FIGURE_HEAT_ROWS 60

/* A text of our own. The page and gnuplot's pictures may have another one, for want of room. */
struct figure_text {
    const char *text;
    const char *on_page;    /* NULL: text */
    const char *in_picture; /* NULL: text */
};

const char *figure_on_page(const struct figure_text *t);
const char *figure_in_picture(const struct figure_text *t);

enum figure_kind {
    FIGURE_LINES,        /* values over time, each in the middle of its step */
    FIGURE_LEVELS,       /* values over time that hold until the next one */
    FIGURE_DISTRIBUTION, /* response times over percentiles, a line for each endpoint */
    FIGURE_POINTS,       /* single requests over time */
    FIGURE_HEAT,         /* counts of requests over time and response time */
    FIGURE_SHIFT,        /* changes over percentiles, each with its interval, a panel a series */
};

/* What is known of a series over time before its values are. */
struct figure_line {
    struct figure_text name;
    const char *column; /* of the CSV */
    const char *style;  /* gnuplot's line style; NULL: by its place */
};

struct figure_series {
    char *label;     /* from outside: the endpoint of a distribution or shift; else NULL */
    bool total;      /* over all endpoints */
    double *seconds; /* over time: a value for each second of the run, NAN if there is none */
    size_t n;        /* what is drawn: */
    double *x; /* of a distribution 1/(1 - percentile/100), of a shift the percentile; else NULL */
    double *y; /* NAN: a gap. Over time a value for each step */
    double *low; /* of a shift: the interval */
    double *high;
    double *percentile; /* of a distribution */
};

struct figure {
    /* What it is, in every report. */
    const char *key; /* name of its files */
    struct figure_text caption;
    enum figure_kind kind;
    enum axis_unit unit; /* of the values */
    const char *page;    /* the part of the HTML page that has it; NULL: "figures" */
    int place;           /* there; ties go to the first row */
    struct figure_text y_name;
    const char *x_name;  /* of FIGURE_POINTS over a number; NULL: over time */
    const char *columns; /* of the CSV of FIGURE_POINTS; NULL: those of the server's requests */
    const char *counted; /* what a heat map counts; NULL: requests */
    struct figure_line lines[FIGURE_SERIES_MAX];
    const char *empty;         /* what is written into the frame where there is nothing to draw */
    const char *panel_caption; /* on the page of all figures; NULL: it is not there */

    /* What it is in this one. A figure that is not there has a reason or nothing to say. */
    bool there;
    const char *missing;       /* why it is not there, a clause; NULL: not worth a note */
    struct figure_text legend; /* its title; NULL: none */
    size_t seconds;            /* of the run */
    size_t step_seconds;       /* that a drawn value stands for */
    bool of_requests; /* a value is one of all requests of its step, and y came from the maker;
                         else it is the mean of the step's seconds */
    struct figure_series *series;
    size_t series_count;
    const struct points *points; /* of FIGURE_POINTS */
    bool guessed;                /* the points are cold starts as the client guesses them */
    bool unlabelled;             /* the points are of one kind, which has no name */
    const struct heatmap *heat;  /* of FIGURE_HEAT, and how it is cut: */
    struct heatmap_rows heat_rows;
    struct heatmap_levels heat_levels;

    /* Worked out by figure_finish(). */
    struct axis x, y;
    double min, median, max; /* of what is drawn; NAN where nothing is. The median is that of the
                                first series */
    size_t drawn[FIGURE_ENDPOINTS_MAX + 1]; /* of a distribution: its lines, the total first */
    size_t drawn_count;
    size_t endpoints;     /* that have a request */
    char legend_text[80]; /* where `legend` is made of numbers: so a figure stays where it is */
};

/* Adds a series with n values to draw, all NAN; over time n is not asked, and there is a value for
 * each second to fill, of requests one for each step too. The pointer is good until the next one.
 * NULL: no memory. */
struct figure_series *figure_add(struct figure *f, size_t n, struct err *e);

/* After the last series: folds seconds into steps, chooses lines and axes. */
int figure_finish(struct figure *f, struct err *e);

/* Frees what the figure holds; fine for a zeroed one. */
void figure_done(struct figure *f);

/* Whether nothing is to be drawn in it. */
bool figure_is_empty(const struct figure *f);

/* Of a point, in the unit of the x axis before its division. */
double figure_point_x(const struct figure *f, const struct point *p);

/* "requests", or what else a heat map counts. */
const char *figure_counted(const struct figure *f);

/* Steps of a figure over time, and where step i begins: at the run's end for i = figure_steps(). */
size_t figure_steps(const struct figure *f);
size_t figure_edge_s(const struct figure *f, size_t i);

/* Appends what the time axis is called: "Time (min), each point the mean of 10 s". */
void figure_time_label(struct buf *out, const struct figure *f);

/* The three kinds of points, in the order in which they are drawn. */
struct figure_points_kind {
    enum points_kind kind;
    const char *name;
};
extern const struct figure_points_kind figure_points_kinds[POINTS_KINDS];

#endif
