/* locust_stats: what tests/report/test_locust_csv.c holds against Locust itself, here by hand where
 * Locust is not installed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "stats/locust_stats.h"

#define START INT64_C(1000000000) /* 1000 s since 1970 */
#define S INT64_C(1000000)

static struct locust_stats *make(size_t entries, bool current) {
    struct locust_stats *s = NULL;
    struct err e = {""};
    if (locust_stats_new(entries, START, current, &s, &e) != 0)
        fail_msg("%s", e.text);
    return s;
}

static void log_at(struct locust_stats *s, size_t entry, int64_t at_us, int64_t took_us,
                   uint32_t error) {
    struct err e = {""};
    struct request r = {.end_us = at_us,
                        .response_us = took_us,
                        .bytes_received = 10,
                        .outcome = error != 0 ? OUTCOME_HTTP_ERROR : OUTCOME_OK};
    if (locust_stats_log(s, entry, &r, error, &e) != 0)
        fail_msg("%s", e.text);
}

/* 1 request at 0.5 s, 2 at 1.x, 3 at 2.x ... of which one a second fails; the last ends at 14.5 s.
 * Locust averages the seconds [2, 12): 3 + 4 + ... + 12 = 75 in ten. */
static void test_current_rates(void **state) {
    (void)state;
    struct locust_stats *s = make(1, false);
    struct locust_row row;
    for (int64_t t = 0; t < 15; t++)
        for (int64_t i = 0; i <= t; i++)
            log_at(s, 0, t * S + S / 2, 1000, i == 0);
    locust_stats_row(s, 0, &row);
    assert_true(row.current_requests == 7.5);
    assert_true(row.current_failures == 1);
    assert_true(row.requests_per_second == 120 / 14.5);
    assert_int_equal(row.failures, 15);
    locust_stats_free(s);
}

/* Until 12 s have passed they begin with the run, and the two youngest seconds never count. */
static void test_current_rates_at_the_start(void **state) {
    (void)state;
    struct locust_stats *s = make(1, false);
    struct locust_row row;
    log_at(s, 0, 0, 1000, 0);
    log_at(s, 0, 2 * S, 1000, 0);
    locust_stats_row(s, LOCUST_TOTAL, &row);
    assert_true(row.current_requests == 0); /* [1000, 1000) is empty */
    log_at(s, 0, 4 * S, 1000, 0);
    locust_stats_row(s, LOCUST_TOTAL, &row);
    assert_true(row.current_requests == 0.5); /* one in [1000, 1002) */
    locust_stats_free(s);
}

/* Ten requests of 10 ms in the first second and ten of 200 ms later: at 20 s, the copy of 10 s ago
 * has the first ten. */
static void test_current_percentiles(void **state) {
    (void)state;
    struct locust_stats *s = make(1, true);
    int64_t ms[LOCUST_LEVELS];
    struct locust_row row;
    for (int i = 0; i < 10; i++)
        log_at(s, 0, S / 2, 10000, 0);
    for (int i = 0; i < 10; i++)
        log_at(s, 0, 11 * S + i, 200000, 0);
    locust_stats_row(s, 0, &row);
    assert_int_equal(row.ms[0], 200); /* rank int(20 * 0.5) */
    locust_stats_current(s, 0, START + 20 * S, ms);
    assert_int_equal(ms[0], 200);
    assert_int_equal(ms[LOCUST_LEVELS - 1], 200);
    /* At 11 s the wanted second is 1: the copy of 0 is next to it, the one of 10 too far, and
     * nothing is left out. */
    locust_stats_current(s, 0, START + 11 * S, ms);
    assert_int_equal(ms[0], 200);
    /* A minute later no copy is near enough. */
    locust_stats_current(s, 0, START + 80 * S, ms);
    assert_int_equal(ms[0], 0);
    locust_stats_free(s);
}

/* 12.4 ms rounds to 12, which is below the minimum: the median is the minimum then, a float. */
static void test_median_within_the_extremes(void **state) {
    (void)state;
    struct locust_stats *s = make(2, false);
    struct locust_row row;
    log_at(s, 0, S, 12400, 0);
    locust_stats_row(s, 0, &row);
    assert_true(row.median_exact && row.median_ms == 12.4);
    assert_int_equal(row.ms[0], 12);
    log_at(s, 0, S, 10000, 0);
    log_at(s, 0, S, 147000, 0);
    locust_stats_row(s, 0, &row);
    assert_true(!row.median_exact && row.median_ms == 12);
    assert_int_equal(row.ms[LOCUST_LEVELS - 1], 150);
    locust_stats_row(s, 1, &row);
    assert_false(row.called);
    locust_stats_free(s);
}

/* Every kind up to the ceiling has its own count; the rest share one. The clock does not go
 * back. */
static void test_kinds_of_errors(void **state) {
    (void)state;
    struct locust_stats *s = make(1, false);
    const struct locust_error *errors = NULL;
    for (uint32_t i = 1; i <= LOCUST_ERRORS_MAX + 5; i++)
        log_at(s, 0, i, 1000, i);
    log_at(s, 0, 0, 1000, 7);
    assert_int_equal(locust_stats_errors(s, &errors), LOCUST_ERRORS_MAX + 1);
    assert_int_equal(errors[6].error, 7);
    assert_int_equal(errors[6].count, 2);
    assert_int_equal(errors[6].first_us, START + 7);
    assert_int_equal(errors[6].last_us, START + LOCUST_ERRORS_MAX + 5);
    assert_int_equal(errors[LOCUST_ERRORS_MAX].error, LOCUST_ERROR_OTHERS);
    assert_int_equal(errors[LOCUST_ERRORS_MAX].count, 5);
    locust_stats_free(s);
    locust_stats_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_current_rates),
        cmocka_unit_test(test_current_rates_at_the_start),
        cmocka_unit_test(test_current_percentiles),
        cmocka_unit_test(test_median_within_the_extremes),
        cmocka_unit_test(test_kinds_of_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
