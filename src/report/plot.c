#include "report/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/markup.h"

/* In the picture's own units; the page scales it. */
enum { WIDTH = 480, HEIGHT = 280, LEFT = 56, RIGHT = 470, TOP = 26, BOTTOM = 236 };

static double share(const struct plot_scale *s, double v) {
    if (v < s->from) /* a logarithmic axis has no 0 */
        v = s->from;
    if (v > s->to)
        v = s->to;
    return s->logarithmic ? log(v / s->from) / log(s->to / s->from)
                          : (v - s->from) / (s->to - s->from);
}

double plot_x(const struct plot *p, double x) {
    return LEFT + share(&p->x, x) * (RIGHT - LEFT);
}

double plot_y(const struct plot *p, double y) {
    return BOTTOM - share(&p->y, y) * (BOTTOM - TOP);
}

/* With one digit after the point where it is not 0. */
static void number(struct buf *out, double v) {
    char text[32];
    snprintf(text, sizeof text, "%.1f", v);
    size_t n = strlen(text);
    if (n > 2 && strcmp(text + n - 2, ".0") == 0)
        text[n - 2] = '\0';
    buf_str(out, strcmp(text, "-0") == 0 ? "0" : text);
}

static void command(struct buf *out, char letter, double v) {
    buf_char(out, letter);
    number(out, v);
}

static void move(struct buf *out, char letter, double x, double y) {
    command(out, letter, x);
    command(out, ' ', y);
}

void plot_begin(struct plot *p, struct buf *out, struct plot_scale x, struct plot_scale y,
                const char *description) {
    *p = (struct plot){.out = out, .x = x, .y = y};
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 %d %d\" "
               "role=\"img\" aria-label=\"",
               WIDTH, HEIGHT);
    markup_text(out, description);
    buf_str(out, "\">\n");
}

static void label(struct buf *out, const char *class_name, double x, double y, const char *text) {
    buf_printf(out, "<text class=\"%s\" x=\"", class_name);
    number(out, x);
    buf_str(out, "\" y=\"");
    number(out, y);
    buf_str(out, "\">");
    markup_text(out, text);
    buf_str(out, "</text>\n");
}

static bool on(const struct plot_scale *s, double v) {
    double slack = 1e-9 * fabs(s->to);
    return v >= s->from - slack && v <= s->to + slack;
}

/* The lines of the grid, and the small marks outside of the frame. */
static void marks(const struct plot *p, const struct ticks *x, const struct ticks *y, bool small) {
    plot_path_begin(p, small ? "tick" : "grid");
    for (size_t i = 0; i < x->count; i++)
        if (x->all[i].small == small && on(&p->x, x->all[i].at)) {
            move(p->out, 'M', plot_x(p, x->all[i].at), BOTTOM);
            command(p->out, 'v', small ? 3 : TOP - BOTTOM);
        }
    for (size_t i = 0; i < y->count; i++)
        if (y->all[i].small == small && on(&p->y, y->all[i].at)) {
            move(p->out, 'M', LEFT, plot_y(p, y->all[i].at));
            command(p->out, 'h', small ? -3 : RIGHT - LEFT);
        }
    plot_path_end(p);
}

void plot_axes(const struct plot *p, const struct ticks *x, const char *x_name,
               const struct ticks *y, const char *y_name) {
    marks(p, x, y, false);
    marks(p, x, y, true);
    buf_printf(p->out, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, BOTTOM, RIGHT);
    for (size_t i = 0; i < x->count; i++)
        if (x->all[i].label[0] != '\0' && on(&p->x, x->all[i].at)) {
            bool at_end = plot_x(p, x->all[i].at) > RIGHT - 20;
            label(p->out, at_end ? "ty" : "tx", at_end ? RIGHT : plot_x(p, x->all[i].at),
                  BOTTOM + 18, x->all[i].label);
        }
    for (size_t i = 0; i < y->count; i++)
        if (y->all[i].label[0] != '\0' && on(&p->y, y->all[i].at))
            label(p->out, "ty", LEFT - 7, plot_y(p, y->all[i].at) + 4, y->all[i].label);
    label(p->out, "nx", (LEFT + RIGHT) / 2.0, HEIGHT - 6, x_name);
    label(p->out, "ny", 2, 13, y_name);
}

void plot_path_begin(const struct plot *p, const char *class_name) {
    buf_printf(p->out, "<path class=\"%s\" d=\"M0 0", class_name);
}

void plot_path_end(const struct plot *p) {
    buf_str(p->out, "\"/>\n");
}

void plot_line(const struct plot *p, const char *class_name, const double *x, const double *y,
               size_t n) {
    plot_path_begin(p, class_name);
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i]))
            continue;
        bool begins = i == 0 || isnan(y[i - 1]);
        move(p->out, begins ? 'M' : 'L', plot_x(p, x[i]), plot_y(p, y[i]));
        if (begins && (i + 1 == n || isnan(y[i + 1])))
            buf_str(p->out, "h0");
    }
    plot_path_end(p);
}

void plot_steps(const struct plot *p, const char *class_name, const double *edges, const double *y,
                size_t n) {
    plot_path_begin(p, class_name);
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i]))
            continue;
        if (i == 0 || isnan(y[i - 1]))
            move(p->out, 'M', plot_x(p, edges[i]), plot_y(p, y[i]));
        else if (y[i] != y[i - 1])
            command(p->out, 'V', plot_y(p, y[i]));
        if (i + 1 == n || y[i + 1] != y[i]) /* NAN too */
            command(p->out, 'H', plot_x(p, edges[i + 1]));
    }
    plot_path_end(p);
}

void plot_dot(const struct plot *p, double x, double y) {
    move(p->out, 'M', plot_x(p, x), plot_y(p, y));
    buf_str(p->out, "h0");
}

void plot_field(const struct plot *p, double x0, double x1, double y0, double y1) {
    move(p->out, 'M', plot_x(p, x0), plot_y(p, y0));
    command(p->out, 'H', plot_x(p, x1));
    command(p->out, 'V', plot_y(p, y1));
    command(p->out, 'H', plot_x(p, x0));
    buf_char(p->out, 'z');
}

void plot_end(const struct plot *p) {
    buf_str(p->out, "</svg>\n");
}
