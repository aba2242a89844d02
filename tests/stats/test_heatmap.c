#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "stats/heatmap.h"
#include "util/rng.h"

static struct heatmap *make(int64_t run_us) {
    struct heatmap *h = NULL;
    struct err e = {""};
    assert_int_equal(heatmap_new(run_us, &h, &e), 0);
    return h;
}

#define S INT64_C(1000000)

static void test_columns_are_round_and_few(void **state) {
    (void)state;
    static const struct {
        int64_t run_us, column_us;
        size_t columns;
    } cases[] = {
        {0, 1000, 1},
        {-5, 1000, 1},
        {1, 1000, 1},
        {150000, 1000, 150},
        {150001, 2000, 76},
        {12 * S, 100000, 120},
        {97 * S, 1 * S, 97},
        {150 * S, 1 * S, 150},
        {151 * S, 2 * S, 76},
        {3600 * S, 30 * S, 120},
        {86400 * S, 600 * S, 144},
        {150 * 86400 * S, 86400 * S, 150},
        {151 * 86400 * S, 2 * 86400 * S, 76},
        {INT64_MAX, 0, 0}, /* only that it fits */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct heatmap *h = make(cases[i].run_us);
        if (i + 1 < sizeof cases / sizeof *cases) {
            assert_int_equal(heatmap_column_us(h), cases[i].column_us);
            assert_int_equal(heatmap_columns(h), cases[i].columns);
        }
        assert_true(heatmap_columns(h) <= HEATMAP_COLUMNS_MAX);
        heatmap_free(h);
    }
    heatmap_free(NULL);
}

/* The only band that holds requests after one of that latency was added. */
static size_t band_of(int64_t latency_us) {
    struct heatmap *h = make(S);
    struct heatmap_rows rows;
    heatmap_add(h, 0, latency_us);
    heatmap_rows(h, 1000, &rows);
    assert_int_equal(rows.count, 1);
    assert_int_equal(rows.bands, 1);
    assert_int_equal(rows.highest, 1);
    heatmap_free(h);
    return rows.first;
}

/* 10^(1/80) = 1.02920, 10^(241/80) = 1029.20, 10^(79/80) = 9.716. */
static void test_edges_of_bands(void **state) {
    (void)state;
    assert_int_equal(band_of(0), 0);
    assert_int_equal(band_of(1), 0);
    assert_int_equal(band_of(9), 76); /* log10(9) = 0.95424: 76.3 of 80 */
    assert_int_equal(band_of(10), 80);
    assert_int_equal(band_of(999), 239);
    assert_int_equal(band_of(1000), 240);
    assert_int_equal(band_of(1029), 240);
    assert_int_equal(band_of(1030), 241);
    assert_int_equal(band_of(99999), 399);
    assert_int_equal(band_of(100000), 400);
    assert_int_equal(band_of(INT64_C(9999999999)), 799);
    assert_int_equal(band_of(INT64_MAX), 799);
    for (int64_t us = 1, band = 0; band < 800; us *= 10, band += 80)
        assert_int_equal(band_of(us), band);
}

