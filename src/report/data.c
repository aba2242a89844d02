#include "report/data.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "report/csv.h"
#include "report/outfile.h"

#define LINE_MAX_BYTES ((size_t)1 << 20)

static int rates(const char *dir, const struct model *m, struct err *e) {
    struct outfile f;
    if (outfile_open(&f, dir, "data/requests_per_second.csv", e) != 0)
        return -1;
    fputs("second,requests_per_second,failures_per_second\n", f.stream);
    for (size_t s = 0; s < m->seconds; s++) {
        struct series_second x = {0};
        if (s < series_seconds(m->series))
            series_at(m->series, s, &x);
        fprintf(f.stream, "%zu,%" PRIu64 ",%" PRIu64 "\n", s, x.requests, x.failures);
    }
    return outfile_close(&f, e);
}

static int response_times(const char *dir, const struct model *m, struct err *e) {
    struct outfile f;
    if (outfile_open(&f, dir, "data/response_time.csv", e) != 0)
        return -1;
    fputs("second,median_ms,p95_ms\n", f.stream);
    for (size_t s = 0; s < m->seconds; s++) {
        struct series_second x = {.median_ms = (double)NAN};
        if (s < series_seconds(m->series))
            series_at(m->series, s, &x);
        if (isnan(x.median_ms))
            fprintf(f.stream, "%zu,,\n", s);
        else
            fprintf(f.stream, "%zu,%.15g,%.15g\n", s, x.median_ms, x.p95_ms);
    }
    return outfile_close(&f, e);
}

/* As fine as the picture shows it. */
static int heatmap(const char *dir, const struct model *m, struct err *e) {
    const struct heatmap *h = m->heatmap;
    struct heatmap_rows rows;
    struct outfile f;
    if (outfile_open(&f, dir, "data/latency_heatmap.csv", e) != 0)
        return -1;
    fputs("from_s,to_s,from_ms,to_ms,requests\n", f.stream);
    heatmap_rows(h, DATA_HEATMAP_ROWS, &rows);
    double column_s = (double)heatmap_column_us(h) / 1e6;
    for (size_t x = 0; x < heatmap_columns(h); x++)
        for (size_t y = 0; y < rows.count; y++) {
            uint64_t n = heatmap_at(h, &rows, x, y);
            if (n > 0)
                fprintf(f.stream, "%.15g,%.15g,%.9g,%.9g,%" PRIu64 "\n", (double)x * column_s,
                        (double)(x + 1) * column_s, heatmap_edge_us(&rows, y) / 1000,
                        heatmap_edge_us(&rows, y + 1) / 1000, n);
        }
    fprintf(f.stream, "%zu,,,,\n", m->seconds);
    return outfile_close(&f, e);
}

static int users(const char *dir, const struct model *m, struct err *e) {
    struct outfile f;
    if (outfile_open(&f, dir, "data/users.csv", e) != 0)
        return -1;
    fputs("second,users\n", f.stream);
    for (size_t s = 0; s < m->seconds; s++)
        fprintf(f.stream, "%zu,%" PRIu32 "\n", s, m->users[s]);
    return outfile_close(&f, e);
}

static int distribution(FILE *to, const struct model *m, size_t entry, const char *method,
                        const char *name, struct err *e) {
    struct quantile_level levels[QUANTILE_LEVELS_MAX];
    double ms[QUANTILE_LEVELS_MAX];
    struct buf label, line;
    size_t count = summary_distribution(m->summary, entry, levels, ms);
    buf_init(&label, LINE_MAX_BYTES);
    buf_init(&line, LINE_MAX_BYTES);
    buf_printf(&label, "%s%s%s", method, method[0] == '\0' ? "" : " ", name);
    csv_text(&line, buf_text(&label));
    bool ok = buf_ok(&label) && buf_ok(&line);
    for (size_t i = 0; i < count && ok; i++)
        fprintf(to, "%s,%.15g,%.15g,%.15g\n", buf_text(&line), levels[i].percentile,
                levels[i].inverse, ms[i]);
    buf_done(&label);
    buf_done(&line);
    return ok ? 0 : err_set(e, "the name of an endpoint is too long for a report");
}

static int distributions(const char *dir, const struct model *m, struct err *e) {
    struct outfile f;
    if (outfile_open(&f, dir, "data/latency_distribution.csv", e) != 0)
        return -1;
    fputs("endpoint,percentile,inverse,latency_ms\n", f.stream);
    int result = 0;
    for (size_t i = 0; i < m->entry_count && result == 0; i++)
        result = distribution(f.stream, m, i, m->entries[i].method, m->entries[i].name, e);
    if (result == 0)
        result = distribution(f.stream, m, SUMMARY_AGGREGATED, m->aggregated.method,
                              m->aggregated.name, e);
    return outfile_close(&f, result == 0 ? e : NULL) == 0 ? result : -1;
}

