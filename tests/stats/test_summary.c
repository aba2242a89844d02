#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "stats/summary.h"
#include "util/rng.h"
#include "vectors.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static struct summary *summarise(const struct request *samples, size_t n, size_t entries,
                                 enum summary_rule rule) {
    struct summary *s = NULL;
    assert_int_equal(summary_new(entries, rule, &s, NULL), 0);
    for (size_t i = 0; i < n; i++)
        summary_count(s, samples[i].endpoint, &samples[i]);
    assert_int_equal(summary_plan(s, true, NULL), 0);
    for (size_t i = 0; i < n; i++)
        summary_collect(s, samples[i].endpoint, &samples[i]);
    assert_int_equal(summary_finish(s, NULL), 0);
    return s;
}

/* Each set of vectors.h is an entry, so the aggregated row goes over all of them. */
static size_t vector_samples(struct request *out) {
    size_t k = 0;
    for (size_t i = 0; i < COUNT(set_size); i++)
        for (size_t j = 0; j < set_size[i]; j++, k++)
            out[k] = (struct request){.endpoint = (uint32_t)i,
                                      .end_us = 1,
                                      .response_us = set_us[k],
                                      .service_us = set_us[k]};
    return k;
}

static void test_exact_percentiles(void **state) {
    (void)state;
    static struct request samples[COUNT(set_us)];
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
    static struct request samples[COUNT(set_us)];
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
#define NONE REQUEST_NO_VALUE
#define ROW(entry, word, end, response, service, bytes)                                            \
    {                                                                                              \
        .endpoint = entry, .outcome = OUTCOME_##word, .end_us = end, .response_us = response,      \
        .service_us = service, .bytes_received = bytes                                             \
    }
static const struct request four[] = {
    ROW(0, OK, 500000, 10000, 10000, 48),      ROW(0, OK, 1500000, 20000, 20000, 48),
    ROW(0, NOT_SENT, NONE, NONE, NONE, 0),     ROW(0, TIMEOUT, 2000000, 60000, 60000, 0),
    ROW(1, CANCELLED, 9000000, NONE, NONE, 5), ROW(1, UNSENDABLE, 9500000, NONE, NONE, 0),
    ROW(1, OK, 1000000, 100000, 30000, 100),
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
    assert_int_equal(row.unsendable, 1);
    assert_int_equal(row.failures, 1);
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

/* Rows by one reading, by two, and by one of which some endpoints need another: the same
 * numbers. */
static void test_what_is_kept_changes_no_number(void **state) {
    (void)state;
    static const size_t bytes[] = {0, 20000, 60000, SUMMARY_KEEP_BYTES};
    enum { ENTRIES = 3, ROWS = 30000 };
    static struct request rows[ROWS];
    struct summary_row want[ENTRIES + 1], got;
    struct rng r;
    size_t again = 0;
    rng_seed(&r, 3, 0);
    for (size_t i = 0; i < ROWS; i++) {
        int64_t us = (int64_t)(20000 * exp(rng_normal(&r)));
        rows[i] = (struct request){.endpoint = (uint32_t)rng_below(&r, ENTRIES),
                                   .end_us = (int64_t)i,
                                   .service_us = us,
                                   .response_us = i < ROWS / 2 ? us : us + (int64_t)(i % 7) * 1000};
    }
    for (size_t k = 0; k < COUNT(bytes); k++) {
        struct summary *s = NULL;
        assert_int_equal(summary_new(ENTRIES, SUMMARY_EXACT, &s, NULL), 0);
        summary_keep(s, bytes[k]);
        for (size_t i = 0; i < ROWS; i++)
            summary_count(s, rows[i].endpoint, &rows[i]);
        assert_int_equal(summary_plan(s, true, NULL), 0);
        again += summary_needs_collecting(s);
        for (size_t i = 0; i < ROWS && summary_needs_collecting(s); i++)
            summary_collect(s, rows[i].endpoint, &rows[i]);
        assert_int_equal(summary_finish(s, NULL), 0);
        for (size_t i = 0; i <= ENTRIES; i++) {
            summary_row(s, i == ENTRIES ? SUMMARY_AGGREGATED : i, 1000000,
                        k == 0 ? &want[i] : &got);
            if (k > 0)
                assert_memory_equal(&got, &want[i], sizeof got);
        }
        summary_free(s);
    }
    assert_int_equal(again, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_percentiles),
        cmocka_unit_test(test_locust_percentiles),
        cmocka_unit_test(test_counts_and_rates),
        cmocka_unit_test(test_service_times_part_from_response_times),
        cmocka_unit_test(test_locust_rates),
        cmocka_unit_test(test_distribution),
        cmocka_unit_test(test_what_is_kept_changes_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
