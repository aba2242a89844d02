#include "report/figure_gnuplot.h"

#include <math.h>
#include <string.h>

#include "report/figure_names.h"
#include "report/heat_colours.h"
#include "report/ticks.h"
#include "util/text.h"

/* What fits beside each other in a legend, in letters, and what the piece of line before a name
 * takes of it. */
#define LEGEND_COLUMNS 60
#define SAMPLE_COLUMNS 7

extern const char embed_report_lines_gp[];
extern const char embed_report_levels_gp[];
extern const char embed_report_distribution_gp[];
extern const char embed_report_points_gp[];
extern const char embed_report_heat_gp[];
extern const char embed_report_shift_gp[];
extern const char embed_report_curves_gp[];

static const char *const pictures[] = {[FIGURE_LINES] = embed_report_lines_gp,
                                       [FIGURE_LEVELS] = embed_report_levels_gp,
                                       [FIGURE_DISTRIBUTION] = embed_report_distribution_gp,
                                       [FIGURE_POINTS] = embed_report_points_gp,
                                       [FIGURE_HEAT] = embed_report_heat_gp,
                                       [FIGURE_SHIFT] = embed_report_shift_gp,
                                       [FIGURE_CURVES] = embed_report_curves_gp};

/* Where a line has no style of its own. */
static const char *const line_styles[FIGURE_SERIES_MAX] = {
    "linecolor rgb blue linewidth 1.6 pointtype 7 pointsize 0.3",
    "linecolor rgb orange linewidth 1.6 dashtype (6, 2) pointtype 8 pointsize 0.6",
    "linecolor rgb green linewidth 1.6 dashtype (2, 1.5) pointtype 11 pointsize 0.5",
    "linecolor rgb purple linewidth 1.6 dashtype (8, 2, 2, 2) pointtype 13 pointsize 0.5",
    "linecolor rgb sky linewidth 1.6 dashtype (12, 2) pointtype 4 pointsize 0.5",
    "linecolor rgb red linewidth 1.6 dashtype (5, 2, 1, 2) pointtype 6 pointsize 0.5"};

/* Appends a text of our own in gnuplot's quotes. */
static void figure_gnuplot_quote(struct buf *out, const char *text) {
    buf_char(out, '\'');
    for (; *text != '\0'; text++)
        buf_str(out, *text == '\'' ? "''" : (char[]){*text, '\0'});
    buf_char(out, '\'');
}

static void set_text(struct buf *out, const char *what, const char *text) {
    buf_str(out, what);
    figure_gnuplot_quote(out, text);
    buf_char(out, '\n');
}

/* ---- data ---- */

static double value(const struct figure_series *s, size_t i) {
    return i < s->n ? s->y[i] : (double)NAN; /* also before the first: (size_t)-1 */
}

static bool is_alone(const struct figure_series *s, size_t i) {
    return !isnan(value(s, i)) && isnan(value(s, i - 1)) && isnan(value(s, i + 1));
}

static void number(struct buf *out, double v) {
    if (isnan(v))
        buf_str(out, " NaN");
    else
        buf_printf(out, " %.9g", v);
}

static void lines_data(struct buf *out, const struct figure *f) {
    buf_str(out, "# start_s middle_s values... values_that_stand_alone...\n");
    for (size_t i = 0; i < figure_steps(f); i++) {
        size_t from = figure_edge_s(f, i), to = figure_edge_s(f, i + 1);
        buf_printf(out, "%zu %.10g", from, (double)(from + to) / 2);
        for (size_t v = 0; v < f->series_count; v++)
            number(out, value(&f->series[v], i));
        for (size_t v = 0; v < f->series_count; v++)
            number(out, is_alone(&f->series[v], i) ? f->series[v].y[i] : (double)NAN);
        buf_char(out, '\n');
    }
}

static bool same(const struct figure *f, size_t a, size_t b) {
    for (size_t v = 0; v < f->series_count; v++) {
        double x = f->series[v].y[a], y = f->series[v].y[b];
        if (x != y && !(isnan(x) && isnan(y)))
            return false;
    }
    return true;
}

