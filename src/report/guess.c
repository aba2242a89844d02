#include "report/guess_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct work {
    struct reader *reader;
    const struct guess_signs *signs;
    struct guess *g;
    const struct summary *summary;
    const struct entries *entries;
    const double *median_us; /* by entry */
    struct guess_bins bins;
    struct guess_split split;
    struct spread spreads[POINTS_KINDS];
    struct err *e;
};

/* NAN: the endpoint has none. */
static double median_of(const struct work *w, size_t endpoint) {
    return endpoint < w->entries->endpoint_count ? w->median_us[w->entries->entry_of[endpoint]]
                                                 : (double)NAN;
}

/* A row that has a say. */
static bool counts(const struct work *w, const struct request *row) {
    return guess_may_count(row) && median_of(w, row->endpoint) > 0;
}

static int first_reading(void *context, const struct request *row) {
    struct work *w = context;
    if (counts(w, row))
        w->bins.rows[guess_has_sign(w->signs, row->new_connection, row->sent_us)]
                    [guess_bin(row->service_us, median_of(w, row->endpoint))]++;
    return 0;
}

struct adding {
    double *bins, median_us;
    double sign; /* -1: take away */
};

static void add_times(void *context, int64_t service_us, uint64_t count) {
    struct adding *a = context;
    if (service_us > 0)
        a->bins[guess_bin(service_us, a->median_us)] += a->sign * (double)count;
}

static bool add_entry(struct work *w, size_t entry, const struct summary *from, double sign) {
    struct adding a = {.bins = w->bins.rows[0], .median_us = w->median_us[entry], .sign = sign};
    return summary_each_service(from, entry, add_times, &a);
}

/* Fills the bins as first_reading() would. Returns false if what was gathered is not enough. */
static bool use_kept(struct work *w) {
    const struct guess_signs *g = w->signs;
    bool enough = !g->too_many;
    for (size_t i = 0; enough && i < w->entries->entry_count; i++)
        enough = !(w->median_us[i] > 0) ||
                 (add_entry(w, i, w->summary, 1) && add_entry(w, i, g->others, -1));
    if (!enough) {
        memset(&w->bins, 0, sizeof w->bins);
        return false;
    }
    for (const struct guess_aside *x = g->aside; x < g->aside + g->aside_count; x++) {
        double median_us = median_of(w, x->endpoint);
        if (median_us > 0 && guess_has_sign(w->signs, x->new_connection, x->sent_us)) {
            size_t bin = guess_bin(x->service_us, median_us);
            w->bins.rows[0][bin]--;
            w->bins.rows[1][bin]++;
        }
    }
    return true;
}

static bool convinces(struct work *w) {
    struct guess *g = w->g;
    if (!guess_convinces(&w->bins, &w->split))
        return false;
    g->split = w->split.mixture;
    g->expected_cold = w->split.expected_cold;
    g->expected_sd = w->split.expected_sd;
    g->slow = w->split.slow;
    g->slow_signs = w->split.slow_signs;
    return true;
}

static enum points_kind label(const struct work *w, const struct request *row) {
    bool sign = guess_has_sign(w->signs, row->new_connection, row->sent_us);
    return guess_kind(&w->split, row->service_us, median_of(w, row->endpoint), sign);
}

static int second_reading(void *context, const struct request *row) {
    struct work *w = context;
    if (!counts(w, row))
        return 0;
    enum points_kind kind = label(w, row);
    spread_count(&w->spreads[kind], row->service_us);
    if (w->g->points == NULL)
        return 0;
    return points_add(w->g->points, kind, row->sent_us, row->service_us, w->e);
}

static int third_reading(void *context, const struct request *row) {
    struct work *w = context;
    if (counts(w, row))
        spread_collect(&w->spreads[label(w, row)], row->service_us);
    return 0;
}

static int label_all(struct work *w) {
    for (size_t i = 0; i < POINTS_KINDS; i++)
        if (spread_init(&w->spreads[i], w->e) != 0)
            return -1;
    if (reader_scan_brief(w->reader, second_reading, w, w->e) != 0)
        return -1;
    for (size_t i = 0; i < POINTS_KINDS; i++)
        if (spread_plan(&w->spreads[i], w->e) != 0)
            return -1;
    if (reader_scan_brief(w->reader, third_reading, w, w->e) != 0)
        return -1;
    for (size_t i = 0; i < POINTS_KINDS; i++) {
        if (spread_finish(&w->spreads[i], w->e) != 0)
            return -1;
        spread_row(&w->spreads[i], &w->g->service[i]);
    }
    return 0;
}

int guess_new(struct reader *r, const struct guess_signs *signs, const struct summary *summary,
              const struct entries *entries, const double *median_us, bool figures,
              struct guess **out, struct err *e) {
    struct work *w = calloc(1, sizeof *w);
    struct guess *g = calloc(1, sizeof *g);
    int result = -1;
    if (w == NULL || g == NULL) {
        err_memory(e, "a report");
        goto out;
    }
    w->reader = r;
    w->signs = signs;
    w->g = g;
    w->summary = summary;
    w->entries = entries;
    w->median_us = median_us;
    w->e = e;
    if (!use_kept(w) && reader_scan_brief(r, first_reading, w, e) != 0)
        goto out;
    if (!convinces(w)) {
        *out = NULL;
        result = 0;
        goto out;
    }
    if ((figures && points_new(reader_run(r)->duration_us, &g->points, e) != 0) ||
        label_all(w) != 0)
        goto out;
    *out = g;
    g = NULL;
    result = 0;
out:
    guess_free(g);
    for (size_t i = 0; w != NULL && i < POINTS_KINDS; i++)
        spread_done(&w->spreads[i]);
    free(w);
    return result;
}

void guess_free(struct guess *g) {
    if (g == NULL)
        return;
    points_free(g->points);
    free(g);
}
