#include "report/guess_live.h"

#include <stdlib.h>
#include <string.h>

#include "report/entries.h"
#include "report/guess_internal.h"
#include "stats/hist.h"

#define SERVICE_BITS 6u
#define GROWTH 0.05

struct guess_live {
    struct entries entries;
    struct hist *service; /* by entry; without counts until its first row */
    double *median_us;    /* by entry; 0: none */
    int64_t above_us;
    struct guess_signs signs;
    struct guess_bins bins;
    struct guess_split split;
    bool convinces;
    uint64_t fitted_rows; /* of the last fit */
    size_t fitted_aside;
};

int guess_live_new(const struct endpoint *endpoints, size_t n, int64_t above_us,
                   struct guess_live **out, struct err *e) {
    struct guess_live *g = calloc(1, sizeof *g);
    if (g == NULL)
        return err_memory(e, "the guess of cold starts");
    g->above_us = above_us;
    g->service = calloc(n + 1, sizeof *g->service);
    g->median_us = calloc(n + 1, sizeof *g->median_us);
    if (g->service == NULL || g->median_us == NULL) {
        guess_live_free(g);
        return err_memory(e, "the guess of cold starts");
    }
    if (entries_init(&g->entries, endpoints, n, NULL, e) != 0) {
        guess_live_free(g);
        return -1;
    }
    *out = g;
    return 0;
}

void guess_live_free(struct guess_live *g) {
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->entries.entry_count; i++)
        hist_done(&g->service[i]);
    free(g->service);
    free(g->median_us);
    free(g->signs.answered);
    free(g->signs.aside);
    entries_done(&g->entries);
    free(g);
}

int guess_live_add(struct guess_live *g, const struct request *x, struct err *e) {
    if (x->endpoint >= g->entries.endpoint_count)
        return err_set(e, "a request belongs to no endpoint; the file is damaged");
    size_t entry = g->entries.entry_of[x->endpoint];
    struct hist *h = &g->service[entry];
    if (guess_may_count(x)) {
        if (h->counts == NULL && hist_init(h, SERVICE_BITS, e) != 0)
            return -1;
        hist_record(h, x->service_us);
    }
    return guess_signs_add(&g->signs, entry, x, e);
}

static double median_of(const struct guess_live *g, uint32_t endpoint) {
    return g->median_us[g->entries.entry_of[endpoint]];
}

static bool has_sign(const struct guess_live *g, const struct guess_aside *x) {
    return guess_has_sign(&g->signs, x->new_connection, x->sent_us);
}

static bool is_far_above(const struct guess_live *g, const struct guess_aside *x) {
    return (double)x->service_us >= median_of(g, x->endpoint) + (double)g->above_us;
}

/* Whether enough rows may be cold for the rule to convince, and one of them far enough above its
 * median. */
static bool is_worth_it(const struct guess_live *g) {
    size_t slow = 0, far = 0;
    for (size_t i = 0; i < g->signs.aside_count && (slow < GUESS_SLOW_MIN || far == 0); i++) {
        const struct guess_aside *x = &g->signs.aside[i];
        double least_us = GUESS_RATIO_MIN * median_of(g, x->endpoint);
        if ((double)x->service_us < least_us || !has_sign(g, x))
            continue;
        slow++;
        far += is_far_above(g, x);
    }
    return slow >= GUESS_SLOW_MIN && far > 0;
}

/* The time that stands for a bucket. */
static int64_t middle(const struct hist *h, size_t bucket) {
    return hist_bucket_lowest(h, bucket) + (int64_t)(hist_bucket_width(h, bucket) / 2);
}

static void fill_bins(struct guess_live *g) {
    memset(&g->bins, 0, sizeof g->bins);
    for (size_t i = 0; i < g->entries.entry_count; i++) {
        const struct hist *h = &g->service[i];
        for (size_t k = 0; h->counts != NULL && k < hist_buckets(SERVICE_BITS); k++)
            if (h->counts[k] > 0)
                g->bins.rows[0][guess_bin(middle(h, k), g->median_us[i])] += (double)h->counts[k];
    }
    for (size_t i = 0; i < g->signs.aside_count; i++) {
        const struct guess_aside *x = &g->signs.aside[i];
        const struct hist *h = &g->service[g->entries.entry_of[x->endpoint]];
        if (!has_sign(g, x))
            continue;
        size_t bin = guess_bin(middle(h, hist_bucket(h, x->service_us)), median_of(g, x->endpoint));
        g->bins.rows[0][bin]--;
        g->bins.rows[1][bin]++;
    }
}

bool guess_live_changed(const struct guess_live *g) {
    return g->signs.aside_count != g->fitted_aside ||
           (double)g->signs.rows > (1 + GROWTH) * (double)g->fitted_rows;
}

bool guess_live_fit(struct guess_live *g) {
    g->convinces = false;
    g->fitted_rows = g->signs.rows;
    g->fitted_aside = g->signs.aside_count;
    if (g->signs.too_many || g->signs.aside_count < GUESS_SLOW_MIN)
        return false;
    for (size_t i = 0; i < g->entries.entry_count; i++)
        if (g->service[i].counts != NULL)
            g->median_us[i] = (double)hist_quantile(&g->service[i], 0.5);
    if (!is_worth_it(g))
        return false;
    fill_bins(g);
    g->convinces = guess_convinces(&g->bins, &g->split);
    return g->convinces;
}

static bool is_cold(const struct guess_live *g, const struct guess_aside *x) {
    return is_far_above(g, x) && guess_kind(&g->split, x->service_us, median_of(g, x->endpoint),
                                            has_sign(g, x)) == POINTS_COLD;
}

bool guess_live_is_cold(const struct guess_live *g, const struct request *x) {
    const struct guess_aside row = {.service_us = x->service_us,
                                    .sent_us = x->sent_us,
                                    .endpoint = x->endpoint,
                                    .new_connection = x->new_connection};
    return g->convinces && guess_may_count(x) && x->endpoint < g->entries.endpoint_count &&
           median_of(g, x->endpoint) > 0 && is_cold(g, &row);
}

void guess_live_each(const struct guess_live *g, guess_live_fn *fn, void *context) {
    for (size_t i = 0; g->convinces && i < g->signs.aside_count; i++) {
        const struct guess_aside *x = &g->signs.aside[i];
        if (is_cold(g, x))
            fn(context, &(struct guess_live_cold){x->sent_us, x->service_us, x->endpoint,
                                                  median_of(g, x->endpoint)});
    }
}
