#include "report/figures.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/figure_gnuplot.h"
#include "report/gnuplot.h"
#include "report/outfile.h"
#include "util/buf.h"
#include "util/clock.h"

#define TIMEOUT_NS (120 * NS_PER_S)
#define TEXT_MAX ((size_t)1 << 30)
#define NAME_BYTES 128

extern const char embed_report_style_gp[];

static const char *const picture_endings[] = {".svg", ".png", ".pdf"};
#define PICTURES (sizeof picture_endings / sizeof *picture_endings)

bool figures_have_page(const struct document *d) {
    const struct section *s = NULL;
    /* Cold starts as the client guesses them are no reason. */
    while ((s = document_figure(d, s)) != NULL)
        if (s->figure->there && strcmp(s->page, "server") == 0 && s->figure->kind != FIGURE_POINTS)
            return true;
    return false;
}

static int remove_file(const char *dir, const char *folder, const char *key, const char *ending,
                       struct err *e) {
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s%s%s", folder, key, ending);
    return outfile_remove(dir, name, e);
}

static int remove_pictures(const char *dir, const char *key, struct err *e) {
    for (size_t i = 0; i < PICTURES; i++)
        if (remove_file(dir, "", key, picture_endings[i], e) != 0)
            return -1;
    return 0;
}

static int write_script(const char *dir, const char *key, struct buf *script, struct err *e) {
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "data/%s.gp", key);
    return outfile_write(dir, name, script, e);
}

static int prepare(const char *dir, const struct figure *f, struct err *e) {
    struct buf script, data;
    char name[NAME_BYTES];
    if (remove_pictures(dir, f->key, e) != 0)
        return -1;
    if (!f->there)
        return remove_file(dir, "data/", f->key, ".gp", e) != 0
                   ? -1
                   : remove_file(dir, "data/", f->key, ".dat", e);
    buf_init(&script, TEXT_MAX);
    buf_init(&data, TEXT_MAX);
    figure_gnuplot_script(&script, f);
    figure_gnuplot_data(&data, f);
    snprintf(name, sizeof name, "data/%s.dat", f->key);
    int result = write_script(dir, f->key, &script, e);
    if (outfile_write(dir, name, &data, result == 0 ? e : NULL) != 0)
        result = -1;
    return result;
}

static int prepare_page(const char *dir, const struct document *d, struct err *e) {
    struct buf script;
    if (remove_pictures(dir, FIGURES_PAGE, e) != 0)
        return -1;
    if (!figures_have_page(d))
        return remove_file(dir, "data/", FIGURES_PAGE, ".gp", e);
    buf_init(&script, TEXT_MAX);
    figure_gnuplot_page(&script, d, FIGURES_PAGE, FIGURES_PAGE_CAPTION);
    return write_script(dir, FIGURES_PAGE, &script, e);
}

static int prepare_all(const char *dir, const struct document *d, struct err *e) {
    struct buf style;
    buf_init(&style, TEXT_MAX);
    buf_str(&style, embed_report_style_gp);
    if (outfile_write(dir, "data/style.gp", &style, e) != 0)
        return -1;
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s))
        if (prepare(dir, s->figure, e) != 0)
            return -1;
    return prepare_page(dir, d, e);
}

static bool has_bytes(const char *dir, const char *key, const char *ending) {
    char path[PATH_MAX];
    struct stat st;
    int n = snprintf(path, sizeof path, "%s/%s%s", dir, key, ending);
    return n > 0 && n < (int)sizeof path && stat(path, &st) == 0 && st.st_size > 0;
}

/* The pictures to draw; script[i] points to name[i]. */
struct batch {
    const char **key, **script;
    char (*name)[NAME_BYTES];
    size_t count;
};

static void batch_add(struct batch *b, const char *key) {
    snprintf(b->name[b->count], sizeof b->name[b->count], "%s.gp", key);
    b->script[b->count] = b->name[b->count];
    b->key[b->count++] = key;
}

static int batch_init(struct batch *b, const struct document *d, struct err *e) {
    size_t room = 1; /* the page */
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s))
        room++;
    *b = (struct batch){.key = calloc(room, sizeof *b->key),
                        .script = calloc(room, sizeof *b->script),
                        .name = calloc(room, sizeof *b->name)};
    if (b->key == NULL || b->script == NULL || b->name == NULL)
        return err_memory(e, "the figures");
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s))
        if (s->figure->there)
            batch_add(b, s->figure->key);
    if (figures_have_page(d))
        batch_add(b, FIGURES_PAGE);
    return 0;
}

static void batch_done(struct batch *b) {
    free(b->key);
    free(b->script);
    free(b->name);
}

/* Draws them, and asks whether there are pictures. */
static int draw(const char *gnuplot, const char *dir, const struct batch *b, int64_t timeout_ns,
                struct buf *said, struct err *e) {
    char data_dir[PATH_MAX];
    size_t done = 0;
    int n = snprintf(data_dir, sizeof data_dir, "%s/data", dir);
    if (n < 0 || n >= (int)sizeof data_dir)
        return err_set(e, "the path of the figures is too long; use a shorter directory");
    if (gnuplot_run(gnuplot, data_dir, b->script, b->count, timeout_ns, said, &done, e) != 0) {
        remove_pictures(dir, b->key[done], NULL); /* it may be half there */
        return err_prefix(e, "cannot draw %s/%s", data_dir, b->script[done]);
    }
    for (size_t i = 0; i < b->count; i++)
        if (!has_bytes(dir, b->key[i], ".svg") || !has_bytes(dir, b->key[i], ".png"))
            return err_set(e, "%s succeeded but created no figure %s/%s", gnuplot, data_dir,
                           b->script[i]);
    return 0;
}

static int draw_all(const char *gnuplot, const char *dir, const struct document *d,
                    int64_t timeout_ns, struct figures_result *r, struct err *e) {
    struct batch b;
    struct buf said;
    buf_init(&said, TEXT_MAX);
    int result = batch_init(&b, d, e);
    if (result == 0)
        result = draw(gnuplot, dir, &b, timeout_ns, &said, e);
    snprintf(r->note, sizeof r->note, "%s", buf_text(&said));
    r->drawn = result == 0;
    buf_done(&said);
    batch_done(&b);
    return result;
}

int figures_draw(const char *dir, const struct document *d, const struct figures_options *o,
                 struct figures_result *r, struct err *e) {
    struct figures_result result = {.drawn = false};
    char gnuplot[PATH_MAX];
    if (prepare_all(dir, d, e) != 0)
        return -1;
    if (o != NULL && o->leave_out) {
        *r = result;
        return 0;
    }
    if (!gnuplot_find(gnuplot, sizeof gnuplot)) {
        result.gnuplot_missing = true;
        snprintf(result.note, sizeof result.note,
                 "no figures, because gnuplot is not installed (apt-get install gnuplot-nox)");
        *r = result;
        return 0;
    }
    int64_t timeout_ns = o != NULL && o->timeout_ns > 0 ? o->timeout_ns : TIMEOUT_NS;
    if (draw_all(gnuplot, dir, d, timeout_ns, &result, e) != 0)
        return -1;
    *r = result;
    return 0;
}
