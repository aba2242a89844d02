#include "report/figure_heat.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "report/csv_reader.h"
#include "report/figure_axis.h"
#include "report/heat_colours.h"
#include "stats/heatmap.h"

enum { FROM_S, TO_S, FROM_MS, TO_MS, REQUESTS, FIELDS };

struct field {
    double at[FIELDS];
};

struct fields {
    struct field *all;
    size_t n, cap;
    double seconds, low_ms, high_ms;
    uint64_t most;
};

static int add(struct fields *out, const struct field *x, struct err *e) {
    if (out->n == out->cap) {
        size_t more = out->cap == 0 ? 256 : out->cap * 2;
        struct field *grown = realloc(out->all, more * sizeof *grown);
        if (grown == NULL)
            return err_set(e, "out of memory for %zu fields", more);
        out->all = grown;
        out->cap = more;
    }
    out->all[out->n++] = *x;
    out->low_ms = fmin(out->low_ms, x->at[FROM_MS]);
    out->high_ms = fmax(out->high_ms, x->at[TO_MS]);
    if ((uint64_t)x->at[REQUESTS] > out->most)
        out->most = (uint64_t)x->at[REQUESTS];
    return 0;
}

static int take(const struct csv_reader *r, char *text[], struct fields *out, struct err *e) {
    struct field x;
    for (size_t i = 0; i < FIELDS; i++)
        if (csv_reader_number(r, text[i], &x.at[i], e) != 0)
            return -1;
    double end = isnan(x.at[TO_S]) ? x.at[FROM_S] : x.at[TO_S];
    if (!(x.at[FROM_S] >= 0 && end >= x.at[FROM_S] && end < 3660.0 * 86400))
        return err_set(e, "line %lld: not a time of a run", (long long)r->line);
    if (isnan(x.at[REQUESTS])) {
        out->seconds = fmax(out->seconds, x.at[FROM_S]);
        return 0;
    }
    if (!(x.at[FROM_MS] > 0 && x.at[TO_MS] > x.at[FROM_MS] && x.at[REQUESTS] >= 1 &&
          x.at[REQUESTS] < 1e18))
        return err_set(e, "line %lld: not a field of a heat map", (long long)r->line);
    return add(out, &x, e);
}

static int read_fields(char *csv, struct fields *out, struct err *e) {
    struct csv_reader r;
    char *text[FIELDS];
    int got;
    csv_reader_init(&r, csv);
    while ((got = csv_reader_next(&r, text, FIELDS, e)) == 1)
        if (r.line > 1 && take(&r, text, out, e) != 0)
            return -1;
    return got;
}

/* Each level has its colour, and a label where its counts begin. */
static void write_palette(const struct heatmap_levels *l, struct buf *out) {
    const size_t n = l->count == 0 ? 1 : l->count;
    buf_printf(out, "set palette maxcolors %zu\nset palette defined (", n == 1 ? 2 : n);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s%zu '%s'", i > 0 ? ", " : "", i, heat_colours_light[heat_colour(i, n)]);
    if (n == 1) /* gnuplot wants two */
        buf_printf(out, ", 1 '%s'", heat_colours_light[heat_colour(0, 1)]);
    buf_printf(out, ")\nset cbrange [0:%zu]\nset cbtics (", n);
    /* Of many every second one: there is no more room. */
    for (size_t i = 0; i<n; i += n> 8 ? 2 : 1)
        buf_printf(out, "%s'%llu' %zu", i > 0 ? ", " : "",
                   (unsigned long long)heatmap_level_from(l, i), i);
    buf_str(out, ")\n");
}

int figure_heat(char *csv, struct buf *settings, struct buf *data, struct err *e) {
    struct fields f = {.low_ms = HUGE_VAL};
    struct heatmap_levels levels;
    int result = -1;
    if (read_fields(csv, &f, e) != 0)
        goto done;
    heatmap_levels(f.most, HEAT_COLOURS, &levels);
    figure_axis_time(settings, (int64_t)ceil(fmax(f.seconds, 1)), 1);
    figure_axis_latency(settings, "Response time", f.n > 0 ? f.low_ms : 1,
                        f.n > 0 ? f.high_ms : 10);
    write_palette(&levels, settings);
    buf_printf(settings, "empty = %d\n", f.n == 0);
    buf_str(data, "# from_s to_s from_ms to_ms level\n");
    for (size_t i = 0; i < f.n; i++)
        buf_printf(data, "%.9g %.9g %.9g %.9g %zu\n", f.all[i].at[FROM_S], f.all[i].at[TO_S],
                   f.all[i].at[FROM_MS], f.all[i].at[TO_MS],
                   heatmap_level(&levels, (uint64_t)f.all[i].at[REQUESTS]));
    result = 0;
done:
    free(f.all);
    return result;
}
