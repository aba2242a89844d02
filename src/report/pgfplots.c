#include "report/pgfplots.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/latex.h"
#include "report/outfile.h"

#define LINES_MAX 6 /* endpoints with a line of their own */
#define LOG_RATIO 20
#define NAME_BYTES 96

/* Okabe and Ito's colours; each line differs by its dashes too. */
#define STYLES                                                                                     \
    "cycle list={{black, thick},{blue!70!black, densely dashed},{orange!90!black, dashed},"        \
    "{green!50!black, densely dotted},{purple, dash dot},{cyan!80!black, loosely dashed},"         \
    "{red!80!black, dash dot dot}}"

/* A figure of values per second: which columns of its .dat file are what. */
static const struct series_figure {
    const char *name, *y;
    const char *lines[2];
    bool level;    /* time is column 0, the values follow; else the middle of a step is column 1 */
    bool times;    /* response times: logarithmic where the figure of the client is */
    int of_server; /* enum platform_figure; -1: of the client */
} series[] = {
    {"requests_per_second", "Requests per second", {"requests", "failures"}, false, false, -1},
    {"response_time", "Response time (ms)", {"median", "95th percentile"}, false, true, -1},
    {"users", "Virtual users", {"users", NULL}, true, false, -1},
    {"instance_count", "Instances", {"active", "idle"}, true, false, PLATFORM_INSTANCE_COUNT},
    {"billable_instance_time",
     "Billable time (s per s)",
     {"billable", NULL},
     true,
     false,
     PLATFORM_BILLABLE_TIME},
    {"request_count",
     "Requests per second",
     {"sent by the client", "arrived at the server"},
     false,
     false,
     PLATFORM_REQUEST_COUNT},
    {"request_latency",
     "Latency (ms)",
     {"with start-up", "without"},
     false,
     true,
     PLATFORM_LATENCY},
    {"cpu_utilization", "CPU utilization (\\%)", {"CPU", NULL}, true, false, PLATFORM_CPU},
    {"memory_utilization",
     "Memory utilization (\\%)",
     {"memory", NULL},
     true,
     false,
     PLATFORM_MEMORY},
};
#define SERIES_FIGURES (sizeof series / sizeof *series)

static const char *const kinds[POINTS_KINDS] = {
    [POINTS_COLD] = "cold", [POINTS_WARM] = "warm", [POINTS_UNKNOWN] = "unknown"};

static bool is_log(const struct model *m) {
    return m->aggregated.row.max_ms > LOG_RATIO * m->aggregated.row.median_ms;
}

static int open_figure(struct outfile *f, const char *dir, const char *name, struct err *e) {
    char file[NAME_BYTES];
    snprintf(file, sizeof file, "latex/figure_%s.tex", name);
    if (outfile_open(f, dir, file, e) != 0)
        return -1;
    fputs("\\providecommand{\\coldswarmdir}{.}\n\\begin{tikzpicture}\n\\begin{axis}[width="
          "\\linewidth,"
          " height=0.62\\linewidth, grid=major, unbounded coords=jump,\n legend style={draw=none,"
          " at={(0.5,1.02)}, anchor=south, font=\\footnotesize}, legend columns=3, no "
          "markers,\n " STYLES ",\n ",
          f->stream);
    return 0;
}

static int close_figure(struct outfile *f, struct err *e) {
    fputs("\\end{axis}\n\\end{tikzpicture}\n", f->stream);
    return outfile_close(f, e);
}

static int series_figure(const char *dir, const struct model *m, const struct series_figure *x,
                         struct err *e) {
    struct outfile f;
    if (open_figure(&f, dir, x->name, e) != 0)
        return -1;
    bool log = x->times && is_log(m);
    fprintf(f.stream, "xlabel={Time (s)}, ylabel={%s}, xmin=0, xmax=%zu, %s]\n", x->y,
            m->seconds == 0 ? 1 : m->seconds, log ? "ymode=log" : "ymin=0");
    for (int i = 0; i < 2 && x->lines[i] != NULL; i++)
        fprintf(f.stream,
                "\\addplot table[header=false, x index=%d, y index=%d]"
                " {\\coldswarmdir/data/%s.dat};\n\\addlegendentry{%s}\n",
                x->level ? 0 : 1, i + (x->level ? 1 : 2), x->name, x->lines[i]);
    return close_figure(&f, e);
}

static int by_requests(const void *a, const void *b) {
    const struct model_entry *const *x = a, *const *y = b;
    return ((*x)->row.requests < (*y)->row.requests) - ((*x)->row.requests > (*y)->row.requests);
}

