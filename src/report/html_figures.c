/* The section of figures, and those over time that are made of values per second. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "report/figure_axis.h"
#include "report/figures.h"
#include "report/html.h"
#include "report/markup.h"
#include "report/plot.h"

void html_figure_begin(struct buf *out, const char *name, const char *caption) {
    buf_printf(out, "<figure id=\"figure-%s\">\n<figcaption>", name);
    markup_text(out, caption);
    buf_str(out, "</figcaption>\n");
}

void html_legend_begin(struct buf *out) {
    buf_str(out, "<ul class=\"legend\">\n");
}

static void legend_text(struct buf *out, const char *text) {
    buf_str(out, "</svg> <bdi>");
    markup_cut(out, text, 60);
    buf_str(out, "</bdi></li>\n");
}

void html_legend_line(struct buf *out, const char *class_name, const char *text) {
    buf_printf(out,
               "<li><svg xmlns=\"http://www.w3.org/2000/svg\" class=\"key\" viewBox=\"0 0 30 10\" "
               "aria-hidden=\"true\"><path class=\"%s\" d=\"M1 5h28\"/>",
               class_name);
    legend_text(out, text);
}

void html_legend_field(struct buf *out, const char *class_name, const char *text) {
    buf_printf(
        out,
        "<li><svg xmlns=\"http://www.w3.org/2000/svg\" class=\"key field\" "
        "viewBox=\"0 0 14 10\" aria-hidden=\"true\"><path class=\"%s\" d=\"M0 0h14v10H0z\"/>",
        class_name);
    legend_text(out, text);
}

void html_legend_end(struct buf *out) {
    buf_str(out, "</ul>\n");
}

void html_figure_end(struct buf *out) {
    buf_str(out, "</figure>\n");
}

/* ---- courses: values per second ---- */

enum kind { RATE, COUNT, AMOUNT, TIME, PERCENT }; /* all but RATE and TIME hold until the next */

static const struct course {
    enum figure figure;
    enum kind kind;
    const char *y_name;
    const char *lines[2]; /* NULL: none */
    bool of_server;
    enum platform_figure platform;
} courses[] = {
    {FIGURE_RESPONSE_TIME, TIME, "Response time", {"median", "95th percentile"}, false, 0},
    {FIGURE_REQUESTS_PER_SECOND, RATE, "Per second", {"requests", "failures"}, false, 0},
    {FIGURE_USERS, COUNT, "Users", {"users", NULL}, false, 0},
    {FIGURE_INSTANCE_COUNT, COUNT, "Instances", {"active", "idle"}, true, PLATFORM_INSTANCE_COUNT},
    {FIGURE_BILLABLE_INSTANCE_TIME,
     AMOUNT,
     "Seconds per second",
     {"billable", NULL},
     true,
     PLATFORM_BILLABLE_TIME},
    {FIGURE_REQUEST_COUNT,
     RATE,
     "Per second",
     {"sent by the client", "arrived at the server"},
     true,
     PLATFORM_REQUEST_COUNT},
    {FIGURE_REQUEST_LATENCY,
     TIME,
     "Latency",
     {"with start-up", "without start-up"},
     true,
     PLATFORM_LATENCY},
    {FIGURE_CPU_UTILIZATION, PERCENT, "Percent", {"CPU", NULL}, true, PLATFORM_CPU},
    {FIGURE_MEMORY_UTILIZATION, PERCENT, "Percent", {"memory", NULL}, true, PLATFORM_MEMORY},
};
#define COURSES (sizeof courses / sizeof *courses)

static bool is_there(const struct course *c, const struct model *m) {
    if (!c->of_server)
        return true;
    return m->server != NULL && m->server->figures[c->platform].first != NULL;
}

