/* The picture of a comparison: the shift of the whole distribution. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/comparison.h"
#include "report/figure_lines.h"
#include "report/gnuplot.h"
#include "report/outfile.h"
#include "util/clock.h"

#define TEXT_MAX ((size_t)64 << 20)
#define TIMEOUT_NS (120 * NS_PER_S)

extern const char embed_report_style_gp[];
extern const char embed_report_shift_gp[];

static const char name[] = "shift";

/* Every percent, and two steps into the tail. */
enum { LEVELS = 101 };

static double level(int i) {
    return i < 99 ? (i + 1) / 100.0 : i == 99 ? 0.995 : 0.999;
}

/* gnuplot escapes < and & of a name for SVG, but not the end of a CDATA section, which XML does not
 * allow in text. */
static void no_cdata_end(struct buf *out, size_t from) {
    char *at = out->data == NULL ? NULL : out->data + from;
    while (at != NULL && (at = strstr(at, "]]>")) != NULL)
        at[2] = '?';
}

/* A block of the data: its names, and a row for each percentile that the requests support. False
 * where there is none. */
static int block(const struct comparison *c, const struct comparison_entry *x, bool all,
                 struct buf *out, bool *any, struct err *e) {
    struct compare_pair *pair = NULL;
    if (comparison_pair(c, all ? NULL : x->method, all ? NULL : x->name, &pair, e) != 0)
        return -1;
    size_t before = out->len;
    *any = false;
    buf_str(out, out->len == 0 ? "\"" : "\n\n\"");
    figure_lines_name(out, all ? "All requests" : x->name);
    buf_str(out, "\" \"");
    figure_lines_plain_name(out, all ? "All requests" : x->name);
    buf_str(out, "\"\n");
    no_cdata_end(out, before);
    int result = 0;
    for (int i = 0; i < LEVELS && result == 0; i++) {
        struct compare_measure m = {COMPARE_QUANTILE, level(i)};
        struct compare_result r;
        result = compare_measure(pair, &m, &r, e);
        if (result != 0 || r.lack != COMPARE_ENOUGH || !isfinite(r.ratio))
            continue;
        *any = true;
        buf_printf(out, "%g %.6g %.6g %.6g\n", 100 * m.p, 100 * (r.ratio - 1),
                   100 * (r.ratio_low - 1), 100 * (r.ratio_high - 1));
    }
    compare_pair_free(pair);
    if (!*any && out->len > before)
        out->data[out->len = before] = '\0';
    return result;
}

/* At most this many endpoints have a panel: those of the most requests. */
static bool has_panel(const struct comparison *c, size_t at) {
    size_t larger = 0;
    for (size_t i = 0; i + 1 < c->entry_count; i++)
        larger += c->entries[i].requests[1] > c->entries[at].requests[1] ||
                  (i < at && c->entries[i].requests[1] == c->entries[at].requests[1]);
    return larger < FIGURE_LINES_MAX;
}

static int gather(const struct comparison *c, struct buf *data, unsigned *panels, struct err *e) {
    size_t last = c->entry_count - 1;
    bool any = false;
    *panels = 0;
    if (block(c, &c->entries[last], true, data, &any, e) != 0)
        return -1;
    *panels += any;
    for (size_t i = 0; i < last && last > 1; i++) {
        if (!has_panel(c, i))
            continue;
        if (block(c, &c->entries[i], false, data, &any, e) != 0)
            return -1;
        *panels += any;
    }
    return 0;
}

static int write_file(const char *dir, const char *file, const char *text, struct err *e) {
    struct outfile f;
    if (outfile_open(&f, dir, file, e) != 0)
        return -1;
    fputs(text, f.stream);
    return outfile_close(&f, e);
}

static int write_script(const char *data_dir, unsigned panels, struct err *e) {
    struct buf script;
    buf_init(&script, TEXT_MAX);
    buf_printf(&script,
               "# By how much each percentile moved\n# Draw it again with: gnuplot shift.gp\n\n"
               "load 'style.gp'\n\npanels = %u\n\n%s",
               panels, embed_report_shift_gp);
    int result = buf_ok(&script) ? write_file(data_dir, "shift.gp", buf_text(&script), e)
                                 : err_set(e, "out of memory for %s/shift.gp", data_dir);
    buf_done(&script);
    return result;
}

static void remove_old(const char *dir) {
    char path[PATH_MAX];
    static const char *const endings[] = {"svg", "png"};
    for (int i = 0; i < 2; i++)
        if (snprintf(path, sizeof path, "%s/%s.%s", dir, name, endings[i]) < (int)sizeof path)
            unlink(path);
}

int comparison_draw(const struct comparison *c, const char *dir, char note[512], struct err *e) {
    char data_dir[PATH_MAX], gnuplot[PATH_MAX];
    struct buf data, said;
    unsigned panels = 0;
    int result = -1;
    note[0] = '\0';
    buf_init(&data, TEXT_MAX);
    buf_init(&said, TEXT_MAX);
    if (snprintf(data_dir, sizeof data_dir, "%s/data", dir) >= (int)sizeof data_dir) {
        err_set(e, "the path of the picture is too long");
        goto out;
    }
    if (outfile_directory(data_dir, e) != 0 || gather(c, &data, &panels, e) != 0)
        goto out;
    remove_old(dir);
    if (!buf_ok(&data)) {
        err_set(e, "out of memory for the picture");
        goto out;
    }
    if (write_file(data_dir, "shift.dat", buf_text(&data), e) != 0 ||
        write_file(data_dir, "style.gp", embed_report_style_gp, e) != 0 ||
        write_script(data_dir, panels, e) != 0)
        goto out;
    if (!gnuplot_find(gnuplot, sizeof gnuplot)) {
        snprintf(note, 512, "no picture, gnuplot is not installed (apt-get install gnuplot-nox)");
        result = 0;
        goto out;
    }
    if (gnuplot_run(gnuplot, data_dir, "shift.gp", TIMEOUT_NS, &said, e) != 0) {
        remove_old(dir); /* it may be half there */
        err_prefix(e, "cannot draw %s/shift.gp", data_dir);
        goto out;
    }
    snprintf(note, 512, "%s", buf_text(&said));
    result = 0;
out:
    buf_done(&data);
    buf_done(&said);
    return result;
}