/* Its file of points, and its line in the figure. */
static int distribution(const char *dir, FILE *figure, const struct model *m, size_t entry,
                        size_t line, const struct model_entry *x, struct err *e) {
    struct quantile_level levels[QUANTILE_LEVELS_MAX];
    double ms[QUANTILE_LEVELS_MAX];
    char name[NAME_BYTES];
    struct outfile f;
    struct buf words, legend;
    size_t count = summary_distribution(m->summary, entry, levels, ms);
    snprintf(name, sizeof name, "latex/figure_latency_distribution_%zu.dat", line);
    if (count == 0)
        return 0;
    if (outfile_open(&f, dir, name, e) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        fprintf(f.stream, "%.10g %.10g\n", levels[i].inverse, ms[i]);
    if (outfile_close(&f, e) != 0)
        return -1;
    buf_init(&words, 1 << 20);
    buf_init(&legend, 1 << 20);
    buf_printf(&words, "%s%s%s", x->method, x->method[0] == '\0' ? "" : " ", x->name);
    latex_text(&legend, buf_text(&words));
    bool ok = buf_ok(&words) && buf_ok(&legend);
    fprintf(figure, "\\addplot table[header=false] {\\coldswarmdir/%s};\n\\addlegendentry{%s}\n",
            name, buf_text(&legend));
    buf_done(&words);
    buf_done(&legend);
    return ok ? 0 : err_set(e, "the name of an endpoint is too long for a report");
}

static int distributions(const char *dir, const struct model *m, struct err *e) {
    const struct model_entry **busiest = calloc(m->entry_count + 1, sizeof *busiest);
    struct outfile f;
    if (busiest == NULL)
        return err_set(e, "out of memory for %zu endpoints", m->entry_count);
    for (size_t i = 0; i < m->entry_count; i++)
        busiest[i] = &m->entries[i];
    qsort(busiest, m->entry_count, sizeof *busiest, by_requests);
    int result = open_figure(&f, dir, "latency_distribution", e);
    if (result == 0) {
        fprintf(f.stream,
                "xmode=log, xlabel={Percentile}, ylabel={Response time (ms)}, xmin=1, %s,\n "
                "xtick={1,2,10,100,1000,10000,100000,1000000},\n "
                "xticklabels={0,50,90,99,99.9,99.99,99.999,99.9999}]\n",
                is_log(m) ? "ymode=log" : "ymin=0");
        result = distribution(dir, f.stream, m, SUMMARY_AGGREGATED, 0, &m->aggregated, e);
        for (size_t i = 0; i < m->entry_count && i < LINES_MAX && result == 0; i++)
            result = distribution(dir, f.stream, m, (size_t)(busiest[i] - m->entries), i + 1,
                                  busiest[i], e);
        if (close_figure(&f, result == 0 ? e : NULL) != 0)
            result = -1;
    }
    free(busiest);
    return result;
}

static int cold_starts(const char *dir, const struct model *m, const struct points *p,
                       struct err *e) {
    struct outfile f, data;
    if (open_figure(&f, dir, "cold_starts", e) != 0)
        return -1;
    fprintf(f.stream, "xlabel={Time (s)}, ylabel={Latency (ms)}, xmin=0, xmax=%zu, ymode=log]\n",
            m->seconds == 0 ? 1 : m->seconds);
    static const char *const marks[POINTS_KINDS] = {
        [POINTS_COLD] = "red, mark=triangle*, mark size=1.6pt",
        [POINTS_WARM] = "blue!70!black, mark=*, mark size=0.5pt",
        [POINTS_UNKNOWN] = "gray, mark=x, mark size=1.2pt"};
    static const enum points_kind order[] = {POINTS_WARM, POINTS_UNKNOWN, POINTS_COLD};
    int result = 0;
    for (size_t k = 0; k < POINTS_KINDS && result == 0; k++) {
        char name[NAME_BYTES];
        size_t count = 0;
        snprintf(name, sizeof name, "latex/figure_cold_starts_%s.dat", kinds[order[k]]);
        result = outfile_open(&data, dir, name, e);
        for (size_t i = 0; i < p->count && result == 0; i++)
            if (p->all[i].kind == order[k] && p->all[i].took_us > 0) {
                fprintf(data.stream, "%.10g %.10g\n", (double)p->all[i].at_us / 1e6,
                        (double)p->all[i].took_us / 1e3);
                count++;
            }
        if (result == 0)
            result = outfile_close(&data, e);
        if (count > 0)
            fprintf(f.stream,
                    "\\addplot[only marks, %s] table[header=false] {\\coldswarmdir/%s};\n"
                    "\\addlegendentry{%s}\n",
                    marks[order[k]], name, kinds[order[k]]);
    }
    return close_figure(&f, result == 0 ? e : NULL) == 0 ? result : -1;
}

static int remove_old(const char *dir, const char *name, struct err *e) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/latex/figure_%s", dir, name);
    if (n < 0 || n >= (int)sizeof path || (unlink(path) != 0 && errno != ENOENT))
        return err_set(e, "cannot remove %s/latex/figure_%s: %s", dir, name, strerror(errno));
    return 0;
}

static int remove_all(const char *dir, struct err *e) {
    char name[NAME_BYTES];
    int result = 0;
    for (size_t i = 0; i < SERIES_FIGURES && result == 0; i++) {
        snprintf(name, sizeof name, "%s.tex", series[i].name);
        result = remove_old(dir, name, e);
    }
    for (size_t i = 0; i <= LINES_MAX && result == 0; i++) {
        snprintf(name, sizeof name, "latency_distribution_%zu.dat", i);
        result = remove_old(dir, name, e);
    }
    for (size_t i = 0; i < POINTS_KINDS && result == 0; i++) {
        snprintf(name, sizeof name, "cold_starts_%s.dat", kinds[i]);
        result = remove_old(dir, name, e);
    }
    return result == 0 ? remove_old(dir, "cold_starts.tex", e) : -1;
}

int pgfplots_write(const char *dir, const struct model *m, struct err *e) {
    if (remove_all(dir, e) != 0 || distributions(dir, m, e) != 0)
        return -1;
    for (size_t i = 0; i < SERIES_FIGURES; i++) {
        int figure = series[i].of_server;
        bool there = figure < 0 || (m->server != NULL && m->server->figures[figure].first != NULL);
        if (there && series_figure(dir, m, &series[i], e) != 0)
            return -1;
    }
    const struct points *p = m->server != NULL  ? m->server->points
                             : m->guess != NULL ? m->guess->points
                                                : NULL;
    if (m->server != NULL && m->server->points->count == 0 && m->guess != NULL)
        p = m->guess->points;
    return p != NULL && p->count > 0 ? cold_starts(dir, m, p, e) : 0;
}
