#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "near.h"
#include "stats/spread.h"

/* Once through the stream, once from the array: both must give what the caller expects. */
static void spread_both(const int64_t *values, size_t n, struct spread_row *stream,
                        struct spread_row *array) {
    struct spread s = {.sum = 0};
    struct err e = {""};
    static int64_t copy[2000];
    assert_int_equal(spread_init(&s, &e), 0);
    for (size_t i = 0; i < n; i++)
        spread_count(&s, values[i]);
    assert_int_equal(spread_plan(&s, &e), 0);
    for (size_t i = n; i-- > 0;)
        spread_collect(&s, values[i]);
    assert_int_equal(spread_finish(&s, &e), 0);
    spread_row(&s, stream);
    spread_done(&s);
    for (size_t i = 0; i < n; i++)
        copy[i] = values[i];
    spread_of(copy, n, array);
}

/* 1000 squares, shuffled by a step of 7: by hand numpy's rule puts the median between 500^2 and
 * 501^2, the 95th at 0.95 * 999 = 949.05 and the 99th at 989.01; ranks of the interval:
 * test_interval.c. */
static void test_a_row(void **state) {
    (void)state;
    int64_t values[1000];
    for (int64_t i = 0; i < 1000; i++) {
        int64_t k = i * 7 % 1000 + 1;
        values[i] = k * k;
    }
    struct spread_row rows[2];
    spread_both(values, 1000, &rows[0], &rows[1]);
    for (int i = 0; i < 2; i++) {
        const struct spread_row *r = &rows[i];
        assert_int_equal(r->count, 1000);
        assert_near(r->mean, 333833.5, 1e-6);
        assert_near(r->min, 1, 0);
        assert_near(r->max, 1e6, 0);
        assert_near(r->median, 250500.5, 1e-6);
        assert_near(r->low, 469.0 * 469, 0);
        assert_near(r->high, 532.0 * 532, 0);
        assert_near(r->p95, 950.0 * 950 + 0.05 * (951 * 951 - 950 * 950), 1e-6);
        assert_near(r->p99, 990.0 * 990 + 0.01 * (991 * 991 - 990 * 990), 1e-6);
        assert_near(r->tmr, r->p99 / 250500.5, 1e-9);
    }
}

static void test_few_values_support_little(void **state) {
    (void)state;
    static const int64_t values[] = {5, -3, 7, 9, 11};
    struct spread_row rows[2];
    spread_both(values, 1, &rows[0], &rows[1]);
    assert_near(rows[0].median, 5, 0);
    assert_true(isnan(rows[0].p95) && isnan(rows[0].low) && isnan(rows[0].tmr));
    spread_both(values, 5, &rows[0], &rows[1]);
    assert_near(rows[0].median, 7, 0);
    assert_near(rows[0].min, 0, 0); /* no time is negative */
    assert_true(isnan(rows[0].low));
    spread_both(values, 0, &rows[0], &rows[1]);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(rows[i].count, 0);
        assert_true(isnan(rows[i].mean) && isnan(rows[i].median) && isnan(rows[i].max));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_row),
        cmocka_unit_test(test_few_values_support_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
