/* live_table: counts and percentiles by endpoint, and a second of all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stats/live_table.h"
#include "util/clock.h"

#define S (INT64_C(1000000))

static const uint32_t row_of[] = {1, 0, 1}; /* two endpoints share row 1 */

static struct request ended(uint32_t endpoint, int64_t end_us, int64_t took_us, int outcome) {
    return (struct request){.endpoint = endpoint,
                            .end_us = end_us,
                            .response_us = took_us,
                            .bytes_received = 10,
                            .outcome = (enum outcome)outcome};
}

static struct live_table *made(void) {
    struct live_table *t = NULL;
    struct err e = {""};
    if (live_table_new(2, &t, &e) != 0)
        fail_msg("%s", e.text);
    return t;
}

static void near(int64_t value, int64_t to) {
    if (llabs(value - to) * 100 > to * 2)
        fail_msg("%lld is not within 2 %% of %lld", (long long)value, (long long)to);
}

static void rows_have_their_own_requests_and_the_last_has_all(void **state) {
    (void)state;
    struct live_table *t = made();
    struct live_row r[3];
    const struct request x[] = {ended(0, S / 2, 900, OUTCOME_OK),
                                ended(2, S / 2, 2000, OUTCOME_HTTP_ERROR),
                                ended(1, 3 * S / 2, 70 * S, OUTCOME_TIMEOUT),
                                ended(1, S, 0, OUTCOME_NOT_SENT),
                                ended(0, S, 5, OUTCOME_CANCELLED),
                                ended(0, S, 0, OUTCOME_UNSENDABLE)};
    live_table_add(t, row_of, x, sizeof x / sizeof *x);
    live_table_read(t, 2 * NS_PER_S, r);
    assert_int_equal(r[1].requests, 2);
    assert_int_equal(r[1].failures, 1);
    assert_int_equal(r[1].unsendable, 1);
    assert_int_equal(r[1].cancelled, 1);
    assert_int_equal(r[1].sum_us, 2900);
    assert_int_equal(r[1].min_us, 900);
    assert_int_equal(r[1].max_us, 2000);
    assert_int_equal(r[0].requests, 1);
    assert_int_equal(r[0].dropped, 1);
    assert_int_equal(r[2].requests, 3);
    assert_int_equal(r[2].bytes_received, 30);
    /* Up to 1 ms; up to 2.5 ms; above a minute. */
    assert_int_equal(r[2].counts[0], 1);
    assert_int_equal(r[2].counts[1], 1);
    assert_int_equal(r[2].counts[LIVE_TABLE_BOUNDS], 1);
    assert_float_equal(r[2].requests_per_second, 1.5, 1e-9);
    assert_float_equal(r[1].failures_per_second, 0.5, 1e-9);
    assert_int_equal(r[0].ttft.p50_us, LIVE_NO_VALUE);
    live_table_free(t);
}

static void a_bound_counts_what_equals_it(void **state) {
    (void)state;
    struct live_table *t = made();
    struct live_row r[3];
    const struct request x[] = {ended(0, 0, 1000, OUTCOME_OK), ended(0, 0, 1001, OUTCOME_OK)};
    assert_int_equal(live_table_bounds_us[0], 1000);
    live_table_add(t, row_of, x, 2);
    live_table_read(t, NS_PER_S, r);
    assert_int_equal(r[1].counts[0], 1);
    assert_int_equal(r[1].counts[1], 1);
    live_table_free(t);
}

/* Times of second s are 1000 * (s + 1) and a hundredth more for each request. */
static void recent_percentiles_forget_and_whole_ones_do_not(void **state) {
    (void)state;
    struct live_table *t = made();
    struct live_row r[3];
    for (int64_t s = 0; s < 20; s++)
        for (int64_t i = 0; i < 100; i++) {
            struct request x = ended(0, s * S + i, 1000 * (s + 1), OUTCOME_OK);
            live_table_add(t, row_of, &x, 1);
        }
    live_table_read(t, 20 * NS_PER_S, r);
    near(r[1].recent.p50_us, 18000); /* seconds 15 to 19 */
    near(r[1].recent.p99_us, 20000);
    near(r[1].whole.p50_us, 10000);
    assert_float_equal(r[1].requests_per_second, 100, 1e-9);
    live_table_read(t, 40 * NS_PER_S, r);
    assert_int_equal(r[1].recent.p50_us, LIVE_NO_VALUE);
    assert_float_equal(r[1].requests_per_second, 0, 1e-9);
    near(r[1].whole.p50_us, 10000);
    assert_int_equal(r[1].requests, 2000);
    live_table_free(t);
}

static uint64_t in_bands;
static void band(void *context, int64_t from_us, uint64_t count) {
    (void)from_us;
    *(uint64_t *)context += count;
}

static void a_second_is_that_second(void **state) {
    (void)state;
    struct live_table *t = made();
    struct live_second s;
    const struct request x[] = {ended(0, 5 * S, 1000, OUTCOME_OK),
                                ended(1, 6 * S - 1, 3000, OUTCOME_RESET),
                                ended(1, 6 * S, 9000, OUTCOME_OK)};
    live_table_add(t, row_of, x, 3);
    live_table_stream(t, 0, 5 * S + 1, 250000, 40);
    live_table_stream(t, 0, 5 * S + 1, REQUEST_NO_VALUE, 0);
    live_table_second(t, 5, &s, band, &in_bands);
    assert_int_equal(s.requests, 2);
    assert_int_equal(s.failures, 1);
    assert_int_equal(s.tokens, 40);
    assert_int_equal(in_bands, 2);
    assert_int_equal(s.response.p50_us, 1000);
    near(s.ttft.p50_us, 250000);
    live_table_second(t, 4, &s, band, &in_bands);
    assert_int_equal(s.requests, 0);
    assert_int_equal(s.response.p50_us, LIVE_NO_VALUE);
    assert_int_equal(s.ttft.p50_us, LIVE_NO_VALUE);
    struct live_row r[3];
    live_table_read(t, 8 * NS_PER_S, r);
    assert_int_equal(r[0].streams, 2);
    assert_int_equal(r[0].tokens, 40);
    assert_float_equal(r[0].tokens_per_second, 8, 1e-9);
    live_table_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_have_their_own_requests_and_the_last_has_all),
        cmocka_unit_test(a_bound_counts_what_equals_it),
        cmocka_unit_test(recent_percentiles_forget_and_whole_ones_do_not),
        cmocka_unit_test(a_second_is_that_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
