/* live: what is crossed while a run goes on, and that it never says so where the end may not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/gate_live.h"
#include "gate/vectors.h"
#include "near.h"

static struct endpoint endpoints[] = {{"/", "GET"}, {"/predict", "POST"}};
static const struct catalog catalog = {.endpoints = endpoints, .endpoint_count = 2};
static const int64_t stages[] = {0, 4000000, 10000000, 20500000};
static const struct gate_subject subject = {
    .catalog = &catalog, .stages = stages, .stage_count = 3, .what = "the test has"};

struct bench {
    struct gate_rules rules;
    struct gate_live *live;
};

static void set_up(struct bench *b, const char *text) {
    struct err e = {""};
    *b = (struct bench){0};
    if (gate_rules_read(&b->rules, "", text, &e) != 0 ||
        gate_live_new(&b->rules, &subject, &b->live, &e) != 0)
        fail_msg("%s", e.text);
}

static void tear_down(struct bench *b) {
    gate_live_free(b->live);
    gate_rules_done(&b->rules);
}

static void add(struct bench *b, int64_t at_ms, int64_t ms, bool good) {
    struct request s = {.endpoint = 1,
                        .outcome = good ? OUTCOME_OK : OUTCOME_HTTP_ERROR,
                        .status = good ? 200 : 500,
                        .end_us = at_ms * 1000,
                        .service_us = ms * 1000,
                        .response_us = ms * 1000,
                        .ttfb_us = ms * 1000};
    gate_live_add(b->live, &s, 1);
}

/* The crossings that are new at this time: 0 or 1 of them here. */
static size_t look(struct bench *b, double at_s, struct gate_crossing *x) {
    struct gate_crossing all[8];
    size_t n = gate_live_look(b->live, (int64_t)(at_s * 1e6), all, 8);
    if (n > 0 && x != NULL)
        *x = all[0];
    return n;
}

static void a_crossing_is_told_once(void **state) {
    (void)state;
    struct bench b;
    struct gate_crossing x = {0};
    set_up(&b, "http_req_duration p(95)<100");
    assert_int_equal(look(&b, 1, NULL), 0); /* no data yet */
    for (int i = 0; i < 100; i++)
        add(&b, 1000 + i, 50, true);
    assert_int_equal(look(&b, 2, NULL), 0);
    for (int i = 0; i < 10; i++)
        add(&b, 2000 + i, 300, true);
    assert_int_equal(look(&b, 3, &x), 1);
    assert_true(x.low <= 300 && x.high >= 300 && x.high - x.low < 1);
    assert_false(x.ends_run);
    assert_int_equal(look(&b, 4, NULL), 0);
    tear_down(&b);
}

static void a_threshold_that_may_still_hold_is_neither(void **state) {
    (void)state;
    struct bench b;
    struct gate_state s;
    set_up(&b, "http_reqs count>100\nhttp_req_duration p(95)<100\nhttp_req_duration min>10");
    look(&b, 1, NULL);
    gate_live_state(b.live, 1, &s);
    assert_false(s.crossed || s.holds);
    assert_true(isnan(s.low) && isnan(s.margin));
    for (int i = 0; i < 40; i++)
        add(&b, 1000 + i, 50, true);
    look(&b, 2, NULL);
    gate_live_state(b.live, 0, &s);
    assert_false(s.crossed || s.holds);
    assert_true(s.low == 40 && s.high == 40 && s.margin == -60);
    gate_live_state(b.live, 1, &s);
    assert_true(s.holds && !s.crossed);
    assert_true(s.low <= 50 && s.high >= 50 && s.margin > 49 && s.margin <= 50);
    gate_live_state(b.live, 2, &s);
    assert_true(s.holds && s.low == 50 && s.margin == 40);
    add(&b, 2000, 5, true);
    for (int i = 0; i < 10; i++)
        add(&b, 2000 + i, 300, true);
    look(&b, 3, NULL);
    gate_live_state(b.live, 1, &s);
    assert_true(s.crossed && !s.holds && s.margin < 0);
    tear_down(&b);
}

