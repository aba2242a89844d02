#include "report/figure_html.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/heat_colours.h"
#include "report/plot.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/markup.h"
#include "util/text.h"

#define CLASS_BYTES 32
#define LABEL_LETTERS 60
#define DESCRIPTION_BYTES 4096
#define NAME_BYTES 256

/* ---- frame and legend ---- */

static void legend_begin(struct buf *out) {
    buf_str(out, "<ul class=\"legend\">\n");
}

static void legend_end(struct buf *out) {
    buf_str(out, "</ul>\n");
}

static void legend_text(struct buf *out, const char *text) {
    buf_str(out, "</svg> <bdi>");
    markup_cut(out, text, LABEL_LETTERS);
    buf_str(out, "</bdi></li>\n");
}

static void legend_line(struct buf *out, const char *class_name, const char *text) {
    buf_printf(out,
               "<li><svg xmlns=\"http://www.w3.org/2000/svg\" class=\"key\" viewBox=\"0 0 30 10\" "
               "aria-hidden=\"true\"><path class=\"%s\" d=\"M1 5h28\"/>",
               class_name);
    legend_text(out, text);
}

static void legend_field(struct buf *out, const char *class_name, const char *text) {
    buf_printf(
        out,
        "<li><svg xmlns=\"http://www.w3.org/2000/svg\" class=\"key field\" "
        "viewBox=\"0 0 14 10\" aria-hidden=\"true\"><path class=\"%s\" d=\"M0 0h14v10H0z\"/>",
        class_name);
    legend_text(out, text);
}

/* Begins a picture, with its axes. `description` is for those who do not see it. */
static void picture(struct plot *p, struct buf *out, const struct figure *f, const struct axis *y,
                    const char *y_name, const char *description) {
    const struct plot_scale x = {f->x.logarithmic, f->x.from, f->x.to};
    struct ticks x_ticks, y_ticks;
    struct buf x_name;
    buf_init(&x_name, NAME_BYTES);
    if (f->kind == FIGURE_DISTRIBUTION) {
        buf_str(&x_name, "Percentile");
        ticks_percentile(&x_ticks, x.to);
    } else if (f->x_name != NULL) {
        buf_str(&x_name, f->x_name);
        ticks_linear(&x_ticks, x.to, 6, f->kind != FIGURE_CURVES || x.to > 6);
    } else {
        figure_time_label(&x_name, f);
        ticks_linear(&x_ticks, x.to, 6, false);
    }
    if (y->logarithmic)
        ticks_latency(&y_ticks, y->from, y->to);
    else
        ticks_linear(&y_ticks, y->to, 5, f->unit == AXIS_COUNT);
    plot_begin(p, out, x, (struct plot_scale){y->logarithmic, y->from, y->to}, description);
    plot_axes(p, &x_ticks, buf_text(&x_name), &y_ticks, y_name);
    buf_done(&x_name);
}

/* The same with the frame and the caption of the figure. */
static void begin(struct plot *p, struct buf *out, const struct figure *f,
                  const char *description) {
    struct buf y_name;
    buf_init(&y_name, NAME_BYTES);
    buf_printf(&y_name, "%s%s", figure_on_page(&f->y_name), f->y.suffix);
    buf_printf(out, "<figure id=\"figure-%s\">\n<figcaption>", f->key);
    markup_text(out, figure_on_page(&f->caption));
    buf_str(out, "</figcaption>\n");
    picture(p, out, f, &f->y, buf_text(&y_name), description);
    buf_done(&y_name);
}
static void end(struct buf *out) {
    buf_str(out, "</figure>\n");
}

/* n values in the unit of an axis, for the caller to free; NULL and a marked buffer: no memory. */
static double *scaled(struct buf *out, const double *values, size_t n, const struct axis *a) {
    double *all = calloc(n + 1, sizeof *all);
    for (size_t i = 0; all != NULL && i < n; i++)
        all[i] = values[i] / a->unit;
    out->failed = out->failed || all == NULL;
    return all;
}

/* ---- over time ---- */