/* Of the server's side, in the order of enum platform_figure. */
static const struct {
    const char *file, *head, *head_of_means;
} platform_files[PLATFORM_FIGURES] = {
    [PLATFORM_INSTANCE_COUNT] = {"data/instance_count.csv", "second,active,idle", NULL},
    [PLATFORM_BILLABLE_TIME] = {"data/billable_instance_time.csv", "second,billable_s", NULL},
    [PLATFORM_REQUEST_COUNT] = {"data/request_count.csv", "second,client,server", NULL},
    [PLATFORM_LATENCY] = {"data/request_latency.csv",
                          "second,with_startup_p95_ms,without_startup_p95_ms",
                          "second,with_startup_mean_ms,without_startup_mean_ms"},
    [PLATFORM_CPU] = {"data/cpu_utilization.csv", "second,percent", NULL},
    [PLATFORM_MEMORY] = {"data/memory_utilization.csv", "second,percent", NULL},
};

#define COLD_STARTS "data/cold_starts.csv"

static void value(FILE *to, double v) {
    if (isnan(v))
        fputc(',', to);
    else
        fprintf(to, ",%.10g", v);
}

static int platform_lines(const char *dir, const struct platform *s, enum platform_figure figure,
                          struct err *e) {
    const struct platform_lines *x = &s->figures[figure];
    struct outfile f;
    bool means = figure == PLATFORM_LATENCY && s->latency_is_mean;
    if (outfile_open(&f, dir, platform_files[figure].file, e) != 0)
        return -1;
    fprintf(f.stream, "%s\n",
            means ? platform_files[figure].head_of_means : platform_files[figure].head);
    for (size_t i = 0; i < s->seconds; i++) {
        fprintf(f.stream, "%zu", i);
        value(f.stream, x->first[i]);
        if (x->second != NULL)
            value(f.stream, x->second[i]);
        fputc('\n', f.stream);
    }
    return outfile_close(&f, e);
}

static int cold_starts(const char *dir, const struct points *p, const char *head, size_t seconds,
                       struct err *e) {
    static const char *const kinds[] = {
        [POINTS_COLD] = "cold", [POINTS_WARM] = "warm", [POINTS_UNKNOWN] = "unknown"};
    struct outfile f;
    if (outfile_open(&f, dir, COLD_STARTS, e) != 0)
        return -1;
    fprintf(f.stream, "%s\n", head);
    for (size_t i = 0; i < p->count; i++)
        fprintf(f.stream, "%.10g,%.10g,%s\n", (double)p->all[i].at_us / 1e6,
                (double)p->all[i].took_us / 1e3, kinds[p->all[i].kind]);
    fprintf(f.stream, "%zu,,\n", seconds);
    return outfile_close(&f, e);
}

static int remove_old(const char *dir, const char *name, struct err *e) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (n < 0 || n >= (int)sizeof path || (unlink(path) != 0 && errno != ENOENT))
        return err_set(e, "cannot remove %s/%s: %s", dir, name, strerror(errno));
    return 0;
}

static int write_server(const char *dir, const struct model *m, struct err *e) {
    for (int i = 0; i < PLATFORM_FIGURES; i++) {
        if (remove_old(dir, platform_files[i].file, e) != 0)
            return -1;
        if (m->server != NULL && m->server->figures[i].first != NULL &&
            platform_lines(dir, m->server, (enum platform_figure)i, e) != 0)
            return -1;
    }
    if (remove_old(dir, COLD_STARTS, e) != 0)
        return -1;
    if (m->server != NULL && m->server->points->count > 0)
        return cold_starts(dir, m->server->points, "time_s,latency_ms,label", m->seconds, e);
    if (m->guess != NULL)
        return cold_starts(dir, m->guess->points, "time_s,service_ms,guess", m->seconds, e);
    return 0;
}

int data_write(const char *dir, const struct model *m, struct err *e) {
    assert(m->options.figures);
    if (rates(dir, m, e) != 0 || response_times(dir, m, e) != 0 || users(dir, m, e) != 0 ||
        heatmap(dir, m, e) != 0)
        return -1;
    return distributions(dir, m, e) != 0 ? -1 : write_server(dir, m, e);
}
