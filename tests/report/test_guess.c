/* Cold starts by the client alone. That they are near the truth: tests/cli/server_report.bats. */
#include "report/fixture.h"

#include "report/counted.h"

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_times_and_another_reading_give_the_same),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
