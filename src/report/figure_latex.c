#include "report/figure_latex.h"

#include <math.h>
#include <stdio.h>

#include "report/axis.h"
#include "report/latex.h"
#include "report/outfile.h"
#include "util/array.h"

#define NAME_BYTES 128
#define TEXT_MAX ((size_t)8 << 20)

/* Okabe and Ito's colours; each line differs by its dashes too. */
#define STYLES                                                                                     \
    "cycle list={{black, thick},{blue!70!black, densely dashed},{orange!90!black, dashed},"        \
    "{green!50!black, densely dotted},{purple, dash dot},{cyan!80!black, loosely dashed},"         \
    "{red!80!black, dash dot dot}}"

static const char *const marks[POINTS_KINDS] = {
    [POINTS_COLD] = "red, mark=triangle*, mark size=1.6pt",
    [POINTS_WARM] = "blue!70!black, mark=*, mark size=0.5pt",
    [POINTS_UNKNOWN] = "gray, mark=x, mark size=1.2pt"};

static void text(FILE *to, const char *before, const char *text, const char *after) {
    struct buf b;
    buf_init(&b, TEXT_MAX);
    latex_text(&b, text);
    fprintf(to, "%s%s%s", before, buf_text(&b), after);
    buf_done(&b);
}

static void legend(FILE *to, const char *name) {
    text(to, "\\addlegendentry{", name, "}\n");
}

/* Up to the end of the axis's options. */
static void begin(FILE *to, const struct figure *f) {
    fprintf(
        to,
        "\\providecommand{\\coldswarmdir}{.}\n\\begin{tikzpicture}\n\\begin{axis}[width="
        "\\linewidth,"
        " height=0.62\\linewidth, grid=major, unbounded coords=jump,\n legend style={draw=none,"
        " at={(0.5,1.02)}, anchor=south, font=\\footnotesize,\n /tikz/every even column/.append "
        "style={column sep=1em}}, legend columns=%d, no markers,\n " STYLES ",\n ",
        f->kind == FIGURE_CURVES ? 4 : 3);
    if (f->kind == FIGURE_DISTRIBUTION)
        fputs("xmode=log, xlabel={Percentile}, ", to);
    else if (f->x_name != NULL)
        text(to, "xlabel={", f->x_name, "}, ");
    else {
        struct buf step;
        buf_init(&step, 256);
        if (f->kind != FIGURE_POINTS)
            axis_step_label(&step, f->step_seconds, f->of_requests);
        fprintf(to, "xlabel={Time (s)%s}, ", buf_text(&step));
        buf_done(&step);
    }
    text(to, "ylabel={", f->y_name.text, f->unit == AXIS_MS ? " (ms)}, " : "}, ");
    bool logarithmic = f->y.logarithmic || f->kind == FIGURE_POINTS;
    const char *y = logarithmic ? "ymode=log" : "ymin=0";
    if (f->kind == FIGURE_DISTRIBUTION)
        fprintf(to,
                "xmin=1, %s,\n xtick={1,2,10,100,1000,10000,100000,1000000},\n "
                "xticklabels={0,50,90,99,99.9,99.99,99.999,99.9999}]\n",
                y);
    else if (f->x_name != NULL)
        fprintf(to, "xmin=0, xmax=%.9g, %s]\n", f->x.to, y);
    else
        fprintf(to, "xmin=0, xmax=%zu, %s]\n", f->seconds == 0 ? 1 : f->seconds, y);
}

/* Columns of the file that gnuplot draws. */
static void lines(FILE *to, const struct figure *f) {
    bool levels = f->kind == FIGURE_LEVELS;
    for (size_t i = 0; i < f->series_count; i++) {
        fprintf(to,
                "\\addplot table[header=false, x index=%d, y index=%zu]"
                " {\\coldswarmdir/data/%s.dat};\n",
                levels ? 0 : 1, i + (levels ? 1 : 2), f->key);
        legend(to, f->lines[i].name.text);
    }
}

static int open_data(struct outfile *data, char name[NAME_BYTES], const char *dir,
                     const struct figure *f, const char *part, struct err *e) {
    snprintf(name, NAME_BYTES, "latex/figure_%s_%s.dat", f->key, part);
    return outfile_open(data, dir, name, e);
}

/* Each line has a file of points: 0 the total, then the endpoints. */
static int distribution(FILE *to, const char *dir, const struct figure *f, struct err *e) {
    bool total = f->drawn_count > 0 && f->series[f->drawn[0]].total;
    for (size_t i = 0; i < f->drawn_count; i++) {
        const struct figure_series *s = &f->series[f->drawn[i]];
        char name[NAME_BYTES], part[16];
        struct outfile data;
        snprintf(part, sizeof part, "%zu", i + (total ? 0 : 1));
        if (open_data(&data, name, dir, f, part, e) != 0)
            return -1;
        for (size_t k = 0; k < s->n; k++)
            fprintf(data.stream, "%.10g %.10g\n", s->x[k], s->y[k]);
        if (outfile_close(&data, e) != 0)
            return -1;
        fprintf(to, "\\addplot table[header=false] {\\coldswarmdir/%s};\n", name);
        legend(to, s->label);
    }
    return 0;
}

