/*
 * plot: draws one picture as an inline SVG: axes, lines, steps, dots and filled fields.
 *
 * It writes shapes with classes but no colours. The page sets them (page.css), so that a picture is
 * readable on light and dark pages. Texts are tick labels and axis names, escaped by markup.h.
 * Names from outside belong into the legend next to the picture. A picture has no ids, so one page
 * can have any number of them. It chooses no axis: see ticks.h.
 *
 * Thread: plain data.
 */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "report/ticks.h"
#include "util/buf.h"

struct plot_scale {
    bool logarithmic;
    double from, to; /* from < to; above 0 if logarithmic */
};

struct plot {
    struct buf *out;
    struct plot_scale x, y;
};

/* `description` is for people who cannot see the picture. */
void plot_begin(struct plot *p, struct buf *out, struct plot_scale x, struct plot_scale y,
                const char *description);

/* Grid, ticks and names. Call it before drawing on them. */
void plot_axes(const struct plot *p, const struct ticks *x, const char *x_name,
               const struct ticks *y, const char *y_name);

/* A line through n points. A y of NAN is a gap; a point between two gaps is a dot. */
void plot_line(const struct plot *p, const char *class_name, const double *x, const double *y,
               size_t n);

/* y[i] holds from edges[i] to edges[i + 1]. */
void plot_steps(const struct plot *p, const char *class_name, const double *edges, const double *y,
                size_t n);

/* A path of dots or fields: begin, any number of them, end. */
void plot_path_begin(const struct plot *p, const char *class_name);
void plot_dot(const struct plot *p, double x, double y);
void plot_field(const struct plot *p, double x0, double x1, double y0, double y1);
void plot_path_end(const struct plot *p);

void plot_end(const struct plot *p);

/* Position of a value in the picture, in its units from the top left. */
double plot_x(const struct plot *p, double x);
double plot_y(const struct plot *p, double y);

#endif
