#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "stats/summary.h"
#include "vectors.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct summary *summarise(const struct summary_sample *samples, size_t n, size_t entries,
                                 enum summary_rule rule) {
    struct summary *s = NULL;
    assert_int_equal(summary_new(entries, rule, &s, NULL), 0);
    for (size_t i = 0; i < n; i++)
        summary_count(s, &samples[i]);
    assert_int_equal(summary_plan(s, true, NULL), 0);
    for (size_t i = 0; i < n; i++)
        summary_collect(s, &samples[i]);
    assert_int_equal(summary_finish(s, NULL), 0);
    return s;
}

/* Each set of vectors.h is an entry, so the aggregated row goes over all of them. */
static size_t vector_samples(struct summary_sample *out) {
    size_t k = 0;
    for (size_t i = 0; i < COUNT(set_size); i++)
        for (size_t j = 0; j < set_size[i]; j++, k++)
            out[k] = (struct summary_sample){
                .entry = i, .end_us = 1, .response_us = set_us[k], .service_us = set_us[k]};
    return k;
}

static void test_exact_percentiles(void **state) {
    (void)state;
    static struct summary_sample samples[COUNT(set_us)];
    struct summary *s = summarise(samples, vector_samples(samples), COUNT(set_size), SUMMARY_EXACT);
    for (size_t i = 0; i < COUNT(set_size); i++) {
        struct summary_row row;
        summary_row(s, i, 1000000, &row);
        assert_int_equal(row.requests, set_size[i]);
        for (size_t k = 0; k < SUMMARY_LEVELS; k++) {
            bool shown = (size_t)(100 - summary_levels[k]) * set_size[i] >= 100 || k == 7;
            double want = set_exact_ms[i * SUMMARY_LEVELS + k];
            if (shown)
                assert_near(row.response_ms[k], want, want * 1e-12);
            assert_int_equal(isnan(row.response_ms[k]), !shown);
            assert_int_equal(isnan(row.service_ms[k]), !shown);
        }
    }
    assert_false(summary_times_differ(s));
    summary_free(s);
}

static void test_locust_percentiles(void **state) {
    (void)state;
    (void)round_us, (void)round_ms;
    static struct summary_sample samples[COUNT(set_us)];
    struct summary *s =
        summarise(samples, vector_samples(samples), COUNT(set_size), SUMMARY_LOCUST);
    for (size_t i = 0; i < COUNT(set_size); i++) {
        struct summary_row row;
        summary_row(s, i, 1000000, &row);
        for (size_t k = 0; k < SUMMARY_LEVELS; k++)
            assert_near(row.response_ms[k], (double)set_locust_ms[i * SUMMARY_LEVELS + k], 0);
        assert_near(row.median_ms, set_locust_median_ms[i], 1e-9);
    }
    summary_free(s);
}

/* By hand: entry 0 has 10, 20 and a failed 60 ms; entry 1 one of 30 ms that waited 70 ms before it
 * was sent. */
static const struct summary_sample four[] = {
    {0, OUTCOME_OK, 500000, 10000, 10000, 48},
    {0, OUTCOME_OK, 1500000, 20000, 20000, 48},
    {0, OUTCOME_NOT_SENT, INT64_MIN, INT64_MIN, INT64_MIN, 0},
    {0, OUTCOME_TIMEOUT, 2000000, 60000, 60000, 0},
    {1, OUTCOME_CANCELLED, 9000000, INT64_MIN, INT64_MIN, 5},
    {1, OUTCOME_OK, 1000000, 100000, 30000, 100},
};

static void test_counts_and_rates(void **state) {
    (void)state;
    struct summary *s = summarise(four, COUNT(four), 3, SUMMARY_EXACT);
    struct summary_row row;
    summary_row(s, 0, 4000000, &row);
    assert_int_equal(row.requests, 3);
    assert_int_equal(row.failures, 1);
    assert_int_equal(row.not_sent, 1);
    assert_int_equal(row.cancelled, 0);
    assert_near(row.average_ms, 30, 1e-12);
    assert_near(row.min_ms, 10, 0);
    assert_near(row.max_ms, 60, 0);
    assert_near(row.median_ms, 20, 0);
    assert_near(row.average_size_bytes, 32, 0);
    assert_near(row.requests_per_second, 0.75, 1e-12);
    assert_near(row.failures_per_second, 0.25, 1e-12);
    summary_row(s, SUMMARY_AGGREGATED, 4000000, &row);
    assert_int_equal(row.requests, 4);
    assert_int_equal(row.not_sent, 1);
    assert_int_equal(row.cancelled, 1);
    assert_near(row.average_ms, 47.5, 1e-12);
    assert_near(row.max_ms, 100, 0);
    assert_near(row.average_size_bytes, 49, 0);
    assert_near(row.requests_per_second, 1, 1e-12);
    summary_row(s, 2, 4000000, &row); /* never called */
    assert_int_equal(row.requests, 0);
    assert_true(isnan(row.average_ms) && isnan(row.min_ms) && isnan(row.average_size_bytes));
    assert_true(isnan(row.response_ms[SUMMARY_LEVELS - 1]));
    assert_near(row.requests_per_second, 0, 0);
    summary_free(s);
}

static void test_service_times_part_from_response_times(void **state) {
    (void)state;
    struct summary *s = summarise(four, COUNT(four), 3, SUMMARY_EXACT);
    struct summary_row row;
    assert_true(summary_times_differ(s));
    summary_row(s, SUMMARY_AGGREGATED, 4000000, &row);
    assert_near(row.response_ms[0], 40, 1e-12); /* 10 20 60 100 */
    assert_near(row.service_ms[0], 25, 1e-12);  /* 10 20 30 60 */
    assert_near(row.response_ms[7], 100, 0);
    assert_near(row.service_ms[7], 60, 0);
    summary_row(s, 1, 4000000, &row);
    assert_near(row.service_ms[7], 30, 0);
    summary_free(s);
}

/* Locust divides by the time from the start to the last end of all: 2 s here, not the 4 s of the
 * run. */
static void test_locust_rates(void **state) {
    (void)state;
    struct summary *s = summarise(four, COUNT(four), 3, SUMMARY_LOCUST);
    struct summary_row row;
    summary_row(s, 1, 4000000, &row);
    assert_near(row.requests_per_second, 0.5, 1e-12);
    summary_row(s, SUMMARY_AGGREGATED, 4000000, &row);
    assert_near(row.requests_per_second, 2, 1e-12);
    assert_near(row.failures_per_second, 0.5, 1e-12);
    summary_free(s);
}

static void test_distribution(void **state) {
    (void)state;
    struct summary *s = summarise(four, COUNT(four), 3, SUMMARY_LOCUST);
    struct quantile_level levels[QUANTILE_LEVELS_MAX];
    double ms[QUANTILE_LEVELS_MAX];
    size_t n = summary_distribution(s, SUMMARY_AGGREGATED, levels, ms);
    assert_int_equal(n, 11); /* 0 10 20 30 40 50 55 60 65 70, and 100 for four values */
    assert_near(ms[0], 10, 0);
    assert_near(ms[5], 40, 1e-12);
    assert_near(ms[n - 1], 100, 0);
    assert_int_equal(summary_distribution(s, 2, levels, ms), 0);
    summary_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_percentiles),
        cmocka_unit_test(test_locust_percentiles),
        cmocka_unit_test(test_counts_and_rates),
        cmocka_unit_test(test_service_times_part_from_response_times),
        cmocka_unit_test(test_locust_rates),
        cmocka_unit_test(test_distribution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
