#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"
#include <pthread.h>

#include "stats/live.h"
#include "util/clock.h"

/* `per_second` requests in each of the seconds [from, to), every tenth failed, all of the same
 * response time. */
static void feed(struct live *l, int64_t from, int64_t to, int per_second, int64_t response_ns) {
    for (int64_t s = from; s < to; s++)
        for (int i = 0; i < per_second; i++) {
            struct request x = {.end_us = s * 1000000 + i,
                                .response_us = response_ns / NS_PER_US,
                                .outcome = i % 10 == 0 ? OUTCOME_HTTP_ERROR : OUTCOME_OK};
            live_add(l, &x, 1);
        }
}

static void near(int64_t got_us, int64_t want_us) {
    assert_in_range(got_us, want_us - want_us / 128, want_us + want_us / 128);
}

static void test_window_moves_on(void **state) {
    (void)state;
    struct live *l = NULL;
    struct live_snapshot s;
    assert_int_equal(live_new(&l, NULL), 0);
    live_snapshot(l, 0, &s);
    assert_int_equal(s.requests, 0);
    assert_near(s.requests_per_second, 0, 0);
    assert_int_equal(s.p50_us, LIVE_NO_VALUE);

    feed(l, 0, 1, 40, 10 * NS_PER_MS);
    live_snapshot(l, NS_PER_S / 2, &s); /* in the first second: what there is */
    assert_near(s.requests_per_second, 80, 1e-9);
    near(s.p50_us, 10000);

    feed(l, 1, 20, 100, 20 * NS_PER_MS);
    live_snapshot(l, 20 * NS_PER_S, &s);
    assert_int_equal(s.requests, 40 + 1900);
    assert_int_equal(s.failures, 4 + 190);
    assert_near(s.requests_per_second, 100, 1e-9);
    assert_near(s.failures_per_second, 10, 1e-9);
    near(s.p50_us, 20000);
    near(s.p95_us, 20000);

    feed(l, 20, 21, 100, 900 * NS_PER_MS);
    feed(l, 21, 22, 100, NS_PER_MS);     /* under way, so not counted yet */
    live_snapshot(l, 21 * NS_PER_S, &s); /* a fifth of the window is slow now */
    near(s.p50_us, 20000);
    near(s.p95_us, 900000);
    assert_near(s.requests_per_second, 100, 1e-9);

    live_snapshot(l, 40 * NS_PER_S, &s); /* nothing came for long */
    assert_near(s.requests_per_second, 0, 0);
    assert_int_equal(s.p95_us, LIVE_NO_VALUE);
    assert_int_equal(s.requests, 2140);
    live_free(l);
}

static void test_latecomers_count_in_the_totals(void **state) {
    (void)state;
    struct live *l = NULL;
    struct live_snapshot s;
    assert_int_equal(live_new(&l, NULL), 0);
    feed(l, 30, 31, 10, NS_PER_MS);
    feed(l, 22, 23, 10, NS_PER_MS); /* shares a slot with second 30 */
    live_snapshot(l, 31 * NS_PER_S, &s);
    assert_int_equal(s.requests, 20);
    assert_near(s.requests_per_second, 2, 1e-9);
    live_free(l);
}

static void *feeder(void *context) {
    feed(context, 0, 10, 2000, 5 * NS_PER_MS);
    return NULL;
}

static void test_two_threads(void **state) {
    (void)state;
    struct live *l = NULL;
    struct live_snapshot s;
    pthread_t thread;
    assert_int_equal(live_new(&l, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, feeder, l), 0);
    uint64_t before = 0;
    for (int i = 0; i < 1000; i++) {
        live_snapshot(l, 10 * NS_PER_S, &s);
        assert_true(s.requests >= before);
        before = s.requests;
    }
    pthread_join(thread, NULL);
    live_snapshot(l, 10 * NS_PER_S, &s);
    assert_int_equal(s.requests, 20000);
    assert_near(s.requests_per_second, 2000, 1e-9);
    live_free(l);
    live_free(NULL);
}

/* Gives each line "second ..." of the text to the whole. */
static void join_all(struct live *whole, char *text) {
    struct err e = {""};
    for (char *end; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        *end = '\0';
        assert_memory_equal(text, "second ", 7);
        if (live_join(whole, text + 7, &e) != 0)
            fail_msg("%s", e.text);
    }
}

static void test_parts_are_seen_as_the_whole_is(void **state) {
    (void)state;
    struct live *one = NULL, *whole = NULL, *parts[2] = {NULL, NULL};
    struct live_snapshot want, got;
    struct buf text;
    struct err e = {""};
    buf_init(&text, 1 << 20);
    assert_int_equal(live_new(&one, NULL) | live_new(&whole, NULL) | live_new(&parts[0], NULL) |
                         live_new(&parts[1], NULL),
                     0);
    for (int64_t second = 0; second < 12; second++) {
        feed(one, second, second + 1, 10, 3 * NS_PER_MS);
        feed(one, second, second + 1, 20, 40 * NS_PER_MS);
        feed(parts[0], second, second + 1, 10, 3 * NS_PER_MS);
        feed(parts[1], second, second + 1, 20, 40 * NS_PER_MS);
        for (size_t i = 0; i < 2; i++) {
            buf_clear(&text);
            live_take(parts[i], &text);
            if (text.len > 0)
                join_all(whole, text.data);
        }
    }
    live_snapshot(one, 12 * NS_PER_S, &want);
    live_snapshot(whole, 12 * NS_PER_S, &got);
    assert_near(got.requests_per_second, 30, 1e-9);
    assert_true(got.p50_us == want.p50_us && got.p95_us == want.p95_us);
    buf_clear(&text);
    live_take(parts[0], &text);
    assert_int_equal(text.len, 0); /* it was taken */
    assert_int_equal(live_join(whole, "x 1 0 6 0 0", &e), -1);
    assert_int_equal(live_join(whole, "-1 1 0 6 0 0", &e), -1);
    assert_int_equal(live_join(whole, "1 0 0 6 0 0", &e), 0); /* too late: ignored */
    for (size_t i = 0; i < 2; i++)
        live_free(parts[i]);
    live_free(one);
    live_free(whole);
    buf_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_moves_on),
        cmocka_unit_test(test_latecomers_count_in_the_totals),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_parts_are_seen_as_the_whole_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