static void corner(struct buf *out, const struct figure *f, size_t edge, size_t step) {
    buf_printf(out, "%zu", figure_edge_s(f, edge));
    for (size_t v = 0; v < f->series_count; v++)
        number(out, f->series[v].y[step]);
    buf_char(out, '\n');
}

/* Both ends of each stretch of the same values. */
static void levels_data(struct buf *out, const struct figure *f) {
    buf_str(out, "# time_s values...\n");
    for (size_t i = 0; i < figure_steps(f);) {
        size_t from = i;
        while (i < figure_steps(f) && same(f, i, from))
            i++;
        corner(out, f, from, from);
        corner(out, f, i, from);
    }
}

/* The head of a line's block; returns how wide the name is, in letters. */
static size_t label(struct buf *out, const struct figure_series *s) {
    struct buf shown;
    buf_init(&shown, out->max);
    text_printable(&shown, s->label, strlen(s->label));
    size_t columns = figure_names_head(out, buf_text(&shown));
    out->failed = out->failed || !buf_ok(&shown);
    buf_done(&shown);
    return columns;
}

static void distribution_data(struct buf *out, const struct figure *f) {
    buf_str(out, "# blocks of: name, name for fonts with few letters; inverse latency_ms...\n");
    for (size_t i = 0; i < f->drawn_count; i++) {
        const struct figure_series *s = &f->series[f->drawn[i]];
        buf_str(out, i > 0 ? "\n\n" : "");
        label(out, s);
        for (size_t k = 0; k < s->n; k++)
            buf_printf(out, "%.10g %.9g\n", s->x[k], s->y[k]);
    }
}

static bool has_points(const struct figure *f, enum points_kind kind) {
    for (size_t i = 0; i < f->points->count; i++)
        if (f->points->all[i].kind == kind)
            return true;
    return false;
}

/* A block of each kind. */
static void points_data(struct buf *out, const struct figure *f) {
    for (size_t k = 0; k < POINTS_KINDS; k++) {
        const struct figure_points_kind *x = &figure_points_kinds[k];
        buf_printf(out, "# %s: %s\n", f->unlabelled ? "all" : x->name,
                   f->columns != NULL ? f->columns : "time_s latency_ms");
        for (size_t i = 0; i < f->points->count; i++) {
            const struct point *p = &f->points->all[i];
            if (p->kind == x->kind)
                buf_printf(out, "%.9g %.9g\n", figure_point_x(f, p), (double)p->took_us / 1e3);
        }
        /* A block without a line would not count as one. */
        buf_str(out, has_points(f, x->kind) ? "\n\n" : "NaN NaN\n\n\n");
    }
}

/* A field a line, with the level of its count. */
static void heat_data(struct buf *out, const struct figure *f) {
    const struct heatmap_rows *rows = &f->heat_rows;
    double column_s = (double)heatmap_column_us(f->heat) / 1e6;
    buf_str(out, "# from_s to_s from_ms to_ms level\n");
    for (size_t x = 0; x < heatmap_columns(f->heat); x++)
        for (size_t y = 0; y < rows->count; y++) {
            uint64_t n = heatmap_at(f->heat, rows, x, y);
            if (n > 0)
                buf_printf(out, "%.9g %.9g %.9g %.9g %zu\n", (double)x * column_s,
                           (double)(x + 1) * column_s, heatmap_edge_us(rows, y) / 1000,
                           heatmap_edge_us(rows, y + 1) / 1000, heatmap_level(&f->heat_levels, n));
        }
}

/* A block a panel: its name, then percentile, value, interval. */
static void shift_data(struct buf *out, const struct figure *f) {
    for (size_t i = 0; i < f->series_count; i++) {
        const struct figure_series *s = &f->series[i];
        buf_str(out, i > 0 ? "\n\n" : "");
        figure_names_head(out, s->label);
        for (size_t k = 0; k < s->n; k++)
            buf_printf(out, "%g %.6g %.6g %.6g\n", s->x[k], s->y[k], s->low[k], s->high[k]);
    }
}

