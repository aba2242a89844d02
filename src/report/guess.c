#include "report/guess.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/clock.h"
#include "util/outcome.h"

#define PAUSE_SECONDS 10
#define SURE 0.95

/* Logarithms of 1/1000 to 1e6 times the median in steps of 1 %. */
#define BIN 0.01
#define LOWEST (-6.9)
#define BINS 2072

/* What convinces. */
#define REQUESTS_MIN 50
#define SLOW_MIN 3
#define SLOW_SHARE_MAX 0.5
#define DISTANCE_MIN 4.0      /* Ashman's D; 2 is where two parts begin to show */
#define BIC_GAIN_MIN 10.0     /* "very strong" in Raftery's words */
#define UNSURE_SHARE_MAX 0.02 /* of the requests may lie between the parts */

/* A row that may have a sign. */
struct aside {
    int64_t service_us, sent_us;
    uint32_t endpoint;
    bool new_connection;
};

struct guess_signs {
    uint8_t *answered; /* a bit a second: something was answered in it */
    size_t seconds;
    uint64_t rows, new_connections;
    struct summary *others; /* rows that have a time, but no say here */
    struct aside *aside;
    size_t aside_count, aside_room;
    bool too_many; /* more than GUESS_ASIDE_MAX; then there are none */
};

struct work {
    struct reader *reader;
    const struct guess_signs *signs;
    struct guess *g;
    const struct summary *summary;
    const struct entries *entries;
    const double *median_us; /* by entry */
    double bins[2][BINS];    /* without and with a sign */
    double x[BINS], all[BINS];
    bool new_is_a_sign;
    struct spread spreads[POINTS_KINDS];
    struct err *e;
};

/* NAN: the endpoint has none. */
static double median_of(const struct work *w, size_t endpoint) {
    return endpoint < w->entries->endpoint_count ? w->median_us[w->entries->entry_of[endpoint]]
                                                 : (double)NAN;
}

/* If its endpoint has a median. */
static bool may_count(const struct request *row) {
    return row->outcome == OUTCOME_OK && row->service_us > 0 && row->sent_us >= 0;
}

/* A row that has a say. */
static bool counts(const struct work *w, const struct request *row) {
    return may_count(row) && median_of(w, row->endpoint) > 0;
}

static int mark_second(struct guess_signs *g, int64_t end_us, struct err *e) {
    size_t second = (size_t)(end_us / US_PER_S);
    if (second / 8 >= g->seconds / 8) {
        if (second > (size_t)10000000)
            return err_set(e, "a request ended %zu seconds after the start; the file is damaged",
                           second);
        size_t more = (second / 8 + 1) * 2;
        uint8_t *grown = realloc(g->answered, more);
        if (grown == NULL)
            return err_set(e, "out of memory for a run of %zu seconds", second);
        memset(grown + g->seconds / 8, 0, more - g->seconds / 8);
        g->answered = grown;
        g->seconds = more * 8;
    }
    g->answered[second / 8] = (uint8_t)(g->answered[second / 8] | 1u << second % 8);
    return 0;
}

void guess_signs_free(struct guess_signs *g) {
    if (g == NULL)
        return;
    free(g->answered);
    free(g->aside);
    summary_free(g->others);
    free(g);
}

struct guess_signs *guess_signs_new(size_t entries) {
    struct guess_signs *g = calloc(1, sizeof *g);
    if (g != NULL && summary_new(entries, SUMMARY_EXACT, &g->others, NULL) == 0)
        return g;
    guess_signs_free(g);
    return NULL;
}

/* Nothing was answered in the second of sending and the PAUSE_SECONDS before it. */
static bool after_pause(const struct guess_signs *g, int64_t sent_us) {
    int64_t sent = sent_us / US_PER_S;
    for (int64_t s = sent; s >= 0 && s >= sent - PAUSE_SECONDS; s--)
        if ((size_t)s < g->seconds && (g->answered[s / 8] >> s % 8 & 1) != 0)
            return false;
    return true;
}

static int set_aside(struct guess_signs *g, const struct request *row, struct err *e) {
    if (g->aside_count == GUESS_ASIDE_MAX) {
        g->too_many = true;
        free(g->aside);
        g->aside = NULL;
        g->aside_count = g->aside_room = 0;
    }
    if (g->too_many)
        return 0;
    struct aside *all = array_room(g->aside, &g->aside_room, g->aside_count + 1, sizeof *all);
    if (all == NULL)
        return err_set(e, "out of memory for a report");
    g->aside = all;
    g->aside[g->aside_count++] = (struct aside){.service_us = row->service_us,
                                                .sent_us = row->sent_us,
                                                .endpoint = row->endpoint,
                                                .new_connection = row->new_connection};
    return 0;
}

/* Rows after it can only show that there was no pause, so none is missed. */
static bool may_have_sign(const struct guess_signs *g, const struct request *row) {
    return row->new_connection || after_pause(g, row->sent_us);
}

