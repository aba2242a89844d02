#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "stats/quantile.h"

/* numpy.percentile([15, 20, 35, 40, 50], q) is 29.0 at 40, 15 at 0, 50 at 100, 48.0 at 95 (by hand:
 * 0.95 * 4 = 3.8). */
static void test_interpolates_like_numpy(void **state) {
    (void)state;
    int64_t v[] = {50, 20, 15, 40, 35};
    quantile_sort(v, 5);
    assert_near(quantile_sorted(v, 5, 0.40), 29, 1e-12);
    assert_near(quantile_sorted(v, 5, 0), 15, 0);
    assert_near(quantile_sorted(v, 5, 1), 50, 0);
    assert_near(quantile_sorted(v, 5, 0.95), 48, 1e-12);
    int64_t one[] = {7};
    quantile_sort(NULL, 0); /* UBSan watches */
    assert_near(quantile_sorted(one, 1, 0.5), 7, 0);
    int64_t two[] = {10, 20};
    assert_near(quantile_sorted(two, 2, 0.5), 15, 0);
}

/* Sizes and ranges on both sides of every choice that sorting may make. */
static void test_sorts_any_values(void **state) {
    (void)state;
    static const uint64_t masks[] = {0, 0xff, 0x3ffff, 0xff00ff, UINT64_MAX};
    static const int64_t starts[] = {0, -1000, INT64_MIN};
    static int64_t values[1000], counted[1000];
    uint64_t random = 1;
    for (size_t k = 0; k < 15 * 1000; k += 37) {
        size_t n = k % 1000;
        for (size_t i = 0; i < n; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            values[i] = (int64_t)((uint64_t)starts[k % 3] + (random >> 8 & masks[k % 5]));
            counted[i] = values[i];
        }
        quantile_sort(values, n);
        for (size_t i = 0; i < n; i++) { /* an insertion sort */
            int64_t x = counted[i];
            size_t at = i;
            for (; at > 0 && counted[at - 1] > x; at--)
                counted[at] = counted[at - 1];
            counted[at] = x;
        }
        assert_memory_equal(values, counted, n * sizeof *values);
    }
}

static void test_says_what_a_sample_supports(void **state) {
    (void)state;
    static const struct {
        double p;
        uint64_t least;
    } cases[] = {{0.5, 2},   {0.6, 3},    {0.7, 4},      {0.8, 5},        {0.9, 10},
                 {0.95, 20}, {0.99, 100}, {0.999, 1000}, {0.9999, 10000}, {1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(quantile_supported(cases[i].p, cases[i].least));
        assert_false(quantile_supported(cases[i].p, cases[i].least - 1));
    }
}

static void test_levels_step_as_in_hdrhistogram(void **state) {
    (void)state;
    static const double expected[] = {0,  10,   20, 30,   40, 50,   55,    60, 65,    70,
                                      75, 77.5, 80, 82.5, 85, 87.5, 88.75, 90, 91.25, 92.5};
    struct quantile_level levels[QUANTILE_LEVELS_MAX];
    size_t n = quantile_levels(1000000, levels);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_near(levels[i].percentile, expected[i], 1e-9);
        assert_near(levels[i].inverse, 100 / (100 - expected[i]), 1e-6);
    }
    for (size_t i = 1; i < n; i++)
        assert_true(levels[i].inverse > levels[i - 1].inverse);
    assert_near(levels[n - 1].percentile, 100, 0);
    assert_near(levels[n - 1].inverse, 1000000, 0);

    assert_int_equal(quantile_levels(0, levels), 0);
    assert_int_equal(quantile_levels(1, levels), 1);
    assert_near(levels[0].percentile, 100, 0);
    assert_int_equal(quantile_levels(2, levels), 6); /* 0 10 20 30 40 100 */
    assert_true(quantile_levels(UINT64_MAX, levels) <= QUANTILE_LEVELS_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interpolates_like_numpy),
        cmocka_unit_test(test_sorts_any_values),
        cmocka_unit_test(test_says_what_a_sample_supports),
        cmocka_unit_test(test_levels_step_as_in_hdrhistogram),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