static void curves_data(struct buf *out, const struct figure *f) {
    buf_str(out, "# load values...\n");
    for (size_t k = 0; f->series_count > 0 && k < f->series[0].n; k++) {
        buf_printf(out, "%.9g", f->series[0].x[k]);
        for (size_t i = 0; i < f->series_count; i++)
            number(out, f->series[i].y[k]);
        buf_char(out, '\n');
    }
}

void figure_gnuplot_data(struct buf *out, const struct figure *f) {
    switch (f->kind) {
    case FIGURE_LINES:
        lines_data(out, f);
        break;
    case FIGURE_LEVELS:
        levels_data(out, f);
        break;
    case FIGURE_DISTRIBUTION:
        distribution_data(out, f);
        break;
    case FIGURE_POINTS:
        points_data(out, f);
        break;
    case FIGURE_HEAT:
        heat_data(out, f);
        break;
    case FIGURE_SHIFT:
        shift_data(out, f);
        break;
    case FIGURE_CURVES:
        curves_data(out, f);
        break;
    }
}

/* ---- the script ---- */

static void time_axis(struct buf *out, const struct figure *f) {
    if (f->x_name != NULL) {
        buf_printf(out, "x_unit = 1.0\nset xrange [0:%.9g]\n", f->x.to);
        set_text(out, "load_name = ", f->x_name);
        buf_str(out, "set xlabel load_name\n");
        return;
    }
    buf_printf(out, "x_unit = %.1f\nset xrange [0:%.9g]\nset xlabel '", f->x.unit, f->x.to);
    figure_time_label(out, f);
    buf_str(out, "'\n");
}

static void percentile_axis(struct buf *out, const struct figure *f) {
    struct ticks t;
    ticks_percentile(&t, round(f->x.to / 1.05)); /* not those of the margin */
    buf_printf(out, "set xlabel 'Percentile'\nset logscale x\nset xrange [1:%.9g]\nset xtics (",
               f->x.to);
    for (size_t i = 0; i < t.count; i++) {
        buf_str(out, i > 0 ? ", '" : "'");
        for (const char *p = t.all[i].label; *p != '\0'; p++)
            buf_str(out, *p == '%' ? "%%" : (char[]){*p, '\0'}); /* gnuplot takes it as a format */
        buf_printf(out, "' %.9g", t.all[i].at);
    }
    buf_str(out, ")\n");
}

static void latency_tics(struct buf *out, const struct axis *y) {
    struct ticks t;
    ticks_latency(&t, y->from, y->to);
    buf_str(out, "set ytics (");
    for (size_t i = 0; i < t.count; i++)
        buf_printf(out, "%s'%s' %.9g %d", i > 0 ? ", " : "", t.all[i].label, t.all[i].at,
                   t.all[i].small);
    buf_str(out, ")\n");
}

static void value_axis(struct buf *out, const struct figure *f) {
    const struct axis *y = &f->y;
    struct buf name;
    buf_init(&name, out->max);
    buf_printf(&name, "%s%s", figure_in_picture(&f->y_name), y->suffix);
    set_text(out, "set ylabel ", buf_text(&name));
    buf_done(&name);
    buf_printf(out, "set yrange [%.9g:%.9g]\ny_unit = %.1f\ny_min = %.9g\n", y->from, y->to,
               y->unit, y->from);
    if (y->logarithmic) {
        buf_str(out, "set logscale y\n");
        latency_tics(out, y);
    }
    if (f->unit == AXIS_COUNT && !(f->max >= 5))
        buf_str(out, "set ytics 1\n"); /* no half users */
}

/* What is particular to lines and levels: styles, titles, and which lines have points alone. */
static void over_time(struct buf *out, const struct figure *f) {
    for (size_t i = 0; i < f->series_count && i < FIGURE_SERIES_MAX && f->kind == FIGURE_LINES; i++)
        buf_printf(out, "set style line %zu %s\n", i + 1,
                   f->lines[i].style != NULL ? f->lines[i].style : line_styles[i]);
    buf_printf(out, "array titles[%zu] = [", f->series_count);
    for (size_t i = 0; i < f->series_count; i++) {
        buf_str(out, i > 0 ? ", " : "");
        figure_gnuplot_quote(out, figure_in_picture(&f->lines[i].name));
    }
    buf_printf(out, "]\narray alone[%zu] = [", f->series_count);
    for (size_t i = 0; i < f->series_count; i++) {
        bool any = false;
        for (size_t k = 0; k < f->series[i].n; k++)
            any = any || is_alone(&f->series[i], k);
        buf_printf(out, "%s%d", i > 0 ? ", " : "", any);
    }
    buf_str(out, "]\n");
}

