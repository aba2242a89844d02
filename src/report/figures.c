#include "report/figures.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/figure_heat.h"
#include "report/figure_lines.h"
#include "report/figure_points.h"
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
extern const char embed_report_instance_count_gp[];
extern const char embed_report_billable_instance_time_gp[];
extern const char embed_report_request_count_gp[];
extern const char embed_report_request_latency_gp[];
extern const char embed_report_cpu_utilization_gp[];
extern const char embed_report_memory_utilization_gp[];
extern const char embed_report_cold_starts_gp[];
extern const char embed_report_latency_heatmap_gp[];

enum kind { SERIES, LINES, POINTS, HEAT, PAGE };

static const struct {
    const char *name;
    const char *caption;
    const char *script;
    enum kind kind;
    struct figure_series_kind series;
    const char *on_page; /* its caption on the page; NULL: it is not on it */
} figures[FIGURE_COUNT] = {
    [FIGURE_REQUESTS_PER_SECOND] = {"requests_per_second",
                                    "Requests and failures per second",
                                    embed_report_requests_per_second_gp,
                                    SERIES,
                                    {.values = 2},
                                    "Fig. 2. Client: requests per second"},
    [FIGURE_RESPONSE_TIME] = {"response_time",
                              "Response time over the run: median and 95th percentile",
                              embed_report_response_time_gp,
                              SERIES,
                              {.values = 2, .response_time = true},
                              "Fig. 3. Client: response time"},
    [FIGURE_USERS] = {"users",
                      "Virtual users over the run",
                      embed_report_users_gp,
                      SERIES,
                      {.values = 1, .level = true},
                      "Fig. 4. Client: number of users"},
    [FIGURE_LATENCY_DISTRIBUTION] = {"latency_distribution",
                                     "Response time by percentile",
                                     embed_report_latency_distribution_gp,
                                     LINES,
                                     {.values = 0},
                                     NULL},
    [FIGURE_INSTANCE_COUNT] = {"instance_count",
                               "Container instances over the run: active and idle",
                               embed_report_instance_count_gp,
                               SERIES,
                               {.values = 2, .level = true},
                               "Fig. 5. Server: container instances"},
    [FIGURE_BILLABLE_INSTANCE_TIME] = {"billable_instance_time",
                                       "Billable instance time, in seconds per second",
                                       embed_report_billable_instance_time_gp,
                                       SERIES,
                                       {.values = 1, .level = true, .amount = true},
                                       "Fig. 6. Server: billable instance time"},
    [FIGURE_REQUEST_COUNT] = {"request_count",
                              "Requests per second: sent by the client and arrived at the server",
                              embed_report_request_count_gp,
                              SERIES,
                              {.values = 2},
                              "Fig. 7. Server: request count"},
    [FIGURE_REQUEST_LATENCY] = {"request_latency",
                                "The server's latency over the run, with and without start-up",
                                embed_report_request_latency_gp,
                                SERIES,
                                {.values = 2, .response_time = true, .what = "Latency"},
                                "Fig. 8. Server: request latency"},
    [FIGURE_CPU_UTILIZATION] = {"cpu_utilization",
                                "CPU utilization of the instances over the run",
                                embed_report_cpu_utilization_gp,
                                SERIES,
                                {.values = 1, .level = true, .percent = true},
                                "Fig. 9. Server: CPU utilization"},
    [FIGURE_MEMORY_UTILIZATION] = {"memory_utilization",
                                   "Memory utilization of the instances over the run",
                                   embed_report_memory_utilization_gp,
                                   SERIES,
                                   {.values = 1, .level = true, .percent = true},
                                   "Fig. 10. Server: memory utilization"},
    [FIGURE_COLD_STARTS] = {"cold_starts",
                            "Latency of the requests over the run, cold starts marked",
                            embed_report_cold_starts_gp,
                            POINTS,
                            {.what = "Latency"},
                            "Cold starts among all requests"},
    [FIGURE_LATENCY_HEATMAP] = {"latency_heatmap",
                                "Response time over the run, with colours for how many requests",
                                embed_report_latency_heatmap_gp,
                                HEAT,
                                {.values = 0},
                                NULL},
    [FIGURE_ALL] = {"all_figures",
                    "All figures of client and server on one page",
                    NULL,
                    PAGE,
                    {.values = 0},
                    NULL},
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

static int read_csv(const char *data_dir, enum figure f, struct buf *csv, struct err *e) {
    char path[PATH_MAX];
    if (path_of(path, data_dir, figures[f].name, ".csv", e) != 0)
        return -1;
    return file_read(path, csv, e);
}

/* What fits the data; `csv` is overwritten. */
static int fit(enum figure f, char *csv, struct buf *settings, struct buf *data, struct err *e) {
    const char *end = csv == NULL ? NULL : strchr(csv, '\n');
    size_t head = end == NULL ? 0 : (size_t)(end - csv);
    if (f == FIGURE_REQUEST_LATENCY)
        buf_printf(settings, "means = %d\n", head > 0 && memmem(csv, head, "mean", 4) != NULL);
    if (f == FIGURE_COLD_STARTS)
        buf_printf(settings, "guess = %d\n", head > 0 && memmem(csv, head, "guess", 5) != NULL);
    switch (figures[f].kind) {
    case SERIES:
        return figure_series(csv, &figures[f].series, settings, data, e);
    case LINES:
        return figure_lines(csv, settings, data, e);
    case POINTS:
        return figure_points(csv, figures[f].series.what, settings, data, e);
    case HEAT:
        return figure_heat(csv, settings, data, e);
    case PAGE:
        break;
    }
    return 0;
}

/* Writes DATA/NAME.dat and DATA/NAME.gp from DATA/NAME.csv. */
static int prepare(const char *data_dir, enum figure f, struct err *e) {
    const char *name = figures[f].name;
    struct buf csv, script, data;
    buf_init(&csv, TEXT_MAX);
    buf_init(&script, TEXT_MAX);
    buf_init(&data, TEXT_MAX);
    int result = -1;
    if (read_csv(data_dir, f, &csv, e) != 0)
        goto done;
    buf_printf(&script,
               "# %s\n# Draw it again with: gnuplot %s.gp\n\nload 'style.gp'\n\n"
               "# What fits the data:\n",
               figures[f].caption, name);
    if (fit(f, csv.data, &script, &data, e) != 0) {
        err_prefix(e, "%s/%s.csv", data_dir, name);
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

#define PANEL_COLUMNS 2
#define PANEL_WIDTH 420
#define PANEL_HEIGHT 296
#define PANEL_LINE 20.0 /* of that for its caption */

/* One panel after the other, from the top left. */
static void page_panels(const bool there[FIGURE_COUNT], size_t rows, struct buf *script) {
    size_t at = 0;
    for (enum figure f = 0; f < FIGURE_COUNT; f++) {
        if (!there[f] || figures[f].on_page == NULL)
            continue;
        size_t row = at / PANEL_COLUMNS;
        buf_printf(script, "page_x = %.6f; page_y = %.6f; page_caption = '%s'\nload '%s.gp'\n",
                   (double)(at % PANEL_COLUMNS) / PANEL_COLUMNS,
                   1 - (double)(row + 1) / (double)rows, figures[f].on_page, figures[f].name);
        at++;
    }
}

static int prepare_page(const char *data_dir, const bool there[FIGURE_COUNT], struct err *e) {
    size_t panels = 0;
    for (enum figure f = 0; f < FIGURE_COUNT; f++)
        panels += there[f] && figures[f].on_page != NULL;
    size_t rows = (panels + PANEL_COLUMNS - 1) / PANEL_COLUMNS;
    struct buf script;
    buf_init(&script, TEXT_MAX);
    buf_printf(&script, "# %s\n# Draw it again with: gnuplot %s.gp\n\nload 'style.gp'\n",
               figures[FIGURE_ALL].caption, figures[FIGURE_ALL].name);
    buf_printf(&script, "page_width = %.6f; page_height = %.6f; page_line = %.6f\n",
               1.0 / PANEL_COLUMNS, 1.0 / (double)rows, PANEL_LINE / (PANEL_HEIGHT * (double)rows));
    static const char *const formats[] = {"svg", "png", "pdf"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        /* The panels set these for themselves. */
        buf_printf(&script, "\nwidth = %d; height = %zu; scale = 2.0\n",
                   PANEL_COLUMNS * PANEL_WIDTH, rows * PANEL_HEIGHT);
        if (strcmp(formats[i], "pdf") == 0)
            buf_str(&script, "unset output\nif (!has_pdf) exit\n");
        buf_printf(&script, "eval %s('%s')\nset multiplot\n", formats[i], figures[FIGURE_ALL].name);
        page_panels(there, rows, &script);
        buf_str(&script, "unset multiplot\n");
    }
    buf_str(&script, "unset output\n");
    int result = write_file(data_dir, figures[FIGURE_ALL].name, ".gp", &script, e);
    buf_done(&script);
    return result;
}

static bool has_csv(const char *data_dir, enum figure f) {
    char path[PATH_MAX];
    return path_of(path, data_dir, figures[f].name, ".csv", NULL) == 0 && access(path, F_OK) == 0;
}

static int remove_file(const char *dir, enum figure f, const char *extension, struct err *e) {
    char path[PATH_MAX];
    if (path_of(path, dir, figures[f].name, extension, e) != 0)
        return -1;
    if (unlink(path) != 0 && errno != ENOENT)
        return err_set(e, "cannot replace %s: %s", path, strerror(errno));
    return 0;
}

static int remove_picture(const char *dir, enum figure f, struct err *e) {
    return remove_file(dir, f, ".svg", e) != 0 || remove_file(dir, f, ".png", e) != 0
               ? -1
               : remove_file(dir, f, ".pdf", e);
}

/* Writes the scripts of those that are there and removes those of the others; says which are there.
 */
static int prepare_all(const char *dir, const char *data_dir, bool there[FIGURE_COUNT],
                       struct err *e) {
    for (enum figure f = 0; f < FIGURE_ALL; f++) {
        there[f] = f < FIGURE_ALWAYS || has_csv(data_dir, f);
        if (f >= FIGURE_ALWAYS && f < FIGURE_COLD_STARTS && there[f])
            there[FIGURE_ALL] = true;
        if (there[f] && prepare(data_dir, f, e) != 0)
            return -1;
    }
    if (there[FIGURE_ALL] && prepare_page(data_dir, there, e) != 0)
        return -1;
    for (enum figure f = 0; f < FIGURE_COUNT; f++) {
        if (remove_picture(dir, f, e) != 0 ||
            (!there[f] &&
             (remove_file(data_dir, f, ".gp", e) != 0 || remove_file(data_dir, f, ".dat", e) != 0)))
            return -1;
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
    bool there[FIGURE_COUNT] = {false};
    if (prepare_all(dir, data_dir, there, e) != 0)
        return -1;
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
        if (!there[f])
            continue;
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
