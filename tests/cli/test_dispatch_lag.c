/* dispatch_lag: which requests count as late, and the rows by second that it leaves in a real run
 * file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/dispatch_lag.h"
#include "record/reader.h"
#include "util/clock.h"
#include "util/outcome.h"

static char path[64];

struct bench {
    struct record *record;
    struct dispatch_lag lag;
    struct reader_client seconds[16];
};

static void open_bench(struct bench *b) {
    struct err e;
    memset(b, 0, sizeof *b);
    snprintf(path, sizeof path, "/tmp/coldswarm-dispatch-lag-%d.db", (int)getpid());
    unlink(path);
    struct record_run run = {
        .name = "x", .scenario = "", .target = "", .version = "0", .worker_count = 1};
    assert_int_equal(record_open(path, &run, &b->record, &e), 0);
    assert_int_equal(dispatch_lag_init(&b->lag, b->record, &e), 0);
    assert_int_equal(record_start(b->record, &e), 0);
}

static void take(void *context, const struct reader_client *c) {
    struct bench *b = context;
    assert_true(c->second < 16);
    b->seconds[c->second] = *c;
}

/* Seconds without a row of the engine have none in the view, so it gets 16 of them. */
static void close_bench(struct bench *b, struct dispatch_lag_result *out) {
    struct err e;
    struct reader *r;
    assert_int_equal(record_stop(b->record, &e), 0);
    dispatch_lag_end(&b->lag, out);
    for (uint32_t i = 0; i < 16; i++)
        record_client(b->record, &(struct record_client){.second = i});
    struct record_end end = {.verdict = "VALID", .verdict_reason = ""};
    assert_int_equal(record_close(b->record, &end, &e), 0);
    dispatch_lag_done(&b->lag);
    assert_int_equal(reader_open(path, &r, &e), 0);
    assert_int_equal(reader_client(r, take, b, &e), 0);
    reader_close(r);
    unlink(path);
}

static struct request sent(int64_t at_ms, int64_t lag_us, int64_t took_ms) {
    return (struct request){.intended_us = at_ms * 1000 - lag_us,
                            .sent_us = at_ms * 1000,
                            .end_us = (at_ms + took_ms) * 1000,
                            .outcome = OUTCOME_OK};
}

static void feed(struct bench *b, struct request s) {
    dispatch_lag_feed(&b->lag, &s, 1);
}

static void only_the_clients_own_lateness_counts(void **state) {
    (void)state;
    struct bench b;
    struct dispatch_lag_result got;
    open_bench(&b);
    for (int64_t i = 0; i < 100; i++)
        feed(&b, sent(100 + i, i, 5)); /* 0 .. 99 us late */
    feed(&b, sent(300, 10000, 5));     /* 10 ms: not yet late */
    feed(&b, sent(301, 10001, 5));
    struct request waited = sent(400, 5000000, 5);
    waited.waited_for_user = true;
    feed(&b, waited);
    struct request unplanned = sent(500, 0, 5);
    unplanned.intended_us = REQUEST_NO_VALUE;
    feed(&b, unplanned);
    struct request never = {.intended_us = 600000,
                            .sent_us = REQUEST_NO_VALUE,
                            .end_us = REQUEST_NO_VALUE,
                            .outcome = OUTCOME_NOT_SENT};
    feed(&b, never);
    never.waited_for_user = true;
    feed(&b, never);
    /* Not to be built: the scenario's doing, however late. */
    struct request unsendable = {.intended_us = 600000,
                                 .sent_us = REQUEST_NO_VALUE,
                                 .end_us = 900000,
                                 .outcome = OUTCOME_UNSENDABLE};
    feed(&b, unsendable);
    unsendable.intended_us = REQUEST_NO_VALUE;
    feed(&b, unsendable);
    close_bench(&b, &got);
    assert_int_equal(got.scheduled, 105);
    assert_int_equal(got.waited, 2);
    assert_int_equal(got.late, 1);
    assert_int_equal(got.not_sent, 1);
    /* Of 102 values, ranks floor(0.5 * 101) = 50 and floor(0.99 * 101) = 99. */
    assert_int_equal(got.p50_us, 50);
    assert_int_equal(got.p99_us, 99);
    assert_int_equal(got.max_us, 10001);
    assert_int_equal(b.seconds[0].scheduled, 102);
    assert_int_equal(b.seconds[0].late, 1);
    assert_int_equal(b.seconds[0].dispatch_p50_us, 50);
    assert_int_equal(b.seconds[0].dispatch_max_us, 10001);
}

static void a_request_counts_in_the_second_of_its_end(void **state) {
    (void)state;
    struct bench b;
    struct dispatch_lag_result got;
    open_bench(&b);
    feed(&b, sent(500, 1, 700));   /* second 1 */
    feed(&b, sent(100, 2, 10));    /* second 0, after its neighbour */
    feed(&b, sent(5200, 3, 10));   /* second 5: 0 and 1 are closed, 2 is the oldest that is open */
    feed(&b, sent(900, 4, 10));    /* too late for second 0 */
    feed(&b, sent(14000, 5, 10));  /* all of them are closed */
    feed(&b, sent(14100, 15, 10)); /* the last is closed by the end */
    close_bench(&b, &got);
    static const int64_t most[16] = {2, 1, 4, 0, 0, 3, [14] = 15};
    static const int64_t count[16] = {1, 1, 1, 0, 0, 1, [14] = 2};
    for (int i = 0; i < 16; i++) {
        assert_int_equal(b.seconds[i].scheduled, count[i]);
        if (count[i] > 0)
            assert_int_equal(b.seconds[i].dispatch_max_us, most[i]);
    }
    assert_int_equal(got.scheduled, 6);
}

static void nothing_scheduled_is_all_zero(void **state) {
    (void)state;
    struct bench b;
    struct dispatch_lag_result got, none = {0};
    open_bench(&b);
    close_bench(&b, &got);
    assert_memory_equal(&got, &none, sizeof got);
    assert_int_equal(b.seconds[0].dispatch_max_us, READER_NO_VALUE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_clients_own_lateness_counts),
        cmocka_unit_test(a_request_counts_in_the_second_of_its_end),
        cmocka_unit_test(nothing_scheduled_is_all_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