static void distribution(struct buf *out, const struct figure *f) {
    size_t widest = 0;
    struct buf head;
    buf_init(&head, out->max);
    for (size_t i = 0; i < f->drawn_count; i++) {
        size_t columns = label(&head, &f->series[f->drawn[i]]);
        widest = columns > widest ? columns : widest;
    }
    buf_done(&head);
    buf_printf(out, "lines = %zu\naggregated = %d\nlegend_columns = %zu\n", f->drawn_count,
               f->drawn_count > 0 && f->series[f->drawn[0]].total,
               LEGEND_COLUMNS / (widest + SAMPLE_COLUMNS));
}

static void points(struct buf *out, const struct figure *f) {
    for (size_t k = 0; k < POINTS_KINDS; k++)
        buf_printf(out, "%s = %d\n", figure_points_kinds[k].name,
                   has_points(f, figure_points_kinds[k].kind));
    if (f->unlabelled)
        buf_str(out, "unset key\n");
}

/* Each level has its colour, and a label where its counts begin. */
static void palette(struct buf *out, const struct figure *f) {
    const struct heatmap_levels *l = &f->heat_levels;
    const size_t n = l->count == 0 ? 1 : l->count;
    set_text(out, "counted = ", figure_counted(f));
    buf_printf(out, "set palette maxcolors %zu\nset palette defined (", n == 1 ? 2 : n);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%zu '%s'", i > 0 ? ", " : "", i, heat_colours_light[heat_colour(i, n)]);
    if (n == 1) /* gnuplot wants two */
        buf_printf(out, ", 1 '%s'", heat_colours_light[heat_colour(0, 1)]);
    buf_printf(out, ")\nset cbrange [0:%zu]\nset cbtics (", n);
    /* Of many every second one: there is no more room. */
    for (size_t i = 0; i<n; i += n> 8 ? 2 : 1)
        buf_printf(out, "%s'%llu' %zu", i > 0 ? ", " : "",
                   (unsigned long long)heatmap_level_from(l, i), i);
    buf_str(out, ")\n");
}

static void bound(struct buf *out, const char *name, double value) {
    buf_printf(out, "%s = ", name);
    number(out, isinf(value) ? (double)NAN : value);
    buf_char(out, '\n');
}

/* The axis of the times, as a text that its panel evaluates: other panels change it. */
static void curves_axis(struct buf *out, const struct figure *f) {
    struct buf axis, line;
    buf_init(&axis, out->max);
    buf_init(&line, out->max);
    value_axis(&axis, f);
    for (const char *p = buf_text(&axis); *p != '\0'; p++)
        buf_str(&line, *p == '\n' ? "; " : (char[]){*p, '\0'});
    /* All of it is our own, without a character that double quotes would change. In single quotes,
     * gnuplot does not read the empty labels of ticks. */
    buf_printf(out, "time_axis = \"%s\"\n", buf_text(&line));
    out->failed = out->failed || !buf_ok(&axis) || !buf_ok(&line);
    buf_done(&axis);
    buf_done(&line);
}

/* Between two ticks of the throughput, whose panel is low: gnuplot's own are too many for it. */
static double throughput_ticks(const struct figure *f) {
    struct ticks t;
    double top = fmax(figure_largest(f, FIGURE_CURVE_TIMES), 0);
    ticks_linear(&t, top, 4, false);
    return top > 0 && t.count > 1 ? t.all[1].at - t.all[0].at : (double)NAN;
}

