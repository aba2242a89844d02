#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "stats/series.h"

/* End and response time; the order is not that of the ends. By hand: second 0 holds 10 20 30 40
 * us·1000, second 2 one. */
static const int64_t rows[][2] = {
    {100000, 40000}, {2500000, 7000}, {999999, 10000}, {0, 20000}, {500000, 30000}, {1000000, -1},
};
#define ROWS (sizeof rows / sizeof *rows)

static void test_seconds_are_exact_in_any_order(void **state) {
    (void)state;
    struct series *s = NULL;
    assert_int_equal(series_new(&s, NULL), 0);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(series_count(s, rows[i][0], rows[i][1], i == 1, NULL), 0);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(series_collect(s, rows[i][0], rows[i][1], NULL), 0);
    assert_int_equal(series_finish(s, NULL), 0);
    assert_int_equal(series_seconds(s), 3);
    struct series_second second;
    series_at(s, 0, &second);
    assert_int_equal(second.requests, 4);
    assert_int_equal(second.failures, 0);
    assert_near(second.median_ms, 25, 1e-12);
    assert_near(second.p95_ms, 38.5, 1e-12); /* 0.95 * 3 = 2.85 */
    series_at(s, 1, &second);
    assert_int_equal(second.requests, 1); /* it has no time */
    assert_true(isnan(second.median_ms) && isnan(second.p95_ms));
    series_at(s, 2, &second);
    assert_int_equal(second.failures, 1);
    assert_near(second.median_ms, 7, 0);
    assert_near(second.p95_ms, 7, 0);
    series_free(s);
}

static void test_a_damaged_file_is_an_error(void **state) {
    (void)state;
    struct series *s = NULL;
    struct err e = {{0}};
    assert_int_equal(series_new(&s, NULL), 0);
    assert_int_equal(series_count(s, -5, 1, false, &e), -1);
    assert_int_equal(series_count(s, INT64_MAX, 1, false, &e), -1);
    assert_non_null(strstr(e.text, "damaged"));
    assert_int_equal(series_count(s, 5, 1, false, &e), 0);
    assert_int_equal(series_finish(s, &e), -1);
    assert_int_equal(series_collect(s, 5, 1, &e), 0);
    assert_int_equal(series_collect(s, 5, 1, &e), -1); /* one more than counted */
    assert_int_equal(series_collect(s, 1000005, 1, &e), -1);
    series_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seconds_are_exact_in_any_order),
        cmocka_unit_test(test_a_damaged_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
