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
    assert_int_equal(series_new(1, &s, NULL), 0);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(series_count(s, rows[i][0], rows[i][1], i == 1, NULL), 0);
    assert_int_equal(series_plan(s, 1, NULL), 0);
    assert_false(series_needs_collecting(s));
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

/* Two seconds a step: step 0 holds 10 20 30 40 ms and one without a time, step 1 the 7 ms alone. */
static void check_steps(bool expected) {
    struct series *s = NULL;
    struct series_second x;
    assert_int_equal(series_new(expected ? 2 : 1, &s, NULL), 0);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(series_count(s, rows[i][0], rows[i][1], i == 1, NULL), 0);
    /* Second 1 gets 100 ms: the mean of the seconds' medians would be 62.5, that of the step is
     * 30. */
    assert_int_equal(series_count(s, 1999999, 100000, true, NULL), 0);
    assert_int_equal(series_plan(s, 2, NULL), 0);
    assert_int_equal(series_needs_collecting(s), !expected);
    assert_int_equal(series_collect(s, 1999999, 100000, NULL), 0);
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(series_collect(s, rows[i][0], rows[i][1], NULL), 0);
    assert_int_equal(series_finish(s, NULL), 0);
    assert_int_equal(series_step_seconds(s), 2);
    assert_int_equal(series_steps(s), 2);
    series_step_at(s, 0, &x);
    assert_int_equal(x.requests, 6);
    assert_int_equal(x.failures, 1);
    assert_near(x.median_ms, 30, 1e-12);
    assert_near(x.p95_ms, 88, 1e-12); /* 0.95 * 4 = 3.8 */
    series_step_at(s, 1, &x);
    assert_near(x.median_ms, 7, 0);
    series_at(s, 0, &x);
    assert_near(x.median_ms, 25, 1e-12);
    series_free(s);
}

static void test_a_step_is_of_all_its_requests(void **state) {
    (void)state;
    check_steps(true);
    check_steps(false);
}

/* The same rows in the order of their end, and as they may come: some too late, some into a second
 * that had been passed without any. */
static void test_late_requests_change_no_number(void **state) {
    (void)state;
    enum { SECONDS = 100, EACH = 50, SHOWN = SECONDS - 30 };
    static struct series_second want[SECONDS], steps[SECONDS];
    for (int late = 0; late < 3; late++) {
        struct series *s = NULL;
        assert_int_equal(series_new(5, &s, NULL), 0);
        for (int reading = 0; reading < 2; reading++) {
            for (int64_t at = 0; at < SECONDS * EACH; at++) {
                /* Every 11th request comes 20 s late; or all but those of one second do. */
                bool waits = late == 1 ? at % 11 == 0 : late == 2 && at / EACH % 30 == 7;
                if (waits)
                    continue;
                for (int back = late > 0 && at >= 20 * EACH ? 1 : 0; back >= 0; back--) {
                    int64_t i = at - back * 20 * EACH, us = i * 7919 % 100000;
                    bool waited = late == 1 ? i % 11 == 0 : late == 2 && i / EACH % 30 == 7;
                    if (back == 1 && !waited)
                        continue;
                    if (reading == 0)
                        assert_int_equal(series_count(s, i * 1000000 / EACH, us, false, NULL), 0);
                    else
                        assert_int_equal(series_collect(s, i * 1000000 / EACH, us, NULL), 0);
                }
            }
            if (reading == 0) {
                assert_int_equal(series_plan(s, 5, NULL), 0);
                assert_int_equal(series_needs_collecting(s), late > 0);
            }
        }
        assert_int_equal(series_finish(s, NULL), 0);
        for (size_t i = 0; i < SHOWN; i++) {
            struct series_second x;
            series_at(s, i, &x);
            if (late == 0)
                want[i] = x;
            else if (x.requests == EACH)
                assert_memory_equal(&x, &want[i], sizeof x);
            if (i >= SHOWN / 5)
                continue;
            series_step_at(s, i, &x);
            if (late == 0)
                steps[i] = x;
            else if (x.requests == 5 * EACH)
                assert_memory_equal(&x, &steps[i], sizeof x);
        }
        series_free(s);
    }
}

static void test_a_damaged_file_is_an_error(void **state) {
    (void)state;
    struct series *s = NULL;
    struct err e = {{0}};
    assert_int_equal(series_new(1, &s, NULL), 0);
    assert_int_equal(series_count(s, -5, 1, false, &e), -1);
    assert_int_equal(series_count(s, INT64_MAX, 1, false, &e), -1);
    assert_non_null(strstr(e.text, "damaged"));
    assert_int_equal(series_count(s, 5, 1, false, &e), 0);
    assert_int_equal(series_plan(s, 2, &e), 0);
    assert_int_equal(series_finish(s, &e), -1); /* another step wants another reading */
    assert_int_equal(series_collect(s, 5, 1, &e), 0);
    assert_int_equal(series_collect(s, 5, 1, &e), -1); /* one more than counted */
    assert_int_equal(series_collect(s, 1000005, 1, &e), -1);
    series_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seconds_are_exact_in_any_order),
        cmocka_unit_test(test_a_step_is_of_all_its_requests),
        cmocka_unit_test(test_late_requests_change_no_number),
        cmocka_unit_test(test_a_damaged_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