static void an_abort_waits_for_its_delay(void **state) {
    (void)state;
    struct bench b;
    struct gate_crossing x = {0};
    set_up(&b, "http_req_failed rate<0.5 abortOnFail delayAbortEval 5s");
    add(&b, 500, 5, false);
    assert_int_equal(look(&b, 1, &x), 1);
    assert_false(x.ends_run);
    assert_int_equal(look(&b, 4, NULL), 0);
    assert_int_equal(look(&b, 5, &x), 1);
    assert_true(x.ends_run);
    assert_int_equal(look(&b, 6, NULL), 0);
    tear_down(&b);
    /* What has mended itself until then ends nothing. */
    set_up(&b, "http_req_failed rate<0.5 abortOnFail delayAbortEval 5s");
    add(&b, 500, 5, false);
    assert_int_equal(look(&b, 1, NULL), 1);
    for (int i = 0; i < 9; i++)
        add(&b, 2000, 5, true);
    assert_int_equal(look(&b, 5, NULL), 0);
    tear_down(&b);
}

/* At the third second: 20 requests of 10 to 29 ms, one of them failed, 2 users. */
static const struct {
    const char *text;
    size_t crossed;
} cases[] = {
    {"http_reqs count>1000", 0}, /* there is time left */
    {"http_reqs count<20", 1},
    {"http_reqs count<21", 0},
    {"http_reqs count==19", 1},
    {"http_reqs count==21", 0},
    {"http_reqs rate>100", 1},
    {"http_reqs rate>9", 0}, /* 20 in 2 to 3 s: 6.7 to 10 */
    {"http_reqs rate>11", 1},
    {"http_reqs rate<6", 1},
    {"http_reqs rate<7", 0},
    {"http_req_failed rate<0.05", 1},
    {"http_req_failed rate<=0.05", 0},
    {"http_req_failed{name:/} rate<0.01", 0},
    {"service_time max<29", 1},
    {"service_time max<=29", 0},
    {"service_time max>100", 0},
    {"service_time min>10", 1},
    {"service_time min<5", 0},
    {"service_time avg<19.5", 1},
    {"service_time avg<=19.5", 0},
    {"service_time med<19", 1},
    {"service_time med<20", 0},
    {"service_time{status:5xx} med<20", 0}, /* the failed one took 10 ms */
    {"service_time{status:5xx} med<10", 1},
    {"service_time med<5 from 4s", 0}, /* not begun */
    {"service_time med<5 stage 2", 0},
    {"service_time med<5 stage 1", 1},
    {"service_time med<5 over 1s", 1},
    {"service_time med<30 over 1s", 1}, /* the first second was empty */
    {"service_time med<30 over 2s", 0}, /* ends at 2 s, looked at from 4 s on */
    {"iterations count<20", 1},
    {"dropped_iterations count<1", 0},
    {"vus max<2", 1},
    {"vus value<3", 0},
    {"cold_start_duration max<1", 0},
};

static void what_can_mend_itself_is_not_crossed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        set_up(&b, cases[i].text);
        for (int k = 0; k < 20; k++)
            add(&b, 1100 + 40 * k, 10 + k, k > 0);
        gate_live_gauge(b.live, GATE_VUS, 2);
        if (look(&b, 3, NULL) != cases[i].crossed)
            fail_msg("%s: not %zu", cases[i].text, cases[i].crossed);
        tear_down(&b);
    }
}

static void windows_are_looked_at_when_they_are_over(void **state) {
    (void)state;
    struct bench b;
    set_up(&b, "service_time max<100 over 2s");
    for (int s = 0; s < 30; s++) {
        add(&b, s * 1000 + 500, s == 9 ? 150 : 50, true);
        /* Second 9 is in the window from 8 to 10 s, which is looked at from 12 s on. */
        if (look(&b, s + 1, NULL) != (s + 1 == 12 ? 1 : 0))
            fail_msg("at %d s", s + 1);
    }
    tear_down(&b);
}

/* A gap in which nobody looked does not mix up the seconds: what the ring has lost is not
 * evaluated. */
static void a_late_look_evaluates_nothing_wrong(void **state) {
    (void)state;
    struct bench b;
    set_up(&b, "service_time max<100 over 2s");
    for (int s = 0; s < 3; s++)
        add(&b, s * 1000 + 500, 50, true);
    assert_int_equal(look(&b, 4, NULL), 0);
    for (int s = 3; s < 60; s++)
        add(&b, s * 1000 + 500, 50, true);
    assert_int_equal(look(&b, 60, NULL), 0);
    tear_down(&b);
}

