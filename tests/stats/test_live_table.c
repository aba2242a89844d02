/* live_table: counts and percentiles by endpoint, and a second of all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"
#include <pthread.h>

#include "stats/live_table.h"
#include "util/buf.h"
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

static void near_to(int64_t value, int64_t to) {
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
    near_to(r[1].recent.p50_us, 18000); /* seconds 15 to 19 */
    near_to(r[1].recent.p99_us, 20000);
    near_to(r[1].whole.p50_us, 10000);
    assert_float_equal(r[1].requests_per_second, 100, 1e-9);
    live_table_read(t, 40 * NS_PER_S, r);
    assert_int_equal(r[1].recent.p50_us, LIVE_NO_VALUE);
    assert_float_equal(r[1].requests_per_second, 0, 1e-9);
    near_to(r[1].whole.p50_us, 10000);
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
    near_to(s.ttft.p50_us, 250000);
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

/* `per_second` requests in each of the seconds [from, to), every tenth failed, all of the same
 * response time. */
static void feed(struct live_table *t, uint32_t endpoint, int64_t from, int64_t to, int per_second,
                 int64_t took_us) {
    for (int64_t s = from; s < to; s++)
        for (int i = 0; i < per_second; i++) {
            struct request x =
                ended(endpoint, s * S + i, took_us, i % 10 == 0 ? OUTCOME_HTTP_ERROR : OUTCOME_OK);
            live_table_add(t, row_of, &x, 1);
        }
}

static void rates_are_of_whole_seconds_and_latecomers_count_in_the_totals(void **state) {
    (void)state;
    struct live_table *t = made();
    struct live_row r[3];
    live_table_read(t, 0, r);
    assert_int_equal(r[2].requests, 0);
    assert_near(r[2].requests_per_second, 0, 0);
    feed(t, 0, 0, 1, 40, 10000);
    live_table_read(t, NS_PER_S / 2, r); /* in the first second: what there is */
    assert_near(r[2].requests_per_second, 80, 1e-9);
    feed(t, 0, 1, 21, 100, 20000);
    feed(t, 0, 21, 22, 100, 900000); /* in progress, so not counted yet */
    live_table_read(t, 21 * NS_PER_S, r);
    assert_near(r[2].requests_per_second, 100, 1e-9);
    assert_near(r[2].failures_per_second, 10, 1e-9);
    near_to(r[2].recent.p95_us, 20000);
    feed(t, 0, 14, 15, 10, 1000); /* its slot belongs to second 22 or later by now */
    feed(t, 0, 22, 23, 10, 1000);
    feed(t, 0, 14, 15, 10, 1000);
    live_table_read(t, 23 * NS_PER_S, r);
    assert_int_equal(r[2].requests, 40 + 2000 + 100 + 30);
    assert_near(r[2].requests_per_second, 82, 1e-9);
    live_table_free(t);
    live_table_free(NULL);
}

