#include "report/data.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

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

int data_write(const char *dir, const struct model *m, struct err *e) {
    assert(m->options.figures);
    if (rates(dir, m, e) != 0 || response_times(dir, m, e) != 0 || users(dir, m, e) != 0)
        return -1;
    return distributions(dir, m, e);
}