int guess_signs_add(struct guess_signs *g, size_t entry, const struct request *row, struct err *e) {
    g->rows += row->sent_us != READER_NO_VALUE;
    g->new_connections += row->new_connection;
    if (row->status != 0 && row->end_us >= 0 && mark_second(g, row->end_us, e) != 0)
        return -1;
    if (!may_count(row)) {
        summary_count(g->others, entry, row);
        return 0;
    }
    return may_have_sign(g, row) ? set_aside(g, row, e) : 0;
}

static bool has_sign(const struct work *w, bool new_connection, int64_t sent_us) {
    return (w->new_is_a_sign && new_connection) || after_pause(w->signs, sent_us);
}

static double slowness(int64_t service_us, double median_us) {
    return log((double)service_us / median_us);
}

static size_t bin_of(int64_t service_us, double median_us) {
    double at = (slowness(service_us, median_us) - LOWEST) / BIN;
    return at < 0 ? 0 : at >= BINS ? BINS - 1 : (size_t)at;
}

static int first_reading(void *context, const struct request *row) {
    struct work *w = context;
    if (counts(w, row))
        w->bins[has_sign(w, row->new_connection, row->sent_us)]
               [bin_of(row->service_us, median_of(w, row->endpoint))]++;
    return 0;
}

struct adding {
    double *bins, median_us;
    double sign; /* -1: take away */
};

static void add_times(void *context, int64_t service_us, uint64_t count) {
    struct adding *a = context;
    if (service_us > 0)
        a->bins[bin_of(service_us, a->median_us)] += a->sign * (double)count;
}

static bool add_entry(struct work *w, size_t entry, const struct summary *from, double sign) {
    struct adding a = {.bins = w->bins[0], .median_us = w->median_us[entry], .sign = sign};
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
        memset(w->bins, 0, sizeof w->bins);
        return false;
    }
    for (const struct aside *x = g->aside; x < g->aside + g->aside_count; x++) {
        double median_us = median_of(w, x->endpoint);
        if (median_us > 0 && has_sign(w, x->new_connection, x->sent_us)) {
            size_t bin = bin_of(x->service_us, median_us);
            w->bins[0][bin]--;
            w->bins[1][bin]++;
        }
    }
    return true;
}

static bool convinces(struct work *w) {
    struct guess *g = w->g;
    double *x = w->x, *all = w->all;
    double n = 0, slow[2] = {0, 0}, fast[2] = {0, 0}, unsure = 0, variance = 0;
    for (size_t i = 0; i < BINS; i++) {
        x[i] = LOWEST + ((double)i + 0.5) * BIN;
        all[i] = w->bins[0][i] + w->bins[1][i];
        n += all[i];
    }
    if (n < REQUESTS_MIN || !mixture_fit(x, all, BINS, BIN, &g->split))
        return false;
    for (size_t i = 0; i < BINS; i++) {
        double p = mixture_high(&g->split, x[i]);
        g->expected_cold += all[i] * p;
        variance += all[i] * p * (1 - p);
        for (int sign = 0; sign < 2; sign++) {
            slow[sign] += p >= SURE ? w->bins[sign][i] : 0;
            fast[sign] += p <= 1 - SURE ? w->bins[sign][i] : 0;
            unsure += p > 1 - SURE && p < SURE ? w->bins[sign][i] : 0;
        }
    }
    g->expected_sd = sqrt(variance);
    g->slow = (uint64_t)(slow[0] + slow[1]);
    g->slow_signs = (uint64_t)slow[1];
    const struct mixture *m = &g->split;
    double signs_of_slow = slow[1] / (slow[0] + slow[1]);
    double signs_of_fast = fast[1] / (fast[0] + fast[1]);
    return m->bic_one - m->bic_two >= BIC_GAIN_MIN && mixture_distance(m) >= DISTANCE_MIN &&
           m->high.mean - m->low.mean >= log(GUESS_RATIO_MIN) && m->high.weight < SLOW_SHARE_MAX &&
           slow[0] + slow[1] >= SLOW_MIN && unsure <= UNSURE_SHARE_MAX * n &&
           signs_of_slow >= 0.5 && signs_of_fast <= signs_of_slow / 2;
}

static enum points_kind label(const struct work *w, const struct request *row) {
    double p = mixture_high(&w->g->split, slowness(row->service_us, median_of(w, row->endpoint)));
    if (p <= 1 - SURE)
        return POINTS_WARM;
    return p >= SURE && has_sign(w, row->new_connection, row->sent_us) ? POINTS_COLD
                                                                       : POINTS_UNKNOWN;
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
        err_set(e, "out of memory for a report");
        goto out;
    }
    w->reader = r;
    w->signs = signs;
    w->g = g;
    w->summary = summary;
    w->entries = entries;
    w->median_us = median_us;
    w->e = e;
    /* Where most have a new connection it tells nothing. */
    w->new_is_a_sign = signs->new_connections * 2 < signs->rows;
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