static void curves(struct buf *out, const struct figure *f) {
    curves_axis(out, f);
    bound(out, "rate_tics", throughput_ticks(f));
    bound(out, "band_low", f->band_low);
    bound(out, "band_high", f->band_high);
    bound(out, "mark", f->mark);
    bound(out, "limit_ms", f->limit_ms);
    bound(out, "limit_percent", f->limit_percent);
    buf_printf(out, "array titles[%zu] = [", f->series_count);
    for (size_t i = 0; i < f->series_count; i++) {
        buf_str(out, i > 0 ? ", " : "");
        figure_gnuplot_quote(out, figure_in_picture(&f->lines[i].name));
    }
    buf_str(out, "]\n");
}

static void settings(struct buf *out, const struct figure *f) {
    const char *legend = figure_in_picture(&f->legend);
    set_text(out, "figure = ", f->key);
    buf_printf(out, "empty = %d\n", figure_is_empty(f));
    set_text(out, "nothing_text = ", f->empty);
    set_text(out, "legend_title = ", legend != NULL ? legend : "");
    if (f->kind == FIGURE_SHIFT) {
        buf_printf(out, "panels = %zu\n", f->series_count);
        set_text(out, "set ylabel ", figure_in_picture(&f->y_name));
        return;
    }
    if (f->kind == FIGURE_DISTRIBUTION)
        percentile_axis(out, f);
    else
        time_axis(out, f);
    value_axis(out, f);
    if (f->kind == FIGURE_DISTRIBUTION)
        distribution(out, f);
    else if (f->kind == FIGURE_POINTS)
        points(out, f);
    else if (f->kind == FIGURE_HEAT)
        palette(out, f);
    else if (f->kind == FIGURE_CURVES)
        curves(out, f);
    else
        over_time(out, f);
}

static void head(struct buf *out, const char *key, const char *caption) {
    buf_printf(out, "# %s\n# Draw it again with: gnuplot %s.gp\n\nload 'style.gp'\n", caption, key);
}

void figure_gnuplot_script(struct buf *out, const struct figure *f) {
    head(out, f->key, f->caption.text);
    buf_str(out, "\n# What fits the data:\n");
    settings(out, f);
    buf_printf(out, "\n# The picture:\n%s", pictures[f->kind]);
}

/* ---- the page ---- */

#define PANEL_COLUMNS 2
#define PANEL_WIDTH 420
#define PANEL_HEIGHT 296
#define PANEL_LINE 20.0 /* of that for its caption */

static bool has_panel(const struct figure *f) {
    return f->there && f->panel_caption != NULL;
}

/* One panel after the other, from the top left. */
static void panels(struct buf *out, const struct document *d, size_t rows) {
    size_t at = 0;
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s)) {
        const struct figure *f = s->figure;
        if (!has_panel(f))
            continue;
        size_t row = at / PANEL_COLUMNS;
        buf_printf(out, "page_x = %.6f; page_y = %.6f; page_caption = ",
                   (double)(at % PANEL_COLUMNS) / PANEL_COLUMNS,
                   1 - (double)(row + 1) / (double)rows);
        figure_gnuplot_quote(out, f->panel_caption);
        buf_printf(out, "\nload '%s.gp'\n", f->key);
        at++;
    }
}

void figure_gnuplot_page(struct buf *out, const struct document *d, const char *key,
                         const char *caption) {
    static const char *const formats[] = {"svg", "png", "pdf"};
    size_t count = 0;
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s))
        count += has_panel(s->figure);
    size_t rows = (count + PANEL_COLUMNS - 1) / PANEL_COLUMNS;
    head(out, key, caption);
    buf_printf(out, "page_width = %.6f; page_height = %.6f; page_line = %.6f\n",
               1.0 / PANEL_COLUMNS, 1.0 / (double)rows, PANEL_LINE / (PANEL_HEIGHT * (double)rows));
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        /* The panels set these for themselves. */
        buf_printf(out, "\nwidth = %d; height = %zu; scale = 2.0\n", PANEL_COLUMNS * PANEL_WIDTH,
                   rows * PANEL_HEIGHT);
        if (strcmp(formats[i], "pdf") == 0)
            buf_str(out, "unset output\nif (!has_pdf) exit\n");
        buf_printf(out, "eval %s('%s')\nset multiplot\n", formats[i], key);
        panels(out, d, rows);
        buf_str(out, "unset multiplot\n");
    }
    buf_str(out, "unset output\n");
}
