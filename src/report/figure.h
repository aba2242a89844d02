/*
 * figure: one figure of a report before it is drawn: its series, axes, legend and texts.
 *
 * Figures are sections of a document (document.h), which makes them once: from a model by the table
 * in figure_table.h, or from a comparison. Writers read them: figure_csv.h (the numbers),
 * figure_gnuplot.h (SVG, PNG, PDF), figure_html.h (inline SVG) and figure_latex.h (pgfplots). What
 * several writers need is decided here, once: how a long run is folded into steps, whether an axis
 * is logarithmic, and which endpoints have a line. Each writer decides on the look and does the
 * escaping: labels of series are hostile texts of the run file.
 *
 * Ownership: figure_done() frees the series; points and heat map are borrowed from the model, texts
 * are static or belong to the figure. Thread: plain data.
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

/* Number of endpoints with their own line or panel: those with the most requests. */
#define FIGURE_ENDPOINTS_MAX 6

/* Series of a figure over time. */
#define FIGURE_SERIES_MAX 6

/* Of curves, the first series are times. */
#define FIGURE_CURVE_TIMES 3

/* Maximum number of rows of the heat map, from the fastest to the slowest request. */
#define FIGURE_HEAT_ROWS 60

/* A text of our own. The page and gnuplot's pictures may have a shorter one, to save space. */
struct figure_text {
    const char *text;
    const char *on_page;    /* NULL: text */
    const char *in_picture; /* NULL: text */
};

const char *figure_on_page(const struct figure_text *t);
const char *figure_in_picture(const struct figure_text *t);

enum figure_kind {
    FIGURE_LINES,        /* values over time, each at the middle of its step */
    FIGURE_LEVELS,       /* values over time that hold until the next one */
    FIGURE_DISTRIBUTION, /* response times over percentiles, one line per endpoint */
    FIGURE_POINTS,       /* single requests over time */
    FIGURE_HEAT,         /* counts of requests over time and response time */
    FIGURE_SHIFT, /* changes over percentiles, each with its interval, one panel per series */
    /* Values over a load: times, then a throughput, then a share in percent, one panel each. */
    FIGURE_CURVES,
};

/* What is known about a series over time before it has values. */
struct figure_line {
    struct figure_text name;
    const char *column; /* in the CSV */
    const char *style;  /* line style of gnuplot; NULL: by its position */
};

struct figure_series {
    /* Hostile text: the endpoint, in a distribution or shift; else NULL. */
    char *label;
    bool total; /* over all endpoints */
    /* Over time: a value for each second of the run; NAN: no value. */
    double *seconds;
    size_t n; /* number of drawn values: */
    /* Distribution: 1/(1 - percentile/100); shift: the percentile; else NULL. */
    double *x;
    double *y;   /* NAN: a gap. Over time: one value per step */
    double *low; /* of a shift: bounds of the interval */
    double *high;
    double *percentile; /* of a distribution */
};

struct figure {
    /* The same in every report: */
    const char *key; /* name of its files */
    struct figure_text caption;
    enum figure_kind kind;
    enum axis_unit unit; /* of the values */
    const char *page;    /* the part of the HTML page; NULL: "figures" */
    int place;           /* position in that part; ties go to the first row */
    struct figure_text y_name;
    /* Of FIGURE_POINTS if x is not time; NULL: over time. */
    const char *x_name;
    /* Of the CSV of FIGURE_POINTS; NULL: the columns for requests of the server. */
    const char *columns;
    const char *counted; /* what a heat map counts; NULL: requests */
    /* Of curves: the interval that is shaded, the load in it that is marked, and limits of the
     * times and of the share. NAN: none. A high end of INFINITY is that of the axis. */
    double band_low, band_high, mark, limit_ms, limit_percent;
    struct figure_line lines[FIGURE_SERIES_MAX];
    const char *empty; /* written in the frame if there is nothing to draw */
    /* Caption on the page of all figures; NULL: not on that page. */
    const char *panel_caption;

    /* In this report. A figure that is not there has a reason, or nothing to say. */
    bool there;
    const char *missing;       /* why it is not there, a clause; NULL: no note */
    struct figure_text legend; /* its title; NULL: no legend */
    size_t seconds;            /* length of the run */
    size_t step_seconds;       /* seconds per drawn value */
    /* True: a value is computed from all requests of its step, and the maker sets y. False: it is
     * the mean of the seconds in the step. */
    bool of_requests;
    struct figure_series *series;
    size_t series_count;
    const struct points *points; /* of FIGURE_POINTS */
    bool guessed;                /* the points are cold starts as estimated by the client */
    bool unlabelled;             /* the points have one kind, which has no name */
    const struct heatmap *heat;  /* of FIGURE_HEAT, with its rows and levels: */
    struct heatmap_rows heat_rows;
    struct heatmap_levels heat_levels;

    /* Set by figure_finish(). */
    struct axis x, y;
    /* Of what is drawn; NAN if nothing is. The median is that of the first series. */
    double min, median, max;
    /* Of a distribution: its lines, with the total first. */
    size_t drawn[FIGURE_ENDPOINTS_MAX + 1];
    size_t drawn_count;
    size_t endpoints; /* with at least one request */
    /* The text of `legend`, if it is made from numbers; so a figure must not move. */
    char legend_text[80];
};

/* Adds a series of n values, all NAN. Over time, n is ignored: the caller fills one value per
 * second, and with `of_requests` also one per step. The pointer is valid until the next call. NULL:
 * no memory. */
struct figure_series *figure_add(struct figure *f, size_t n, struct err *e);

/* Call it after the last series: folds seconds into steps, and chooses lines and axes. */
int figure_finish(struct figure *f, struct err *e);

/* Frees what the figure holds; all zeros is allowed. */
void figure_done(struct figure *f);

/* Whether there is nothing to draw. */
bool figure_is_empty(const struct figure *f);

/* The largest value of series i; NAN: it has none, or is not there. */
double figure_largest(const struct figure *f, size_t i);

/* x of a point, in the unit of the x axis before it is divided. */
double figure_point_x(const struct figure *f, const struct point *p);

/* What a heat map counts: "requests" or another word. */
const char *figure_counted(const struct figure *f);

/* Number of steps of a figure over time, and the start of step i; for i = figure_steps(), the end
 * of the run. */
size_t figure_steps(const struct figure *f);
size_t figure_edge_s(const struct figure *f, size_t i);

/* Appends the name of the time axis: "Time (min), each point the mean of 10 s". */
void figure_time_label(struct buf *out, const struct figure *f);

/* The three kinds of points, in drawing order. */
struct figure_points_kind {
    enum points_kind kind;
    const char *name;
};
extern const struct figure_points_kind figure_points_kinds[POINTS_KINDS];

#endif