/* On the same requests as the exact evaluation: what live crosses at the end, that crosses. */
static void at_the_end_it_agrees_with_the_evaluation(void **state) {
    (void)state;
    size_t crossed = 0;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct bench b;
        size_t told = 0;
        set_up(&b, expected[i].text);
        for (size_t k = 0; k < sizeof samples / sizeof *samples; k++)
            gate_live_add(b.live, &samples[k], 1);
        for (double s = 18.5; s <= 20.5; s++)
            told += look(&b, s, NULL);
        if (told > 0 && expected[i].ok)
            fail_msg("%s is crossed too early", expected[i].text);
        crossed += told;
        tear_down(&b);
    }
    assert_true(crossed >= 10);
}

/* Two tasks: "home" is the first request, "buy" has steps; a check of each request. */
static const struct catalog flow_catalog = {
    .endpoints = endpoints,
    .endpoint_count = 2,
    .tasks = (struct catalog_task[]){{"home", 0}, {"buy", CATALOG_STEPS}},
    .task_count = 2,
    .checks = (struct catalog_check[]){{"fast", 0, false}, {"fast", 1, false}, {"whole", 1, false}},
    .check_count = 3,
};
static const struct gate_subject flows = {.catalog = &flow_catalog, .what = "the test has"};

/* In 10 s: 20 requests of each endpoint in 10 ms each, 5 times through "buy" in 100 ms, and checks
 * of which the second fails. */
static const struct {
    const char *text;
    bool crossed;
} flow_cases[] = {
    {"iterations count<26", false}, /* 20 + 5 */
    {"iterations count<25", true},
    {"iterations{name:home} count<21", false},
    {"iterations{name:home} count<20", true},
    {"iterations{name:buy} count<6", false},
    {"iterations{name:buy} count<5", true},
    {"iterations{name:buy} rate>0.49", false},
    {"iterations{name:buy} rate>0.6", true},
    {"iteration_duration{name:buy} p(50)<101", false},
    {"iteration_duration{name:buy} p(50)<99", true},
    {"iteration_duration{name:home} p(50)<11", false},
    {"iteration_duration max<99", true},
    {"http_reqs count<41", false}, /* an iteration is no request */
    {"checks rate>0.49", true},    /* 3 of 8 */
    {"checks rate>0.37", false},
    {"checks{name:fast} rate>0.2", false}, /* 1 of 4 */
    {"checks{name:fast} rate>0.3", true},
    {"checks{name:fast,request:/} rate>0.99", false},
    {"checks{name:fast,request:/predict} rate>0", true},
    {"checks{request:/predict} rate>0.3 from 3s",
     false}, /* 2 of 4: a second belongs where it begins */
    {"checks{request:/predict} rate>0.6 from 3s", true},
    {"checks{request:/predict} rate>0.3 from 2.5s", true}, /* 2 of 7 */
};

static void what_iterations_and_checks_give(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof flow_cases / sizeof *flow_cases; i++) {
        struct bench b = {0};
        struct err e = {""};
        if (gate_rules_read(&b.rules, "", flow_cases[i].text, &e) != 0 ||
            gate_rules_check(&b.rules, &flows, &e) != 0 ||
            gate_live_new(&b.rules, &flows, &b.live, &e) != 0)
            fail_msg("%s: %s", flow_cases[i].text, e.text);
        for (uint32_t k = 0; k < 40; k++) {
            struct request s = {
                .endpoint = k % 2, .end_us = k * 250000, .service_us = 10000, .response_us = 10000};
            gate_live_add(b.live, &s, 1);
        }
        for (uint32_t k = 0; k < 5; k++)
            gate_live_iteration(b.live, 1, k * 2000000, 100000);
        gate_live_check(b.live, 0, 1, 1, 0);
        gate_live_check(b.live, 1, 2, 0, 3);
        gate_live_check(b.live, 2, 4, 2, 2);
        if (look(&b, 10, NULL) != flow_cases[i].crossed)
            fail_msg("%s: not %d", flow_cases[i].text, flow_cases[i].crossed);
        tear_down(&b);
    }
}

/* ---- parts of a load ---- */

