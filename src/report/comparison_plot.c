/* The picture of a comparison: the shift of the whole distribution. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/comparison.h"
#include "report/figures.h"
#include "report/outfile.h"

/* Every percent, and two steps into the tail. */
enum { LEVELS = 101 };

static double level(int i) {
    return i < 99 ? (i + 1) / 100.0 : i == 99 ? 0.995 : 0.999;
}

/* A panel: a value for each percentile that the requests support; none if there is none. */
static int panel(struct figure *f, const struct comparison *c, const struct comparison_entry *x,
                 bool all, struct err *e) {
    struct compare_pair *pair = NULL;
    struct compare_result results[LEVELS];
    size_t supported[LEVELS], n = 0;
    if (comparison_pair(c, COMPARISON_OF_REQUESTS, all ? NULL : x->method, all ? NULL : x->name,
                        &pair, e) != 0)
        return -1;
    int result = 0;
    for (int i = 0; i < LEVELS && result == 0; i++) {
        struct compare_measure m = {COMPARE_QUANTILE, level(i)};
        result = compare_measure(pair, &m, &results[i], e);
        if (result == 0 && results[i].lack == COMPARE_ENOUGH && isfinite(results[i].ratio))
            supported[n++] = (size_t)i;
    }
    compare_pair_free(pair);
    if (result != 0 || n == 0)
        return result;
    struct figure_series *s = figure_add(f, n, e);
    if (s == NULL)
        return -1;
    s->label = strdup(all ? "All requests" : x->name);
    for (size_t i = 0; i < n; i++) {
        const struct compare_result *r = &results[supported[i]];
        s->x[i] = 100 * level((int)supported[i]);
        s->y[i] = 100 * (r->ratio - 1);
        s->low[i] = 100 * (r->ratio_low - 1);
        s->high[i] = 100 * (r->ratio_high - 1);
    }
    return s->label != NULL ? 0 : err_memory(e, "the figure");
}

/* Of many endpoints, those with the most requests. */
static bool has_panel(const struct comparison *c, size_t at) {
    size_t larger = 0;
    for (size_t i = 0; i + 1 < c->entry_count; i++)
        larger += c->entries[i].requests[1] > c->entries[at].requests[1] ||
                  (i < at && c->entries[i].requests[1] == c->entries[at].requests[1]);
    return larger < FIGURE_ENDPOINTS_MAX;
}

static int make(struct figure *f, const struct comparison *c, struct err *e) {
    size_t last = c->entry_count - 1;
    if (panel(f, c, &c->entries[last], true, e) != 0)
        return -1;
    for (size_t i = 0; i < last && last > 1; i++)
        if (has_panel(c, i) && panel(f, c, &c->entries[i], false, e) != 0)
            return -1;
    return figure_finish(f, e);
}

int comparison_draw(struct document *d, const char *dir, char note[512], struct err *e) {
    static const struct figure shift = {.key = "shift",
                                        .caption = {.text = "Change of each percentile"},
                                        .kind = FIGURE_SHIFT,
                                        .y_name = {.text = "Slower by (%)"},
                                        .empty = "too few requests"};
    struct figures_result drawn = {.drawn = false};
    char data_dir[PATH_MAX];
    note[0] = '\0';
    if (snprintf(data_dir, sizeof data_dir, "%s/data", dir) >= (int)sizeof data_dir)
        return err_set(e, "the path of the figure is too long");
    int result = outfile_directory(data_dir, e);
    struct figure *f = result == 0 ? document_add_figure(d, &shift, e) : NULL;
    result = f == NULL || make(f, d->of, e) != 0 ? -1 : figures_draw(dir, d, NULL, &drawn, e);
    snprintf(note, 512, "%s",
             drawn.gnuplot_missing
                 ? "no figure, because gnuplot is not installed (apt-get install gnuplot-nox)"
                 : drawn.note);
    return result;
}
