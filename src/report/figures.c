#include "report/figures.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/figure_lines.h"
#include "report/figure_series.h"
#include "report/gnuplot.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"

#define TIMEOUT_NS (120 * NS_PER_S)
#define TEXT_MAX ((size_t)1 << 30)

extern const char embed_report_style_gp[];
extern const char embed_report_requests_per_second_gp[];
extern const char embed_report_response_time_gp[];
extern const char embed_report_users_gp[];
extern const char embed_report_latency_distribution_gp[];

static const struct {
    const char *name;
    const char *caption;
    const char *script;
    struct figure_series_kind series; /* values 0: the latency distribution */
} figures[FIGURE_COUNT] = {
    [FIGURE_REQUESTS_PER_SECOND] = {"requests_per_second",
                                    "Requests and failures per second",
                                    embed_report_requests_per_second_gp,
                                    {.values = 2}},
    [FIGURE_RESPONSE_TIME] = {"response_time",
                              "Response time over the run: median and 95th percentile",
                              embed_report_response_time_gp,
                              {.values = 2, .response_time = true}},
    [FIGURE_USERS] = {"users",
                      "Virtual users over the run",
                      embed_report_users_gp,
                      {.values = 1, .level = true}},
    [FIGURE_LATENCY_DISTRIBUTION] = {"latency_distribution",
                                     "Response time by percentile",
                                     embed_report_latency_distribution_gp,
                                     {.values = 0}},
};

const char *figure_name(enum figure f) {
    return figures[f].name;
}

const char *figure_caption(enum figure f) {
    return figures[f].caption;
}

/* Formats a path below dir. */
static int path_of(char path[PATH_MAX], const char *dir, const char *name, const char *extension,
                   struct err *e) {
    int n = snprintf(path, PATH_MAX, "%s/%s%s", dir, name, extension);
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, "the path of %s%s is too long; use a shorter directory", name, extension);
    return 0;
}

static int write_file(const char *dir, const char *name, const char *extension, const struct buf *b,
                      struct err *e) {
    char path[PATH_MAX];
    if (path_of(path, dir, name, extension, e) != 0)
        return -1;
    if (!buf_ok(b))
        return err_set(e, "no memory to write %s", path);
    FILE *f = fopen(path, "wb");
    if (f == NULL)
        return err_set(e, "cannot write %s: %s", path, strerror(errno));
    bool failed = fwrite(buf_text(b), 1, b->len, f) != b->len;
    failed = fclose(f) != 0 || failed;
    if (failed)
        return err_set(e, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

static int write_style(const char *data_dir, struct err *e) {
    struct buf b;
    buf_init(&b, TEXT_MAX);
    buf_str(&b, embed_report_style_gp);
    int result = write_file(data_dir, "style", ".gp", &b, e);
    buf_done(&b);
    return result;
}

/* Writes DATA/NAME.dat and DATA/NAME.gp from DATA/NAME.csv. */
static int prepare(const char *data_dir, enum figure f, struct err *e) {
    const char *name = figures[f].name;
    char path[PATH_MAX];
    struct buf csv, script, data;
    buf_init(&csv, TEXT_MAX);
    buf_init(&script, TEXT_MAX);
    buf_init(&data, TEXT_MAX);
    int result = -1;
    if (path_of(path, data_dir, name, ".csv", e) != 0 || file_read(path, &csv, e) != 0)
        goto done;
    buf_printf(&script,
               "# %s\n# Draw it again with: gnuplot %s.gp\n\nload 'style.gp'\n\n"
               "# What fits the data:\n",
               figures[f].caption, name);
    int made = figures[f].series.values > 0
                   ? figure_series(csv.data, &figures[f].series, &script, &data, e)
                   : figure_lines(csv.data, &script, &data, e);
    if (made != 0) {
        err_prefix(e, "%s", path);
        goto done;
    }
    buf_printf(&script, "\n# The picture:\n%s", figures[f].script);
    if (write_file(data_dir, name, ".dat", &data, e) != 0 ||
        write_file(data_dir, name, ".gp", &script, e) != 0)
        goto done;
    result = 0;

done:
    buf_done(&csv);
    buf_done(&script);
    buf_done(&data);
    return result;
}

static int remove_picture(const char *dir, enum figure f, struct err *e) {
    static const char *const extensions[] = {".svg", ".png"};
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        char path[PATH_MAX];
        if (path_of(path, dir, figures[f].name, extensions[i], e) != 0)
            return -1;
        if (unlink(path) != 0 && errno != ENOENT)
            return err_set(e, "cannot replace %s: %s", path, strerror(errno));
    }
    return 0;
}

static bool has_bytes(const char *dir, enum figure f, const char *extension) {
    char path[PATH_MAX];
    struct stat st;
    return path_of(path, dir, figures[f].name, extension, NULL) == 0 && stat(path, &st) == 0 &&
           st.st_size > 0;
}

static int draw(const char *gnuplot, const char *dir, enum figure f, int64_t timeout_ns,
                struct buf *said, struct err *e) {
    char data_dir[PATH_MAX];
    char script[NAME_MAX];
    if (path_of(data_dir, dir, "data", "", e) != 0)
        return -1;
    snprintf(script, sizeof script, "%s.gp", figures[f].name);
    if (gnuplot_run(gnuplot, data_dir, script, timeout_ns, said, e) != 0) {
        remove_picture(dir, f, NULL); /* it may be half there */
        return err_prefix(e, "cannot draw %s/%s", data_dir, script);
    }
    if (!has_bytes(dir, f, ".svg") || !has_bytes(dir, f, ".png"))
        return err_set(e, "%s ended well but made no picture of %s/%s", gnuplot, data_dir, script);
    return 0;
}

int figures_draw(const char *dir, const struct figures_options *o, struct figures_result *r,
                 struct err *e) {
    struct figures_result result = {0};
    char data_dir[PATH_MAX];
    char gnuplot[PATH_MAX];
    if (path_of(data_dir, dir, "data", "", e) != 0 || write_style(data_dir, e) != 0)
        return -1;
    for (enum figure f = 0; f < FIGURE_COUNT; f++) {
        if (prepare(data_dir, f, e) != 0 || remove_picture(dir, f, e) != 0)
            return -1;
    }
    if (!gnuplot_find(gnuplot, sizeof gnuplot)) {
        result.gnuplot_missing = true;
        snprintf(result.note, sizeof result.note,
                 "no figures, gnuplot is not installed (apt-get install gnuplot-nox)");
        *r = result;
        return 0;
    }
    int64_t timeout_ns = o != NULL && o->timeout_ns > 0 ? o->timeout_ns : TIMEOUT_NS;
    struct buf said;
    buf_init(&said, TEXT_MAX);
    for (enum figure f = 0; f < FIGURE_COUNT; f++) {
        if (draw(gnuplot, dir, f, timeout_ns, &said, e) != 0) {
            buf_done(&said);
            return -1;
        }
        result.drawn[f] = true;
    }
    snprintf(result.note, sizeof result.note, "%s", buf_text(&said));
    buf_done(&said);
    *r = result;
    return 0;
}