/* As in reports: p95 needs 20 requests, p99 100; the median of one is that one. */
static void a_percentile_needs_enough_requests(void **state) {
    (void)state;
    static const struct {
        int requests;
        bool p95, p99;
    } cases[] = {{1, false, false},
                 {19, false, false},
                 {20, true, false},
                 {99, true, false},
                 {100, true, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct live_table *t = made();
        struct live_row r[3];
        struct live_second second;
        uint64_t bands = 0;
        feed(t, 0, 0, 1, cases[i].requests, 5000);
        live_table_read(t, NS_PER_S, r);
        near_to(r[2].whole.p50_us, 5000);
        assert_true((r[2].whole.p95_us != LIVE_NO_VALUE) == cases[i].p95);
        assert_true((r[2].whole.p99_us != LIVE_NO_VALUE) == cases[i].p99);
        assert_true((r[1].recent.p95_us != LIVE_NO_VALUE) == cases[i].p95);
        live_table_second(t, 0, &second, band, &bands);
        near_to(second.response.p99_us, 5000);
        live_table_free(t);
    }
}

static void *feeder(void *context) {
    feed(context, 0, 0, 10, 2000, 5000);
    return NULL;
}

static void a_reader_and_a_writer_at_once(void **state) {
    (void)state;
    struct live_table *t = made();
    struct live_row r[3];
    pthread_t thread;
    uint64_t before = 0;
    assert_int_equal(pthread_create(&thread, NULL, feeder, t), 0);
    for (int i = 0; i < 300; i++) {
        live_table_read(t, 10 * NS_PER_S, r);
        assert_true(r[2].requests >= before && r[2].requests == r[0].requests + r[1].requests);
        before = r[2].requests;
    }
    pthread_join(thread, NULL);
    live_table_read(t, 10 * NS_PER_S, r);
    assert_int_equal(r[2].requests, 20000);
    assert_near(r[2].requests_per_second, 2000, 1e-9);
    live_table_free(t);
}

static void join_all(struct live_table *whole, char *text) {
    struct err e = {""};
    for (char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        *end = '\0';
        assert_true(live_table_is_line(text));
        if (live_table_join(whole, text, &e) != 0)
            fail_msg("%s: %s", text, e.text);
    }
}

static void some_of_all(struct live_table *t, int64_t second, bool first, bool second_part) {
    const struct request odd[] = {ended(0, second * S, 7, OUTCOME_UNSENDABLE),
                                  ended(1, second * S, 7, OUTCOME_NOT_SENT),
                                  ended(2, second * S, 7, OUTCOME_CANCELLED)};
    if (first) {
        feed(t, 0, second, second + 1, 10, 3000);
        live_table_add(t, row_of, odd, 3);
    }
    if (second_part) {
        feed(t, 0, second, second + 1, 20, 40000 + second);
        feed(t, 1, second, second + 1, 30, 500);
        live_table_stream(t, 1, second * S + 5, 250000, 7);
        live_table_stream(t, 0, second * S + 5, REQUEST_NO_VALUE, 3);
    }
}

static void is_same(const struct live_table *one, const struct live_table *whole, bool rows) {
    struct live_row want[3], got[3];
    struct live_second a, b;
    uint64_t bands[2] = {0, 0};
    live_table_read((struct live_table *)(uintptr_t)one, 12 * NS_PER_S, want);
    live_table_read((struct live_table *)(uintptr_t)whole, 12 * NS_PER_S, got);
    for (size_t i = rows ? 0 : 2; i < 3; i++)
        assert_memory_equal(&want[i], &got[i], sizeof want[i]);
    live_table_second((struct live_table *)(uintptr_t)one, 10, &a, band, &bands[0]);
    live_table_second((struct live_table *)(uintptr_t)whole, 10, &b, band, &bands[1]);
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(bands[0] == bands[1] && bands[0] == 60);
}

static void parts_are_seen_as_the_whole_is(void **state) {
    (void)state;
    struct buf text;
    struct live_row sum;
    buf_init(&text, 1 << 20);
    for (int rows = 0; rows < 2; rows++) {
        struct live_table *one = made(), *whole = made(), *parts[2] = {made(), made()};
        uint64_t taken = 0;
        for (int64_t s = 0; s < 12; s++) {
            some_of_all(one, s, true, true);
            some_of_all(parts[0], s, true, false);
            some_of_all(parts[1], s, false, true);
            for (size_t i = 0; i < 2; i++) {
                buf_clear(&text);
                live_table_take(parts[i], rows != 0, &sum, &text);
                taken += sum.requests;
                assert_true((strstr(buf_text(&text), "all") != NULL) == (rows == 0));
                join_all(whole, text.data);
            }
        }
        is_same(one, whole, rows != 0);
        assert_int_equal(taken, 12 * 60);
        buf_clear(&text);
        live_table_take(parts[0], rows != 0, &sum, &text);
        assert_int_equal(text.len, 0); /* it was taken */
        assert_int_equal(sum.requests, 0);
        for (size_t i = 0; i < 2; i++)
            live_table_free(parts[i]);
        live_table_free(one);
        live_table_free(whole);
    }
    buf_done(&text);
}

static void what_is_no_line_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"row",
                                      "row 2 1 1 1 1 1 1 1 1 1 1 1 1",
                                      "row all 1 2 3",
                                      "row 0 1 2 3 4 5 6 7 8 9 10 11 12 1 1 1",
                                      "second 0",
                                      "second 9 1 1 0 0 5 0 0",
                                      "second 0 -1 1 0 0 5 0 0",
                                      "second 0 1 1 0 0 6 0 0",
                                      "second 0 1 1 0 0 5 9 3 1:1",
                                      "second 0 1 x 0 0 5 0 0",
                                      "ttft 0 x",
                                      "ttft 0 -3 5 0 0",
                                      "rows",
                                      ""};
    struct live_table *t = made();
    struct live_row r[3];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {""};
        if (live_table_join(t, bad[i], &e) == 0 || e.text[0] == '\0')
            fail_msg("accepted: %s", bad[i]);
    }
    live_table_read(t, NS_PER_S, r);
    assert_int_equal(r[2].requests, 0);
    live_table_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_have_their_own_requests_and_the_last_has_all),
        cmocka_unit_test(a_bound_counts_what_equals_it),
        cmocka_unit_test(recent_percentiles_forget_and_whole_ones_do_not),
        cmocka_unit_test(a_second_is_that_second),
        cmocka_unit_test(rates_are_of_whole_seconds_and_latecomers_count_in_the_totals),
        cmocka_unit_test(a_percentile_needs_enough_requests),
        cmocka_unit_test(a_reader_and_a_writer_at_once),
        cmocka_unit_test(parts_are_seen_as_the_whole_is),
        cmocka_unit_test(what_is_no_line_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
