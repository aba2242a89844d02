/* Cold starts by the client alone. That they are near the truth: tests/cli/server_report.bats. */
#include "report/fixture.h"

#include "report/counted.h"
#include "report/guess_live.h"

#define SECONDS 62

/* Two endpoints, 300 requests each; every 20th is slow and on a new connection, every 30th fails. */
static void make_file(void) {
    struct record *r = NULL;
    struct err e = {""};
    const struct record_run run = {.name = "test",
                                   .started_real_ns = INT64_C(1764000000000000000),
                                   .users_max = 10,
                                   .scenario = "{}",
                                   .target = "http://127.0.0.1:8080",
                                   .version = "0.1.0",
                                   .catalog = &catalog,
                                   .worker_count = 1};
    struct rng rng;
    rng_seed(&rng, 1, 0);
    unlink(in_dir("guess.db"));
    assert_ok(record_open(in_dir("guess.db"), &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    for (int i = 0; i < 600; i++) {
        bool slow = i % 20 == 0, failed = i % 30 == 7;
        int64_t took_us = (slow ? 2000000 : 20000 + i % 2 * 3000) + (int64_t)rng_below(&rng, 5000);
        struct sample x = {.endpoint = i % 2 == 0 ? 0 : 3,
                           .status = failed ? 500 : 200,
                           .outcome = failed ? OUTCOME_HTTP_ERROR : OUTCOME_OK,
                           .flags = slow ? SAMPLE_NEW_CONNECTION : 0,
                           .ttfb_us = SAMPLE_NO_TTFB,
                           .intended_ns = SAMPLE_NO_TIME,
                           .sent_ns = i * INT64_C(100000000)};
        x.end_ns = x.sent_ns + took_us * 1000;
        assert_true(queue_push(record_queue(r, 0), &x));
    }
    const struct record_end end = {
        .duration_ns = SECONDS * NS_PER_S, .verdict = "VALID", .verdict_reason = "of a test"};
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &end, &e), e);
}

static int add(void *context, const struct request *x) {
    return counted_add(context, x, NULL);
}

static int collect(void *context, const struct request *x) {
    struct counted *c = context;
    summary_collect(c->summary, c->entries.entry_of[x->endpoint], x);
    return 0;
}

/* keep_bytes 0: the summary keeps no times, so the guess has to read the rows. */
static struct guess *guess_of(struct reader *reader, size_t keep_bytes) {
    const struct catalog *of = reader_catalog(reader);
    const struct counted_options o = {.rule = SUMMARY_EXACT, .guess = true};
    struct counted *c = NULL;
    struct guess *g = NULL;
    struct err e = {""};
    double median_us[8];
    assert_ok(counted_new(of->endpoints, of->endpoint_count, &o, &c, &e), e);
    summary_keep(c->summary, keep_bytes);
    assert_ok(reader_scan_brief(reader, add, c, &e), e);
    assert_ok(summary_plan(c->summary, false, &e), e);
    assert_int_equal(summary_needs_collecting(c->summary), keep_bytes == 0);
    if (keep_bytes == 0)
        assert_ok(reader_scan_brief(reader, collect, c, &e), e);
    assert_ok(summary_finish(c->summary, &e), e);
    for (size_t i = 0; i < c->entries.entry_count; i++) {
        struct summary_row row;
        summary_row(c->summary, i, SECONDS * US_PER_S, &row);
        median_us[i] = row.service_ms[0] * 1000;
    }
    assert_ok(guess_new(reader, c->signs, c->summary, &c->entries, median_us, false, &g, &e), e);
    counted_free(c);
    return g;
}

static void test_kept_times_and_another_reading_give_the_same(void **state) {
    (void)state;
    struct reader *reader = NULL;
    struct err e = {""};
    make_file();
    assert_ok(reader_open(in_dir("guess.db"), &reader, &e), e);
    struct guess *kept = guess_of(reader, SUMMARY_KEEP_BYTES), *read = guess_of(reader, 0);
    assert_non_null(kept);
    assert_non_null(read);
    assert_memory_equal(&kept->split, &read->split, sizeof kept->split);
    assert_memory_equal(kept->service, read->service, sizeof kept->service);
    /* 0, 20, ... 580; none of them failed, and 20 others did. */
    assert_int_equal(kept->slow, 30);
    assert_int_equal(kept->slow_signs, 30);
    assert_int_equal(read->slow, 30);
    assert_int_equal(read->slow_signs, 30);
    assert_int_equal(kept->service[POINTS_COLD].count, 30);
    assert_int_equal(kept->service[POINTS_WARM].count, 600 - 30 - 20);
    assert_true(kept->expected_cold == read->expected_cold);
    guess_free(kept);
    guess_free(read);
    reader_close(reader);
}

/* ---- while rows come ---- */

static int add_live(void *context, const struct request *x) {
    return guess_live_add(context, x, NULL);
}

struct found {
    size_t count;
    int64_t sent_us[64], service_us[64];
};

static void take(void *context, const struct guess_live_cold *x) {
    struct found *f = context;
    assert_true(f->count < 64);
    f->sent_us[f->count] = x->sent_us;
    f->service_us[f->count++] = x->service_us;
    /* Fast ones take 20 to 28 ms. */
    assert_true(x->median_us > 20000 && x->median_us < 28500);
}