/* Of one second; NAN: none. */
static double value_at(const struct course *c, const struct model *m, size_t second, int line) {
    struct series_second x = {.median_ms = (double)NAN, .p95_ms = (double)NAN};
    if (c->of_server) {
        const struct platform_lines *l = &m->server->figures[c->platform];
        const double *values = line == 0 ? l->first : l->second;
        return values == NULL || second >= m->server->seconds ? (double)NAN : values[second];
    }
    if (c->figure == FIGURE_USERS)
        return m->users[second];
    if (second < series_seconds(m->series))
        series_at(m->series, second, &x);
    if (c->figure == FIGURE_RESPONSE_TIME)
        return line == 0 ? x.median_ms : x.p95_ms;
    return (double)(line == 0 ? x.requests : x.failures);
}

/* What is drawn: means over equal steps, as in the figures of gnuplot. */
struct drawing {
    int64_t step;
    size_t n;
    double *values[2];     /* n of each */
    double *middle, *edge; /* in the axis's unit; n + 1 edges */
    double min[2], max[2], median;
};

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void fold(struct drawing *d, const struct course *c, const struct model *m, int line) {
    d->min[line] = (double)NAN;
    d->max[line] = (double)NAN;
    for (size_t i = 0; i < d->n; i++) {
        double sum = 0;
        size_t have = 0, from = i * (size_t)d->step;
        for (size_t s = from; s < from + (size_t)d->step && s < m->seconds; s++) {
            double v = value_at(c, m, s, line);
            sum += isnan(v) ? 0 : v;
            have += isnan(v) ? 0 : 1;
        }
        double v = have > 0 ? sum / (double)have : (double)NAN;
        d->values[line][i] = v;
        d->min[line] = fmin(d->min[line], v);
        d->max[line] = fmax(d->max[line], v);
    }
}

static void find_median(struct drawing *d, double *room) {
    size_t have = 0;
    for (size_t i = 0; i < d->n; i++)
        if (!isnan(d->values[0][i]))
            room[have++] = d->values[0][i];
    qsort(room, have, sizeof *room, compare_doubles);
    d->median = have > 0 ? room[have / 2] : 0;
}

static int drawing_init(struct drawing *d, const struct course *c, const struct model *m,
                        double unit_s, struct err *e) {
    size_t n = d->n;
    double *room = calloc(5 * n + 1, sizeof *room);
    if (room == NULL)
        return err_set(e, "out of memory for a figure of %zu points", n);
    d->values[0] = room;
    d->values[1] = room + n;
    d->middle = room + 2 * n;
    d->edge = room + 4 * n;
    for (int line = 0; line < 2; line++) {
        d->min[line] = d->max[line] = (double)NAN;
        if (c->lines[line] != NULL)
            fold(d, c, m, line);
    }
    find_median(d, room + 3 * n);
    for (size_t i = 0; i <= n; i++) {
        size_t second = i * (size_t)d->step;
        d->edge[i] = (double)(second < m->seconds ? second : m->seconds) / unit_s;
        if (i > 0)
            d->middle[i - 1] = (d->edge[i - 1] + d->edge[i]) / 2;
    }
    return 0;
}

static void drawing_done(struct drawing *d) {
    free(d->values[0]);
}

/* The scale of the values, its ticks and its name. */
static struct plot_scale y_scale(struct drawing *d, const struct course *c, struct ticks *t,
                                 struct buf *name) {
    double max = fmax(d->max[0], d->max[1]), min = fmin(d->min[0], d->min[1]);
    buf_str(name, c->y_name);
    if (c->kind == TIME && figure_axis_is_log(d->median, max)) {
        struct plot_scale s = {true, figure_axis_bound(fmax(min, 0.001), false),
                               figure_axis_bound(max, true)};
        buf_str(name, " (log scale)");
        ticks_latency(t, s.from, s.to);
        return s;
    }
    double unit = 1, to = max > 0 ? max * 1.08 : 1;
    if (c->kind == TIME) {
        unit = max >= 2000 ? 1000 : 1;
        buf_str(name, unit > 1 ? " (s)" : " (ms)");
        for (int line = 0; line < 2; line++)
            for (size_t i = 0; i < d->n && d->values[line] != NULL; i++)
                d->values[line][i] /= unit;
        to /= unit;
    } else if (c->kind == PERCENT)
        to = max > 100 ? max * 1.08 : max >= 50 ? 100 : max > 0 ? max * 1.2 : 1;
    ticks_linear(t, to, 5, c->kind == COUNT);
    return (struct plot_scale){false, 0, to};
}

