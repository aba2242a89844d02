#include "stats/heatmap.h"
#include "util/clock.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct heatmap {
    int64_t column_us;
    size_t columns;
    int64_t edge_us[HEATMAP_BANDS + 1];
    uint64_t *counts; /* band by band, so that a row of a picture lies together */
};

/* Round lengths of time; beyond the last one days are added up. */
static int64_t choose_column_us(int64_t run_us) {
    static const int64_t round_ms[] = {
        1,      2,      5,       10,      20,      50,       100,      200,      500,
        1000,   2000,   5000,    10000,   15000,   30000,    60000,    120000,   300000,
        600000, 900000, 1800000, 3600000, 7200000, 10800000, 21600000, 43200000, 86400000};
    const size_t n = sizeof round_ms / sizeof *round_ms;
    for (size_t i = 0; i < n; i++)
        if (run_us <= round_ms[i] * US_PER_MS * HEATMAP_COLUMNS_MAX)
            return round_ms[i] * US_PER_MS;
    int64_t day_us = round_ms[n - 1] * US_PER_MS;
    return ((run_us - 1) / (day_us * HEATMAP_COLUMNS_MAX) + 1) * day_us;
}

int heatmap_new(int64_t run_us, struct heatmap **out, struct err *e) {
    struct heatmap *h = calloc(1, sizeof *h);
    if (h == NULL)
        return err_memory(e, "a heat map");
    if (run_us < 1)
        run_us = 1;
    h->column_us = choose_column_us(run_us);
    h->columns = (size_t)((run_us - 1) / h->column_us) + 1;
    assert(h->columns >= 1 && h->columns <= HEATMAP_COLUMNS_MAX);
    h->counts = calloc((size_t)HEATMAP_COLUMNS_MAX * HEATMAP_BANDS, sizeof *h->counts);
    if (h->counts == NULL) {
        free(h);
        return err_memory(e, "a heat map");
    }
    for (size_t i = 0; i <= HEATMAP_BANDS; i++) {
        double exact = pow(10, (double)i / HEATMAP_BANDS_PER_DECADE);
        /* Whole decades must not move up by the last bit of pow(). */
        h->edge_us[i] = (int64_t)ceil(exact * (1 - 1e-12));
    }
    *out = h;
    return 0;
}

/* What was counted is in the columns of its time, but for what came after the last one of a length
 * that was too short. */
bool heatmap_resize(struct heatmap *h, int64_t run_us) {
    run_us = run_us < 1 ? 1 : run_us;
    size_t columns = (size_t)((run_us - 1) / h->column_us) + 1;
    if (choose_column_us(run_us) != h->column_us || columns > h->columns)
        return false;
    h->columns = columns;
    return true;
}

void heatmap_free(struct heatmap *h) {
    if (h == NULL)
        return;
    free(h->counts);
    free(h);
}

/* The last band whose lower edge is not above it. */
static size_t band_of(const struct heatmap *h, int64_t latency_us) {
    size_t lo = 0, hi = HEATMAP_BANDS;
    while (hi - lo > 1) {
        size_t middle = lo + (hi - lo) / 2;
        if (h->edge_us[middle] <= latency_us)
            lo = middle;
        else
            hi = middle;
    }
    return lo;
}

void heatmap_add(struct heatmap *h, int64_t at_us, int64_t latency_us) {
    if (latency_us < 0)
        return;
    size_t column = at_us <= 0 ? 0 : (size_t)(at_us / h->column_us);
    if (column >= h->columns)
        column = h->columns - 1;
    h->counts[band_of(h, latency_us) * HEATMAP_COLUMNS_MAX + column]++;
}

size_t heatmap_columns(const struct heatmap *h) {
    return h->columns;
}

int64_t heatmap_column_us(const struct heatmap *h) {
    return h->column_us;
}

static bool any(const struct heatmap *h, size_t band) {
    for (size_t i = 0; i < h->columns; i++)
        if (h->counts[band * HEATMAP_COLUMNS_MAX + i] > 0)
            return true;
    return false;
}

void heatmap_rows(const struct heatmap *h, size_t rows_max, struct heatmap_rows *out) {
    size_t low = 0, high = HEATMAP_BANDS;
    while (low < HEATMAP_BANDS && !any(h, low))
        low++;
    while (high > low && !any(h, high - 1))
        high--;
    *out = (struct heatmap_rows){0};
    if (low == high)
        return;
    for (out->bands = 1; out->bands <= HEATMAP_BANDS; out->bands++) {
        bool fits = HEATMAP_BANDS_PER_DECADE % out->bands == 0 ||
                    out->bands % HEATMAP_BANDS_PER_DECADE == 0;
        out->first = low / out->bands * out->bands;
        out->count = (high - out->first - 1) / out->bands + 1;
        if (fits && out->count <= rows_max)
            break;
    }
    for (size_t row = 0; row < out->count; row++)
        for (size_t column = 0; column < h->columns; column++) {
            uint64_t n = heatmap_at(h, out, column, row);
            out->highest = n > out->highest ? n : out->highest;
        }
}

uint64_t heatmap_at(const struct heatmap *h, const struct heatmap_rows *rows, size_t column,
                    size_t row) {
    uint64_t n = 0;
    size_t from = rows->first + row * rows->bands;
    assert(column < h->columns && row < rows->count);
    for (size_t band = from; band < from + rows->bands && band < HEATMAP_BANDS; band++)
        n += h->counts[band * HEATMAP_COLUMNS_MAX + column];
    return n;
}

double heatmap_edge_us(const struct heatmap_rows *rows, size_t row) {
    return pow(10, (double)(rows->first + row * rows->bands) / HEATMAP_BANDS_PER_DECADE);
}

static unsigned order_of(uint64_t count) {
    return 63 - (unsigned)__builtin_clzll(count);
}

void heatmap_levels(uint64_t highest, size_t levels_max, struct heatmap_levels *out) {
    *out = (struct heatmap_levels){.step = 1};
    if (highest == 0)
        return;
    while (order_of(highest) / out->step + 1 > levels_max && out->step < 64)
        out->step++;
    out->count = order_of(highest) / out->step + 1;
}

size_t heatmap_level(const struct heatmap_levels *l, uint64_t count) {
    assert(count > 0);
    return order_of(count) / l->step;
}

uint64_t heatmap_level_from(const struct heatmap_levels *l, size_t level) {
    assert(level * l->step < 64);
    return UINT64_C(1) << (level * l->step);
}
