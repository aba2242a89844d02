/* Figures that are no course over time: the heat map, the distribution, single requests. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/data.h"
#include "report/figure_axis.h"
#include "report/figure_lines.h"
#include "report/figures.h"
#include "report/heat_colours.h"
#include "report/html.h"
#include "report/plot.h"

#define US_PER_MS 1000.0
#define US_PER_S 1e6

/* The time axis of a run, as of the courses. */
static struct plot_scale time_scale(const struct model *m, struct ticks *t, struct buf *name,
                                    double *unit_s) {
    size_t seconds = m->seconds > 0 ? m->seconds : 1;
    *unit_s = (double)figure_axis_time_label(name, (int64_t)seconds, 1);
    struct plot_scale s = {false, 0, (double)seconds / *unit_s};
    ticks_linear(t, s.to, 6, false);
    return s;
}

/* ---- the heat map ---- */

/* One path a level: the fields of a row that are next to each other are one. */
static void heat_level(const struct plot *p, const struct heatmap *h,
                       const struct heatmap_rows *rows, const struct heatmap_levels *levels,
                       size_t level, double unit_s) {
    char class_name[32];
    double column = (double)heatmap_column_us(h) / US_PER_S / unit_s;
    size_t columns = heatmap_columns(h);
    snprintf(class_name, sizeof class_name, "h%zu", heat_colour(level, levels->count));
    plot_path_begin(p, class_name);
    for (size_t y = 0; y < rows->count; y++)
        for (size_t x = 0; x < columns;) {
            size_t from = x;
            uint64_t n;
            while (x < columns && (n = heatmap_at(h, rows, x, y)) > 0 &&
                   heatmap_level(levels, n) == level)
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

static void heat_legend(struct buf *out, const struct heatmap_levels *l, uint64_t highest) {
    html_legend_begin(out);
    buf_str(out, "<li>requests:</li>\n");
    for (size_t i = 0; i < l->count; i++) {
        char class_name[32], text[64];
        uint64_t from = heatmap_level_from(l, i);
        uint64_t to = i + 1 < l->count ? heatmap_level_from(l, i + 1) - 1 : highest;
        snprintf(class_name, sizeof class_name, "h%zu", heat_colour(i, l->count));
        if (from == to)
            snprintf(text, sizeof text, "%" PRIu64, from);
        else
            snprintf(text, sizeof text, "%" PRIu64 "\xe2\x80\x93%" PRIu64, from, to);
        html_legend_field(out, class_name, text);
    }
    html_legend_end(out);
}

void html_heatmap(struct buf *out, const struct model *m) {
    const struct heatmap *h = m->heatmap;
    struct heatmap_rows rows;
    struct heatmap_levels levels;
    struct ticks x_ticks, y_ticks;
    struct plot p;
    struct buf name, description;
    double unit_s;
    heatmap_rows(h, DATA_HEATMAP_ROWS, &rows);
    if (rows.count == 0)
        return;
    heatmap_levels(rows.highest, HEAT_COLOURS, &levels);
    double low = heatmap_edge_us(&rows, 0) / US_PER_MS;
    double high = heatmap_edge_us(&rows, rows.count) / US_PER_MS;
    struct plot_scale y = {true, figure_axis_bound(low, false), figure_axis_bound(high, true)};
    buf_init(&name, 256);
    buf_init(&description, 1024);
    struct plot_scale x = time_scale(m, &x_ticks, &name, &unit_s);
    ticks_latency(&y_ticks, y.from, y.to);
    buf_printf(&description, "%s; from %.3g to %.3g ms, up to %" PRIu64 " requests in a field",
               figure_caption(FIGURE_LATENCY_HEATMAP), low, high, rows.highest);
    html_figure_begin(out, figure_name(FIGURE_LATENCY_HEATMAP),
                      figure_caption(FIGURE_LATENCY_HEATMAP));
    plot_begin(&p, out, x, y, buf_text(&description));
    plot_axes(&p, &x_ticks, buf_text(&name), &y_ticks, "Response time (log scale)");
    buf_str(out, "<g class=\"heat\">\n");
    for (size_t i = 0; i < levels.count; i++)
        heat_level(&p, h, &rows, &levels, i, unit_s);
    buf_str(out, "</g>\n");
    plot_end(&p);
    heat_legend(out, &levels, rows.highest);
    html_figure_end(out);
    buf_done(&name);
    buf_done(&description);
}

/* ---- the distribution ---- */

struct curve {
    size_t entry;
    uint64_t requests;
    size_t n;
    double inverse[QUANTILE_LEVELS_MAX], ms[QUANTILE_LEVELS_MAX];
};

struct curves {
    struct curve all[FIGURE_LINES_MAX + 1]; /* over all first */
    size_t count;
    double low, median, high, inverse_max;
};

static void add_curve(struct curves *c, const struct model *m, size_t entry, uint64_t requests) {
    struct curve *x = &c->all[c->count];
    struct quantile_level levels[QUANTILE_LEVELS_MAX];
    *x = (struct curve){.entry = entry, .requests = requests};
    x->n = summary_distribution(m->summary, entry, levels, x->ms);
    for (size_t i = 0; i < x->n; i++) {
        x->inverse[i] = levels[i].inverse;
        c->low = fmin(c->low, x->ms[i]);
        c->high = fmax(c->high, x->ms[i]);
        c->inverse_max = fmax(c->inverse_max, levels[i].inverse);
    }
    c->count += x->n > 0;
}

/* The endpoints with the most requests; those that come first where they have the same number. */
static void choose_curves(struct curves *c, const struct model *m) {
    bool *taken = calloc(m->entry_count + 1, sizeof *taken);
    *c = (struct curves){.low = HUGE_VAL};
    add_curve(c, m, SUMMARY_AGGREGATED, m->aggregated.row.requests);
    for (size_t k = 0; k < FIGURE_LINES_MAX && taken != NULL; k++) {
        size_t best = m->entry_count;
        for (size_t i = 0; i < m->entry_count; i++)
            if (!taken[i] && m->entries[i].row.requests > 0 &&
                (best == m->entry_count ||
                 m->entries[i].row.requests > m->entries[best].row.requests))
                best = i;
        if (best == m->entry_count)
            break;
        taken[best] = true;
        add_curve(c, m, best, m->entries[best].row.requests);
    }
    free(taken);
    for (size_t i = 0; c->count > 0 && i < c->all[0].n; i++) {
        c->median = c->all[0].ms[i];
        if (c->all[0].inverse[i] >= 2)
            break;
    }
}

static void curve_legend(struct buf *out, const struct curves *c, const struct model *m) {
    html_legend_begin(out);
    for (size_t i = 0; i < c->count; i++) {
        struct buf name;
        char class_name[32];
        bool all = c->all[i].entry == SUMMARY_AGGREGATED;
        const struct model_entry *x = all ? &m->aggregated : &m->entries[c->all[i].entry];
        buf_init(&name, out->max);
        buf_printf(&name, "%s%s%s", x->method, x->method[0] == '\0' ? "" : " ", x->name);
        snprintf(class_name, sizeof class_name, "d%zu", i);
        html_legend_line(out, class_name, buf_text(&name));
        out->failed = out->failed || name.failed;
        buf_done(&name);
    }
    size_t endpoints = 0;
    for (size_t i = 0; i < m->entry_count; i++)
        endpoints += m->entries[i].row.requests > 0;
    if (endpoints > FIGURE_LINES_MAX)
        buf_printf(out, "<li>the %d of %zu endpoints with the most requests</li>\n",
                   FIGURE_LINES_MAX, endpoints);
    html_legend_end(out);
}

static void draw_curves(struct buf *out, struct curves *c, const struct model *m) {
    struct ticks x_ticks, y_ticks;
    struct plot p;
    struct buf y_name, description;
    buf_init(&y_name, 256);
    buf_init(&description, 1024);
    buf_printf(&description, "%s; over all: median %.4g ms, slowest %.4g ms",
               figure_caption(FIGURE_LATENCY_DISTRIBUTION), c->median, c->high);
    struct plot_scale x = {true, 1, fmax(c->inverse_max, 10) * 1.05};
    struct plot_scale y = {false, 0, c->high > 0 ? c->high * 1.08 : 1};
    double unit = 1;
    if (figure_axis_is_log(c->median, c->high)) {
        y = (struct plot_scale){true, figure_axis_bound(fmax(c->low, 0.001), false),
                                figure_axis_bound(c->high, true)};
        ticks_latency(&y_ticks, y.from, y.to);
        buf_str(&y_name, "Response time (log scale)");
    } else {
        unit = c->high >= 2000 ? 1000 : 1;
        y.to /= unit;
        ticks_linear(&y_ticks, y.to, 5, false);
        buf_printf(&y_name, "Response time (%s)", unit > 1 ? "s" : "ms");
    }
    ticks_percentile(&x_ticks, x.to);
    html_figure_begin(out, figure_name(FIGURE_LATENCY_DISTRIBUTION),
                      figure_caption(FIGURE_LATENCY_DISTRIBUTION));
    plot_begin(&p, out, x, y, buf_text(&description));
    plot_axes(&p, &x_ticks, "Percentile", &y_ticks, buf_text(&y_name));
    for (size_t i = c->count; i-- > 0;) {
        char class_name[32];
        snprintf(class_name, sizeof class_name, "d%zu", i);
        for (size_t k = 0; k < c->all[i].n; k++)
            c->all[i].ms[k] /= unit;
        plot_line(&p, class_name, c->all[i].inverse, c->all[i].ms, c->all[i].n);
    }
    plot_end(&p);
    curve_legend(out, c, m);
    html_figure_end(out);
    buf_done(&y_name);
    buf_done(&description);
}

int html_distribution(struct buf *out, const struct model *m, struct err *e) {
    struct curves *c = calloc(1, sizeof *c);
    if (c == NULL)
        return err_set(e, "out of memory for a figure");
    choose_curves(c, m);
    if (c->count > 0)
        draw_curves(out, c, m);
    free(c);
    return 0;
}

/* ---- cold starts ---- */

/* Dots that would lie on each other are drawn once: a cell is two units of the picture wide. */
enum { CELLS_X = 256, CELLS_Y = 160, CELL = 2 };

static void draw_kind(struct plot *p, const struct points *all, enum points_kind kind,
                      const char *class_name, double unit_s, double unit_ms, bool *taken) {
    memset(taken, 0, (size_t)CELLS_X * CELLS_Y * sizeof *taken);
    plot_path_begin(p, class_name);
    for (size_t i = 0; i < all->count; i++) {
        if (all->all[i].kind != kind)
            continue;
        double x = (double)all->all[i].at_us / US_PER_S / unit_s;
        double y = (double)all->all[i].took_us / US_PER_MS / unit_ms;
        size_t cell = (size_t)(plot_y(p, y) / CELL) * CELLS_X + (size_t)(plot_x(p, x) / CELL);
        if (cell < (size_t)CELLS_X * CELLS_Y && !taken[cell]) {
            taken[cell] = true;
            plot_dot(p, x, y);
        }
    }
    plot_path_end(p);
}

static int compare_points(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Least, middle and largest, in ms. */
static int measure(const struct points *all, double out[3], struct err *e) {
    double *ms = calloc(all->count, sizeof *ms);
    if (ms == NULL)
        return err_set(e, "out of memory for a figure");
    for (size_t i = 0; i < all->count; i++)
        ms[i] = (double)all->all[i].took_us / US_PER_MS;
    qsort(ms, all->count, sizeof *ms, compare_points);
    out[0] = ms[0];
    out[1] = ms[all->count / 2];
    out[2] = ms[all->count - 1];
    free(ms);
    return 0;
}

static void draw_points(struct buf *out, const struct model *m, const struct points *all,
                        const double range[3], bool *taken) {
    static const struct {
        enum points_kind kind;
        const char *class_name, *text;
    } kinds[] = {{POINTS_WARM, "p-warm", "warm"},
                 {POINTS_UNKNOWN, "p-unknown", "unknown"},
                 {POINTS_COLD, "p-cold", "cold"}};
    struct ticks x_ticks, y_ticks;
    struct plot p;
    struct buf name;
    double unit_s, unit = 1;
    const char *y_name = "Latency (log scale)";
    buf_init(&name, 256);
    struct plot_scale x = time_scale(m, &x_ticks, &name, &unit_s);
    struct plot_scale y = {true, figure_axis_bound(fmax(range[0], 0.001), false),
                           figure_axis_bound(range[2], true)};
    if (figure_axis_is_log(range[1], range[2]))
        ticks_latency(&y_ticks, y.from, y.to);
    else {
        unit = range[2] >= 2000 ? 1000 : 1;
        y_name = unit > 1 ? "Latency (s)" : "Latency (ms)";
        y = (struct plot_scale){false, 0, range[2] > 0 ? range[2] / unit * 1.08 : 1};
        ticks_linear(&y_ticks, y.to, 5, false);
    }
    html_figure_begin(out, figure_name(FIGURE_COLD_STARTS),
                      m->server != NULL && m->server->points == all
                          ? figure_caption(FIGURE_COLD_STARTS)
                          : "Service time of the requests, cold starts as the client guesses them");
    plot_begin(&p, out, x, y, figure_caption(FIGURE_COLD_STARTS));
    plot_axes(&p, &x_ticks, buf_text(&name), &y_ticks, y_name);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        draw_kind(&p, all, kinds[i].kind, kinds[i].class_name, unit_s, unit, taken);
    plot_end(&p);
    html_legend_begin(out);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        html_legend_field(out, kinds[i].class_name, kinds[i].text);
    html_legend_end(out);
    html_figure_end(out);
    buf_done(&name);
}

int html_cold_starts(struct buf *out, const struct model *m, struct err *e) {
    const struct points *all =
        m->server != NULL && m->server->points != NULL && m->server->points->count > 0
            ? m->server->points
        : m->guess != NULL ? m->guess->points
                           : NULL;
    double range[3] = {0};
    if (all == NULL || all->count == 0)
        return 0;
    bool *taken = calloc((size_t)CELLS_X * CELLS_Y, sizeof *taken);
    if (taken == NULL)
        return err_set(e, "out of memory for a figure");
    int result = measure(all, range, e);
    if (result == 0)
        draw_points(out, m, all, range, taken);
    free(taken);
    return result;
}