static void describe(struct buf *out, const struct drawing *d, const struct course *c) {
    buf_str(out, figure_caption(c->figure));
    for (int line = 0; line < 2; line++)
        if (c->lines[line] != NULL && !isnan(d->max[line]))
            buf_printf(out, "; %s: %.4g to %.4g%s", c->lines[line], d->min[line], d->max[line],
                       c->kind == TIME ? " ms" : "");
}

static void draw(struct buf *out, struct drawing *d, const struct course *c, double unit_s,
                 const char *x_name, const struct model *m) {
    static const char *const classes[] = {"s1", "s2"};
    struct plot_scale x = {false, 0, (double)m->seconds / unit_s};
    struct ticks x_ticks, y_ticks;
    struct buf description, y_name;
    struct plot p;
    buf_init(&description, 4096);
    buf_init(&y_name, 256);
    describe(&description, d, c);
    struct plot_scale y = y_scale(d, c, &y_ticks, &y_name);
    ticks_linear(&x_ticks, x.to, 6, false);
    html_figure_begin(out, figure_name(c->figure), figure_caption(c->figure));
    plot_begin(&p, out, x, y, buf_text(&description));
    plot_axes(&p, &x_ticks, x_name, &y_ticks, buf_text(&y_name));
    for (int line = 1; line >= 0; line--) { /* the first on top */
        if (c->lines[line] == NULL)
            continue;
        if (c->kind == RATE || c->kind == TIME)
            plot_line(&p, classes[line], d->middle, d->values[line], d->n);
        else
            plot_steps(&p, classes[line], d->edge, d->values[line], d->n);
    }
    plot_end(&p);
    if (c->lines[1] != NULL) {
        html_legend_begin(out);
        for (int line = 0; line < 2; line++)
            html_legend_line(out, classes[line], c->lines[line]);
        html_legend_end(out);
    }
    html_figure_end(out);
    buf_done(&description);
    buf_done(&y_name);
}

static int course(struct buf *out, const struct course *c, const struct model *m, struct err *e) {
    struct buf x_name;
    buf_init(&x_name, 256);
    struct drawing d = {.step = figure_step_seconds((int64_t)m->seconds)};
    d.n = (m->seconds + (size_t)d.step - 1) / (size_t)d.step;
    double unit_s = (double)figure_axis_time_label(&x_name, (int64_t)m->seconds, d.step);
    int result = drawing_init(&d, c, m, unit_s, e);
    if (result == 0 && !isnan(fmax(d.max[0], d.max[1])))
        draw(out, &d, c, unit_s, buf_text(&x_name), m);
    drawing_done(&d);
    buf_done(&x_name);
    return result;
}

int html_courses(struct buf *out, const struct model *m, bool of_server, struct err *e) {
    int result = 0;
    for (size_t i = 0; i < COURSES && m->seconds > 0 && result == 0; i++)
        if (courses[i].of_server == of_server && is_there(&courses[i], m))
            result = course(out, &courses[i], m, e);
    return result;
}

int html_figures(struct buf *out, const struct html_page *p, struct err *e) {
    const struct model *m = p->model;
    if (m->series == NULL)
        return 0;
    buf_str(out, "<div class=\"figures\">\n");
    html_heatmap(out, m);
    int result = html_distribution(out, m, e);
    if (result == 0)
        result = html_courses(out, m, false, e);
    buf_str(out, "</div>\n");
    return result;
}