static int count_cold(void *context, const struct request *x) {
    size_t *n = ((void **)context)[0];
    *n += guess_live_is_cold(((void **)context)[1], x);
    return 0;
}

static void test_rows_as_they_come_give_what_the_report_shows(void **state) {
    (void)state;
    struct reader *reader = NULL;
    struct guess_live *live = NULL;
    struct found f = {0};
    struct err e = {""};
    size_t cold = 0;
    make_file();
    assert_ok(reader_open(in_dir("guess.db"), &reader, &e), e);
    assert_ok(guess_live_new(catalog.endpoints, catalog.endpoint_count, 0, &live, &e), e);
    assert_false(guess_live_changed(live));
    assert_false(guess_live_fit(live));
    assert_ok(reader_scan_brief(reader, add_live, live, &e), e);
    assert_true(guess_live_changed(live));
    assert_true(guess_live_fit(live));
    assert_false(guess_live_changed(live));
    guess_live_each(live, take, &f);
    struct guess *whole = guess_of(reader, SUMMARY_KEEP_BYTES);
    assert_int_equal(f.count, whole->service[POINTS_COLD].count);
    /* 0, 20, ... 580, a tenth of a second each. */
    assert_int_equal(f.count, 30);
    for (size_t i = 0; i < f.count; i++) {
        assert_int_equal(f.sent_us[i], (int64_t)i * 2000000);
        assert_true(f.service_us[i] >= 2000000);
    }
    void *context[] = {&cold, live};
    assert_ok(reader_scan_brief(reader, count_cold, context, &e), e);
    assert_int_equal(cold, 30);
    guess_free(whole);
    guess_live_free(live);
    reader_close(reader);
}

/* What looks like two parts may be none later: then nothing is cold. */
static void test_later_rows_can_contradict(void **state) {
    (void)state;
    struct guess_live *live = NULL;
    struct found f = {0};
    struct err e = {""};
    assert_ok(guess_live_new(catalog.endpoints, 1, 0, &live, &e), e);
    for (int i = 0; i < 200; i++) {
        int64_t sent_us = i * 100000, took_us = (i < 5 ? 2000000 : 20000) + i % 7 * 1000;
        const struct request x = {.outcome = OUTCOME_OK,
                                  .status = 200,
                                  .new_connection = i < 5,
                                  .sent_us = sent_us,
                                  .end_us = sent_us + took_us,
                                  .service_us = took_us};
        assert_ok(guess_live_add(live, &x, &e), e);
    }
    assert_true(guess_live_fit(live));
    guess_live_each(live, take, &f);
    assert_int_equal(f.count, 5);
    /* Slow ones everywhere, on connections that are kept. */
    for (int i = 200; i < 1000; i++) {
        int64_t sent_us = i * 100000, took_us = 20000 + (int64_t)(i % 100) * 20000;
        const struct request x = {.outcome = OUTCOME_OK,
                                  .status = 200,
                                  .sent_us = sent_us,
                                  .end_us = sent_us + took_us,
                                  .service_us = took_us};
        assert_ok(guess_live_add(live, &x, &e), e);
    }
    assert_true(guess_live_changed(live));
    assert_false(guess_live_fit(live));
    f.count = 0;
    guess_live_each(live, take, &f);
    assert_int_equal(f.count, 0);
    guess_live_free(live);
}

/* 200 rows, every other one of the first ten on a new connection and 20 times slower; all of the
 * same scale. */
static size_t cold_above(int64_t above_us) {
    struct guess_live *live = NULL;
    struct found f = {0};
    struct err e = {""};
    assert_ok(guess_live_new(catalog.endpoints, 1, above_us, &live, &e), e);
    for (int i = 0; i < 200; i++) {
        bool slow = i < 10 && i % 2 == 0;
        int64_t sent_us = i * 100000, took_us = (slow ? 400000 : 20000) + i % 7 * 1000;
        const struct request x = {.outcome = OUTCOME_OK,
                                  .status = 200,
                                  .new_connection = slow,
                                  .sent_us = sent_us,
                                  .end_us = sent_us + took_us,
                                  .service_us = took_us};
        assert_ok(guess_live_add(live, &x, &e), e);
    }
    bool convinces = guess_live_fit(live);
    guess_live_each(live, take, &f);
    assert_int_equal(convinces, f.count > 0);
    guess_live_free(live);
    return f.count;
}

/* The slow ones take 400, 402, 404, 406 and 401 ms; the median of all is 23 ms, within 0.8 %. */
static void test_only_rows_far_above_their_median_are_cold(void **state) {
    (void)state;
    assert_int_equal(cold_above(0), 5);
    assert_int_equal(cold_above(376000), 5);
    assert_int_equal(cold_above(378500), 3);
    assert_int_equal(cold_above(390000), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_times_and_another_reading_give_the_same),
        cmocka_unit_test(test_rows_as_they_come_give_what_the_report_shows),
        cmocka_unit_test(test_later_rows_can_contradict),
        cmocka_unit_test(test_only_rows_far_above_their_median_are_cold),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