static void share(struct bench *part, struct bench *whole) {
    struct buf text;
    struct err e = {""};
    buf_init(&text, 1 << 20);
    gate_live_take(part->live, false, &text);
    char *at = text.data;
    for (char *end; at != NULL && (end = strchr(at, '\n')) != NULL; at = end + 1) {
        *end = '\0';
        assert_memory_equal(at, "rule ", 5);
        if (gate_live_join(whole->live, at + 5, &e) != 0)
            fail_msg("%s", e.text);
    }
    buf_done(&text);
}

/* Three parts get each third request. The whole that they are joined to crosses when one that got
 * all does, and has the same bounds. */
static void parts_cross_together_what_one_machine_crosses(void **state) {
    (void)state;
    static const char *const texts[] = {
        "http_reqs rate>55 abortOnFail",
        "http_reqs rate>20 abortOnFail",
        "http_reqs{name:/} count<1 abortOnFail",
        "http_req_duration p(95)<40 abortOnFail",
        "http_req_duration p(95)<60 abortOnFail",
        "service_time avg<24 abortOnFail",
        "service_time avg<26 abortOnFail",
        "service_time max<49 abortOnFail",
        "response_time med<24 over 2s abortOnFail",
        "http_req_failed rate<0.1 abortOnFail",
        "http_req_failed rate<0.2 over 1s abortOnFail",
        "http_reqs rate>45 over 2s abortOnFail",
        "vus value<5 abortOnFail",
    };
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        struct bench one, whole, parts[3];
        set_up(&one, texts[k]);
        set_up(&whole, texts[k]);
        for (size_t i = 0; i < 3; i++)
            set_up(&parts[i], texts[k]);
        for (int64_t s = 0; s < 8; s++) {
            for (int i = 0; i < 50; i++) {
                add(&one, s * 1000 + i * 20, i, i % 8 != 0);
                add(&parts[i % 3], s * 1000 + i * 20, i, i % 8 != 0);
            }
            for (size_t i = 0; i < 3; i++)
                share(&parts[i], &whole);
            gate_live_gauge(one.live, GATE_VUS, (double)s);
            gate_live_gauge(whole.live, GATE_VUS, (double)s);
            struct gate_crossing a = {0}, b = {0};
            size_t n = look(&one, (double)s + 1, &a);
            if (look(&whole, (double)s + 1, &b) != n)
                fail_msg("%s: differs in second %d", texts[k], (int)s);
            /* `max` has no upper bound yet. */
            if (n > 0 && !isinf(a.high))
                assert_near(a.high, b.high, 1e-9);
            if (n > 0)
                assert_near(a.low, b.low, 1e-9);
        }
        for (size_t i = 0; i < 3; i++)
            tear_down(&parts[i]);
        tear_down(&one);
        tear_down(&whole);
    }
}

static void only_what_may_end_the_run_is_shared_and_nonsense_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",
                                      "1 0 0 0 0 0 0 0",
                                      "0 -1 0 0 0 0 0 0",
                                      "0 0 0 0 0 0 0",
                                      "0 0 0 1 1 nan 1 1 9 1 1 1:1",
                                      "0 0 0 1 1 1 1 1",
                                      "0 0 0 1 1 1 1 1 8 1 1 1:1",
                                      "0 9223372036854775807 0 1 1 1 1 1 9 1 1 1:1"};
    struct bench b;
    struct buf text;
    struct err e = {""};
    set_up(&b, "http_req_duration p(95)<100");
    buf_init(&text, 4096);
    add(&b, 100, 5, true);
    gate_live_take(b.live, false, &text);
    assert_int_equal(text.len, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (gate_live_join(b.live, bad[i], &e) == 0)
            fail_msg("accepted: %s", bad[i]);
    tear_down(&b);
    buf_done(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crossing_is_told_once),
        cmocka_unit_test(a_threshold_that_may_still_hold_is_neither),
        cmocka_unit_test(an_abort_waits_for_its_delay),
        cmocka_unit_test(what_can_mend_itself_is_not_crossed),
        cmocka_unit_test(windows_are_looked_at_when_they_are_over),
        cmocka_unit_test(a_late_look_evaluates_nothing_wrong),
        cmocka_unit_test(at_the_end_it_agrees_with_the_evaluation),
        cmocka_unit_test(what_iterations_and_checks_give),
        cmocka_unit_test(parts_cross_together_what_one_machine_crosses),
        cmocka_unit_test(only_what_may_end_the_run_is_shared_and_nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