static void describe_lines(struct buf *out, const struct figure *f) {
    buf_str(out, f->caption.text);
    for (size_t i = 0; i < f->series_count; i++) {
        double min = (double)NAN, max = (double)NAN;
        for (size_t k = 0; k < f->series[i].n; k++) {
            min = fmin(min, f->series[i].y[k]);
            max = fmax(max, f->series[i].y[k]);
        }
        if (!isnan(max))
            buf_printf(out, "; %s: %s to %s%s", figure_on_page(&f->lines[i].name),
                       text_rounded(min, 4).text, text_rounded(max, 4).text,
                       f->unit == AXIS_MS ? " ms" : "");
    }
}

/* Where each step begins and ends, and, where `middles`, its middle instead. */
static double *places(struct buf *out, const struct figure *f, bool middles) {
    size_t n = figure_steps(f);
    double *all = calloc(n + 1, sizeof *all);
    for (size_t i = 0; all != NULL && i <= n; i++) {
        double at = (double)figure_edge_s(f, i) / f->x.unit;
        double next = (double)figure_edge_s(f, i + 1) / f->x.unit;
        all[i] = middles ? (at + next) / 2 : at;
    }
    out->failed = out->failed || all == NULL;
    return all;
}

static void draw_lines(struct buf *out, const struct figure *f) {
    static const char *const classes[FIGURE_SERIES_MAX] = {"s1", "s2", "d3", "d4", "d5", "d6"};
    bool levels = f->kind == FIGURE_LEVELS;
    size_t count = f->series_count < FIGURE_SERIES_MAX ? f->series_count : FIGURE_SERIES_MAX;
    double *x = places(out, f, !levels);
    struct buf description;
    struct plot p;
    buf_init(&description, DESCRIPTION_BYTES);
    describe_lines(&description, f);
    begin(&p, out, f, buf_text(&description));
    for (size_t i = count; i-- > 0 && x != NULL;) { /* the first on top */
        double *y = scaled(out, f->series[i].y, f->series[i].n, &f->y);
        if (y != NULL && levels)
            plot_steps(&p, classes[i], x, y, f->series[i].n);
        else if (y != NULL)
            plot_line(&p, classes[i], x, y, f->series[i].n);
        free(y);
    }
    plot_end(&p);
    if (count > 1) {
        legend_begin(out);
        for (size_t i = 0; i < count; i++)
            legend_line(out, classes[i], figure_on_page(&f->lines[i].name));
        legend_end(out);
    }
    end(out);
    buf_done(&description);
    free(x);
}

/* ---- the distribution ---- */

static void distribution_legend(struct buf *out, const struct figure *f) {
    const char *title = figure_on_page(&f->legend);
    legend_begin(out);
    for (size_t i = 0; i < f->drawn_count; i++) {
        char class_name[CLASS_BYTES];
        snprintf(class_name, sizeof class_name, "d%zu", i);
        legend_line(out, class_name, f->series[f->drawn[i]].label);
    }
    if (title != NULL) /* here an item of the list */
        buf_printf(out, "<li>%c%s</li>\n", tolower((unsigned char)title[0]), title + 1);
    legend_end(out);
}

static void draw_distribution(struct buf *out, const struct figure *f) {
    struct buf description;
    struct plot p;
    buf_init(&description, DESCRIPTION_BYTES);
    buf_printf(&description, "%s; over all: median %s ms, slowest %s ms", f->caption.text,
               text_rounded(f->median, 4).text, text_rounded(f->max, 4).text);
    begin(&p, out, f, buf_text(&description));
    for (size_t i = f->drawn_count; i-- > 0;) {
        const struct figure_series *s = &f->series[f->drawn[i]];
        char class_name[CLASS_BYTES];
        double *y = scaled(out, s->y, s->n, &f->y);
        snprintf(class_name, sizeof class_name, "d%zu", i);
        if (y != NULL)
            plot_line(&p, class_name, s->x, y, s->n);
        free(y);
    }
    plot_end(&p);
    distribution_legend(out, f);
    end(out);
    buf_done(&description);
}

/* ---- points ---- */

/* Dots that would lie on each other are drawn once: a cell is two units of the picture wide. */
enum { CELLS_X = 256, CELLS_Y = 160, CELL = 2 };

