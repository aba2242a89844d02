#include "report/figure_csv.h"

#include <inttypes.h>
#include <math.h>

#include "report/csv.h"
#include "report/outfile.h"

#define NAME_BYTES 128
#define LABEL_MAX_BYTES ((size_t)1 << 20)

static void value(FILE *to, double v) {
    if (isnan(v))
        fputc(',', to);
    else
        fprintf(to, ",%.15g", v);
}

static void head(FILE *to, const char *first, const struct figure *f) {
    fputs(first, to);
    for (size_t i = 0; i < f->series_count; i++)
        fprintf(to, ",%s", f->lines[i].column);
    fputc('\n', to);
}

static void seconds(FILE *to, const struct figure *f) {
    head(to, "second", f);
    for (size_t s = 0; s < f->seconds; s++) {
        fprintf(to, "%zu", s);
        for (size_t i = 0; i < f->series_count; i++)
            value(to, f->series[i].seconds[s]);
        fputc('\n', to);
    }
}

static void steps(FILE *to, const struct figure *f) {
    head(to, "second,seconds", f);
    for (size_t s = 0; s < figure_steps(f); s++) {
        size_t from = figure_edge_s(f, s);
        fprintf(to, "%zu,%zu", from, figure_edge_s(f, s + 1) - from);
        for (size_t i = 0; i < f->series_count; i++)
            value(to, f->series[i].y[s]);
        fputc('\n', to);
    }
}

static int distribution(FILE *to, const struct figure *f, struct err *e) {
    struct buf label;
    buf_init(&label, LABEL_MAX_BYTES);
    fputs("endpoint,percentile,inverse,latency_ms\n", to);
    for (size_t i = 0; i < f->series_count; i++) {
        const struct figure_series *s = &f->series[i];
        buf_clear(&label);
        csv_text(&label, s->label);
        for (size_t k = 0; k < s->n && buf_ok(&label); k++)
            fprintf(to, "%s,%.15g,%.15g,%.15g\n", buf_text(&label), s->percentile[k], s->x[k],
                    s->y[k]);
        if (!buf_ok(&label))
            break;
    }
    int result =
        buf_ok(&label) ? 0 : err_set(e, "the name of an endpoint is too long for a report");
    buf_done(&label);
    return result;
}

static void points(FILE *to, const struct figure *f) {
    const char *names[POINTS_KINDS];
    for (size_t i = 0; i < POINTS_KINDS; i++)
        names[figure_points_kinds[i].kind] = figure_points_kinds[i].name;
    const char *columns = f->guessed ? "time_s,service_ms,guess" : "time_s,latency_ms,label";
    fprintf(to, "%s%s\n", f->columns != NULL ? f->columns : columns,
            f->columns != NULL && !f->unlabelled ? ",label" : "");
    for (size_t i = 0; i < f->points->count; i++) {
        const struct point *p = &f->points->all[i];
        fprintf(to, "%.10g,%.10g%s%s\n", figure_point_x(f, p), (double)p->took_us / 1e3,
                f->unlabelled ? "" : ",", f->unlabelled ? "" : names[p->kind]);
    }
    if (f->x_name == NULL)
        fprintf(to, "%zu,%s\n", f->seconds, f->unlabelled ? "" : ",");
}

/* As fine as the picture shows it. */
static void heat(FILE *to, const struct figure *f) {
    const struct heatmap_rows *rows = &f->heat_rows;
    double column_s = (double)heatmap_column_us(f->heat) / 1e6;
    fprintf(to, "from_s,to_s,from_ms,to_ms,%s\n", figure_counted(f));
    for (size_t x = 0; x < heatmap_columns(f->heat); x++)
        for (size_t y = 0; y < rows->count; y++) {
            uint64_t n = heatmap_at(f->heat, rows, x, y);
            if (n > 0)
                fprintf(to, "%.15g,%.15g,%.9g,%.9g,%" PRIu64 "\n", (double)x * column_s,
                        (double)(x + 1) * column_s, heatmap_edge_us(rows, y) / 1000,
                        heatmap_edge_us(rows, y + 1) / 1000, n);
        }
    fprintf(to, "%zu,,,,\n", f->seconds);
}

static void curves(FILE *to, const struct figure *f) {
    head(to, "load", f);
    for (size_t k = 0; f->series_count > 0 && k < f->series[0].n; k++) {
        fprintf(to, "%.15g", f->series[0].x[k]);
        for (size_t i = 0; i < f->series_count; i++)
            value(to, f->series[i].y[k]);
        fputc('\n', to);
    }
}

static int write_rows(FILE *to, const struct figure *f, struct err *e) {
    switch (f->kind) {
    case FIGURE_LINES:
    case FIGURE_LEVELS:
        seconds(to, f);
        break;
    case FIGURE_DISTRIBUTION:
        return distribution(to, f, e);
    case FIGURE_POINTS:
        points(to, f);
        break;
    case FIGURE_HEAT:
        heat(to, f);
        break;
    case FIGURE_CURVES:
        curves(to, f);
        break;
    case FIGURE_SHIFT: /* it has none */
        break;
    }
    return 0;
}

static int write_figure(const char *dir, const struct figure *f, struct err *e) {
    struct outfile file;
    char name[NAME_BYTES];
    if (f->kind == FIGURE_SHIFT)
        return 0;
    snprintf(name, sizeof name, "data/%s.csv", f->key);
    if (outfile_open(&file, dir, name, e) != 0)
        return -1;
    if (outfile_finish(&file, write_rows(file.stream, f, e), e) != 0)
        return -1;
    if (!f->of_requests || f->step_seconds == 1)
        return 0;
    snprintf(name, sizeof name, "data/%s_steps.csv", f->key);
    if (outfile_open(&file, dir, name, e) != 0)
        return -1;
    steps(file.stream, f);
    return outfile_close(&file, e);
}

static int remove_old(const char *dir, const char *key, const char *ending, struct err *e) {
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "data/%s%s", key, ending);
    return outfile_remove(dir, name, e);
}

int figure_csv_write(const char *dir, const struct document *d, struct err *e) {
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s)) {
        const struct figure *f = s->figure;
        if (remove_old(dir, f->key, "_steps.csv", e) != 0 ||
            (f->there ? write_figure(dir, f, e) : remove_old(dir, f->key, ".csv", e)) != 0)
            return -1;
    }
    return 0;
}