static int points(FILE *to, const char *dir, const struct figure *f, struct err *e) {
    for (size_t k = 0; k < POINTS_KINDS; k++) {
        const struct figure_points_kind *x = &figure_points_kinds[k];
        char name[NAME_BYTES];
        struct outfile data;
        size_t count = 0;
        if (open_data(&data, name, dir, f, x->name, e) != 0)
            return -1;
        for (size_t i = 0; i < f->points->count; i++) {
            const struct point *p = &f->points->all[i];
            if (p->kind != x->kind || p->took_us == 0) /* a logarithmic axis has no 0 */
                continue;
            fprintf(data.stream, "%.10g %.10g\n", figure_point_x(f, p), (double)p->took_us / 1e3);
            count++;
        }
        if (outfile_close(&data, e) != 0)
            return -1;
        if (count > 0)
            fprintf(to, "\\addplot[only marks, %s] table[header=false] {\\coldswarmdir/%s};\n",
                    marks[x->kind], name);
        if (count > 0 && !f->unlabelled)
            legend(to, x->name);
    }
    return 0;
}

/* The times; the other panels have other axes. */
static void curves(FILE *to, const struct figure *f) {
    for (size_t i = 0; i < f->series_count && i < FIGURE_CURVE_TIMES; i++) {
        fprintf(to,
                "\\addplot table[header=false, x index=0, y index=%zu] "
                "{\\coldswarmdir/data/%s.dat};\n",
                i + 1, f->key);
        legend(to, f->lines[i].name.text);
    }
    if (!isnan(f->limit_ms)) {
        fprintf(to, "\\addplot[red, densely dashed, domain=0:%.9g] {%.9g};\n", f->x.to,
                f->limit_ms);
        legend(to, "SLO");
    }
    static const char *const styles[] = {"gray", "gray", "gray, densely dotted"};
    const double ends[] = {f->band_low, f->band_high, f->mark};
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (isfinite(ends[i]) && ends[i] > 0)
            fprintf(to,
                    "\\draw[%s] ({axis cs:%.9g,0}|-{rel axis cs:0,0}) -- "
                    "({axis cs:%.9g,0}|-{rel axis cs:0,1});\n",
                    styles[i], ends[i], ends[i]);
}

static int write_figure(const char *dir, const struct figure *f, struct err *e) {
    char name[NAME_BYTES];
    struct outfile file;
    int result = 0;
    snprintf(name, sizeof name, "latex/figure_%s.tex", f->key);
    if (outfile_open(&file, dir, name, e) != 0)
        return -1;
    begin(file.stream, f);
    if (f->kind == FIGURE_DISTRIBUTION)
        result = distribution(file.stream, dir, f, e);
    else if (f->kind == FIGURE_POINTS)
        result = points(file.stream, dir, f, e);
    else if (f->kind == FIGURE_CURVES)
        curves(file.stream, f);
    else
        lines(file.stream, f);
    fputs("\\end{axis}\n\\end{tikzpicture}\n", file.stream);
    return outfile_finish(&file, result, e);
}

/* The figure's file and those beside it. */
static int remove_files(const char *dir, const struct figure *f, struct err *e) {
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "latex/figure_%s.tex", f->key);
    int result = outfile_remove(dir, name, e);
    for (int i = 0; i <= FIGURE_ENDPOINTS_MAX && f->kind == FIGURE_DISTRIBUTION && result == 0;
         i++) {
        snprintf(name, sizeof name, "latex/figure_%s_%d.dat", f->key, i);
        result = outfile_remove(dir, name, e);
    }
    for (size_t k = 0; k < POINTS_KINDS && f->kind == FIGURE_POINTS && result == 0; k++) {
        snprintf(name, sizeof name, "latex/figure_%s_%s.dat", f->key, figure_points_kinds[k].name);
        result = outfile_remove(dir, name, e);
    }
    return result;
}

int figure_latex_write(const char *dir, const struct document *d, struct err *e) {
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s)) {
        const struct figure *f = s->figure;
        bool drawn = f->kind != FIGURE_HEAT && f->kind != FIGURE_SHIFT && f->there &&
                     (f->kind != FIGURE_POINTS || f->points->count > 0);
        if (remove_files(dir, f, e) != 0 || (drawn && write_figure(dir, f, e) != 0))
            return -1;
    }
    return 0;
}