static void draw_kind(struct plot *p, const struct figure *f, enum points_kind kind,
                      const char *class_name, bool *taken) {
    memset(taken, 0, (size_t)CELLS_X * CELLS_Y * sizeof *taken);
    plot_path_begin(p, class_name);
    for (size_t i = 0; i < f->points->count; i++) {
        const struct point *at = &f->points->all[i];
        if (at->kind != kind)
            continue;
        double x = figure_point_x(f, at) / f->x.unit;
        double y = (double)at->took_us / US_PER_MS / f->y.unit;
        size_t cell = (size_t)(plot_y(p, y) / CELL) * CELLS_X + (size_t)(plot_x(p, x) / CELL);
        if (cell < (size_t)CELLS_X * CELLS_Y && !taken[cell]) {
            taken[cell] = true;
            plot_dot(p, x, y);
        }
    }
    plot_path_end(p);
}

static void draw_points(struct buf *out, const struct figure *f) {
    bool *taken = calloc((size_t)CELLS_X * CELLS_Y, sizeof *taken);
    char classes[POINTS_KINDS][CLASS_BYTES];
    struct plot p;
    begin(&p, out, f, f->caption.text);
    for (size_t i = 0; i < POINTS_KINDS && taken != NULL; i++) {
        snprintf(classes[i], sizeof classes[i], "p-%s", figure_points_kinds[i].name);
        draw_kind(&p, f, figure_points_kinds[i].kind, classes[i], taken);
    }
    plot_end(&p);
    if (!f->unlabelled) {
        legend_begin(out);
        for (size_t i = 0; i < POINTS_KINDS && taken != NULL; i++)
            legend_field(out, classes[i], figure_points_kinds[i].name);
        legend_end(out);
    }
    end(out);
    out->failed = out->failed || taken == NULL;
    free(taken);
}

/* ---- the heat map ---- */

/* One path a level: the fields of a row that are next to each other are one. */
static void heat_level(const struct plot *p, const struct figure *f, size_t level) {
    const struct heatmap_rows *rows = &f->heat_rows;
    char class_name[CLASS_BYTES];
    double column = (double)heatmap_column_us(f->heat) / US_PER_S / f->x.unit;
    size_t columns = heatmap_columns(f->heat);
    snprintf(class_name, sizeof class_name, "h%zu", heat_colour(level, f->heat_levels.count));
    plot_path_begin(p, class_name);
    for (size_t y = 0; y < rows->count; y++)
        for (size_t x = 0; x < columns;) {
            size_t from = x;
            uint64_t n;
            while (x < columns && (n = heatmap_at(f->heat, rows, x, y)) > 0 &&
                   heatmap_level(&f->heat_levels, n) == level)
                x++;
            if (x > from)
                plot_field(p, (double)from * column, (double)x * column,
                           heatmap_edge_us(rows, y) / US_PER_MS,
                           heatmap_edge_us(rows, y + 1) / US_PER_MS);
            else
                x++;
        }
    plot_path_end(p);
}

static void heat_legend(struct buf *out, const struct figure *f) {
    const struct heatmap_levels *l = &f->heat_levels;
    legend_begin(out);
    buf_printf(out, "<li>%s:</li>\n", figure_counted(f));
    for (size_t i = 0; i < l->count; i++) {
        char class_name[CLASS_BYTES], text[64];
        uint64_t from = heatmap_level_from(l, i);
        uint64_t to = i + 1 < l->count ? heatmap_level_from(l, i + 1) - 1 : f->heat_rows.highest;
        snprintf(class_name, sizeof class_name, "h%zu", heat_colour(i, l->count));
        if (from == to)
            snprintf(text, sizeof text, "%" PRIu64, from);
        else
            snprintf(text, sizeof text, "%" PRIu64 "\xe2\x80\x93%" PRIu64, from, to);
        legend_field(out, class_name, text);
    }
    legend_end(out);
}

static void draw_heat(struct buf *out, const struct figure *f) {
    struct buf description;
    struct plot p;
    buf_init(&description, DESCRIPTION_BYTES);
    buf_printf(&description, "%s; from %s to %s ms, up to %" PRIu64 " %s per cell", f->caption.text,
               text_rounded(f->min, 3).text, text_rounded(f->max, 3).text, f->heat_rows.highest,
               figure_counted(f));
    begin(&p, out, f, buf_text(&description));
    buf_str(out, "<g class=\"heat\">\n");
    for (size_t i = 0; i < f->heat_levels.count; i++)
        heat_level(&p, f, i);
    buf_str(out, "</g>\n");
    plot_end(&p);
    heat_legend(out, f);
    end(out);
    buf_done(&description);
}