/* Fields by comparing logarithms, for a random heap of requests. */
static void test_counts_beside_plain_counting(void **state) {
    (void)state;
    enum { N = 20000, COLUMNS = 120 };
    static int64_t at[N], took[N];
    struct rng r;
    struct heatmap *h = make(12 * S);
    struct heatmap_rows rows;
    rng_seed(&r, 5, 5);
    for (int i = 0; i < N; i++) {
        at[i] = (int64_t)rng_below(&r, 12 * S);
        took[i] = (int64_t)pow(10, 3 + 3 * (double)rng_below(&r, 1000000) / 1e6);
        heatmap_add(h, at[i], took[i]);
    }
    heatmap_rows(h, 60, &rows);
    assert_int_equal(rows.bands, 4); /* three decades are 240 bands: 60 rows of 4 */
    assert_in_range(rows.count, 59, 60);
    uint64_t sum = 0, most = 0;
    for (size_t y = 0; y < rows.count; y++)
        for (size_t x = 0; x < COLUMNS; x++) {
            uint64_t n = heatmap_at(h, &rows, x, y), expected = 0;
            double low = 3 + 0.05 * (double)y, high = low + 0.05;
            for (int i = 0; i < N; i++)
                expected += at[i] / 100000 == (int64_t)x && log10((double)took[i]) >= low - 1e-9 &&
                            log10((double)took[i]) < high - 1e-9;
            assert_int_equal(n, expected);
            sum += n;
            most = n > most ? n : most;
        }
    assert_int_equal(sum, N);
    assert_int_equal(rows.highest, most);
    assert_int_equal(lround(heatmap_edge_us(&rows, 0)), 1000);
    assert_int_equal(lround(heatmap_edge_us(&rows, 20)), 10000);
    heatmap_free(h);
}

static void test_the_ends(void **state) {
    (void)state;
    struct heatmap *h = make(10 * S);
    struct heatmap_rows rows;
    heatmap_rows(h, 60, &rows);
    assert_int_equal(rows.count, 0);
    assert_int_equal(rows.highest, 0);
    heatmap_add(h, 5, -1); /* has no time */
    heatmap_rows(h, 60, &rows);
    assert_int_equal(rows.count, 0);
    heatmap_add(h, -3, 1000);
    heatmap_add(h, 10 * S, 1000);
    heatmap_add(h, INT64_MAX, 1000);
    heatmap_rows(h, 60, &rows);
    assert_int_equal(heatmap_at(h, &rows, 0, 0), 1);
    assert_int_equal(heatmap_at(h, &rows, heatmap_columns(h) - 1, 0), 2);
    heatmap_add(h, 0, 0);
    heatmap_add(h, 0, INT64_MAX);
    for (size_t rows_max = 1; rows_max < 900; rows_max += 7) {
        heatmap_rows(h, rows_max, &rows);
        assert_in_range(rows.count, 1, rows_max);
        uint64_t sum = 0;
        for (size_t y = 0; y < rows.count; y++)
            for (size_t x = 0; x < heatmap_columns(h); x++)
                sum += heatmap_at(h, &rows, x, y);
        assert_int_equal(sum, 5);
    }
    heatmap_free(h);
}

static void test_levels_are_powers_of_two(void **state) {
    (void)state;
    struct heatmap_levels l;
    heatmap_levels(0, 12, &l);
    assert_int_equal(l.count, 0);
    heatmap_levels(1, 12, &l);
    assert_int_equal(l.count, 1);
    heatmap_levels(81, 12, &l); /* 1, 2-3, 4-7, 8-15, 16-31, 32-63, 64-81 */
    assert_int_equal(l.count, 7);
    assert_int_equal(heatmap_level(&l, 1), 0);
    assert_int_equal(heatmap_level(&l, 3), 1);
    assert_int_equal(heatmap_level(&l, 4), 2);
    assert_int_equal(heatmap_level(&l, 63), 5);
    assert_int_equal(heatmap_level(&l, 64), 6);
    assert_int_equal(heatmap_level_from(&l, 6), 64);
    heatmap_levels(100000, 12, &l); /* 17 orders: two to a level */
    assert_int_equal(l.step, 2);
    assert_int_equal(l.count, 9);
    assert_int_equal(heatmap_level(&l, 3), 0);
    assert_int_equal(heatmap_level(&l, 4), 1);
    assert_int_equal(heatmap_level_from(&l, 8), 65536);
    heatmap_levels(UINT64_MAX, 1, &l);
    assert_int_equal(l.count, 1);
    assert_int_equal(heatmap_level(&l, UINT64_MAX), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns_are_round_and_few),    cmocka_unit_test(test_edges_of_bands),
        cmocka_unit_test(test_counts_beside_plain_counting), cmocka_unit_test(test_the_ends),
        cmocka_unit_test(test_levels_are_powers_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