/* ---- over a load ---- */

/* One of the pictures of curves: these series, with these names. */
struct panel {
    const char *key, *caption, *y_name;
    size_t first, count;
    struct axis y;
    double limit; /* NAN: none */
};

/* What is the same in all panels: the interval, and the load that is marked. */
static void draw_answer(const struct plot *p, const struct figure *f, const struct panel *panel) {
    const double low = panel->y.from, high = panel->y.to;
    if (!isnan(f->band_low)) {
        plot_path_begin(p, "band");
        plot_field(p, f->band_low, fmin(f->band_high, f->x.to), low, high);
        plot_path_end(p);
    }
    if (!isnan(f->mark))
        plot_line(p, "mark", (double[]){f->mark, f->mark}, (double[]){low, high}, 2);
    if (!isnan(panel->limit))
        plot_line(p, "limit", (double[]){0, f->x.to}, (double[]){panel->limit, panel->limit}, 2);
}

static void panel_legend(struct buf *out, const struct figure *f, const struct panel *panel) {
    static const char *const classes[] = {"s1", "s2", "d3"};
    legend_begin(out);
    for (size_t i = 0; panel->count > 1 && i < panel->count && i < COUNT_OF(classes); i++)
        legend_line(out, classes[i], figure_on_page(&f->lines[panel->first + i].name));
    if (!isnan(panel->limit))
        legend_line(out, "limit", "SLO");
    if (!isnan(f->band_low))
        legend_field(out, "band", "capacity, 95 %");
    legend_end(out);
}

static void draw_panel(struct buf *out, const struct figure *f, const struct panel *panel) {
    static const char *const classes[] = {"s1", "s2", "d3"};
    struct plot p;
    buf_printf(out, "<figure id=\"figure-%s\">\n<figcaption>%s</figcaption>\n", panel->key,
               panel->caption);
    picture(&p, out, f, &panel->y, panel->y_name, panel->caption);
    draw_answer(&p, f, panel);
    for (size_t i = panel->count; i-- > 0;) {
        const struct figure_series *s = &f->series[panel->first + i];
        double *y = scaled(out, s->y, s->n, &panel->y);
        if (y != NULL)
            plot_line(&p, classes[i], s->x, y, s->n);
        free(y);
    }
    plot_end(&p);
    panel_legend(out, f, panel);
    end(out);
}

static void draw_curves(struct buf *out, const struct figure *f) {
    const size_t rate = FIGURE_CURVE_TIMES, share = rate + 1;
    struct buf times;
    buf_init(&times, NAME_BYTES);
    buf_printf(&times, "%s%s", figure_on_page(&f->y_name), f->y.suffix);
    const struct panel panels[] = {
        {"capacity", "Response times", buf_text(&times), 0, rate, f->y, f->limit_ms / f->y.unit},
        {"capacity-throughput", "Throughput", "Successes/s", rate, 1,
         axis_values(AXIS_RATE, 0, 0, fmax(figure_largest(f, rate), 0)), (double)NAN},
        {"capacity-failures", "Failures", "Failures (%)", share, 1,
         axis_values(AXIS_PERCENT, 0, 0, fmax(fmax(figure_largest(f, share), f->limit_percent), 0)),
         f->limit_percent},
    };
    for (size_t i = 0; i < COUNT_OF(panels); i++)
        draw_panel(out, f, &panels[i]);
    buf_done(&times);
}

void figure_html(struct buf *out, const struct figure *f) {
    if (!f->there || figure_is_empty(f))
        return;
    switch (f->kind) {
    case FIGURE_LINES:
    case FIGURE_LEVELS:
        draw_lines(out, f);
        break;
    case FIGURE_DISTRIBUTION:
        draw_distribution(out, f);
        break;
    case FIGURE_POINTS:
        draw_points(out, f);
        break;
    case FIGURE_HEAT:
        draw_heat(out, f);
        break;
    case FIGURE_CURVES:
        draw_curves(out, f);
        break;
    case FIGURE_SHIFT: /* on no page */
        break;
    }
}
