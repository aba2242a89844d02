/* gate_eval: every kind of threshold on the same 700 requests, against what vectors.py works out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/gate_eval.h"
#include "gate/vectors.h"
#include "near.h"

static struct endpoint endpoints[] = {{"/", "GET"}, {"/predict", "POST"}};
static const int64_t stages[] = {0, 4000000, 10000000, 20500000};
static struct catalog_check checks[] = {
    {"status", 0, false}, {"status", 1, false}, {"body", 1, false}, {"token", 1, true}};
static struct catalog_task tasks[] = {{"browse", CATALOG_STEPS}, {"buy", CATALOG_STEPS}};
static struct catalog catalog = {
    .endpoints = endpoints, .endpoint_count = 2, .checks = checks, .check_count = 4};
static const struct gate_subject subject = {
    .catalog = &catalog,
    .stages = stages,
    .stage_count = 3,
    .what = "the test has",
};

typedef void give_fn(struct gate_eval *v);

static void give_samples(struct gate_eval *v) {
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        gate_eval_request(v, &samples[i]);
}

static struct gate_result *evaluate(const struct gate_rules *rules, const struct gate_range *range,
                                    give_fn *give) {
    struct gate_eval *v = NULL;
    struct gate_result *results = NULL;
    struct err e = {""};
    bool again = false;
    if (gate_rules_check(rules, &subject, &e) != 0 ||
        gate_eval_new(rules, &subject, range, &v, &e) != 0)
        fail_msg("%s", e.text);
    give(v);
    if (gate_eval_plan(v, &again, &e) != 0)
        fail_msg("%s", e.text);
    if (again)
        give(v);
    if (gate_eval_finish(v, &results, &e) != 0)
        fail_msg("%s", e.text);
    gate_eval_free(v);
    return results;
}

/* NAN is NAN. */
static void same(const char *text, const char *what, double got, double want) {
    if (isnan(got) != isnan(want) || fabs(got - want) > 1e-9 * fmax(1, fabs(want)))
        fail_msg("%s: %s is %.15g, not %.15g", text, what, got, want);
}

static void every_number_is_that_of_the_vectors(void **state) {
    (void)state;
    struct gate_range range = {.duration_us = VECTORS_DURATION_US};
    struct gate_rules rules = {0};
    struct err e = {""};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (gate_rules_parse(&rules, "", expected[i].text, &e) != 0)
            fail_msg("%s", e.text);
    struct gate_result *results = evaluate(&rules, &range, give_samples);
    for (size_t i = 0; i < rules.count; i++) {
        const struct gate_result *x = &results[i];
        const char *text = expected[i].text;
        same(text, "value", x->value, expected[i].value);
        same(text, "low", x->low, expected[i].low);
        same(text, "high", x->high, expected[i].high);
        if (x->samples != expected[i].samples || x->windows != expected[i].windows ||
            x->crossed != expected[i].crossed || x->from_us != expected[i].from_us ||
            x->to_us != expected[i].to_us)
            fail_msg("%s: %zu samples, %zu of %zu windows, from %ld to %ld", text,
                     (size_t)x->samples, x->crossed, x->windows, (long)x->from_us, (long)x->to_us);
        if (x->verdict != (expected[i].ok ? GATE_HOLDS : GATE_CROSSED))
            fail_msg("%s: %s", text, x->reason);
        assert_int_equal(x->reason[0] == '\0', expected[i].ok);
    }
    free(results);
    gate_rules_done(&rules);
}

/* One rule with its result; the reason is copied. */
static struct gate_result one(const char *text, const struct gate_range *range, give_fn *give) {
    struct gate_rules rules = {0};
    struct err e = {""};
    if (gate_rules_parse(&rules, "", text, &e) != 0)
        fail_msg("%s", e.text);
    struct gate_result *results = evaluate(&rules, range, give), x = results[0];
    free(results);
    gate_rules_done(&rules);
    x.rule = NULL;
    return x;
}

static void give_nothing(struct gate_eval *v) {
    (void)v;
}

static void give_one(struct gate_eval *v) {
    gate_eval_request(v, &(struct request){.end_us = 2500000,
                                           .status = 200,
                                           .service_us = 7000,
                                           .response_us = 9000,
                                           .ttfb_us = 6000});
}

static void without_data_nothing_passes(void **state) {
    (void)state;
    static const char *const texts[] = {
        "http_req_duration p(95)<500",
        "http_req_duration max>=0",
        "http_req_failed rate<0.5",
        "http_reqs count<5",
        "http_reqs rate<5",
        "dropped_iterations count<1",
        "http_req_duration p(95)<9 over 2s",
        "http_reqs rate<9 over 2s",
        "vus value<5",
        "checks rate>0.5",
        "iterations count<4",
        "cold_start_duration max<9",
        "instance_count max<4",
        "data_sent count<1",
        "ttft p(95)<500",
        "token_gap max>=0 over 2s",
        "output_tokens count<5",
        "output_tokens rate<5",
        "goodput{ttft<9} rate<0.5",
    };
    struct gate_range range = {.duration_us = 10000000};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct gate_result x = one(texts[i], &range, give_nothing);
        if (x.verdict != GATE_CROSSED || strstr(x.reason, "no data") == NULL || !isnan(x.value) ||
            !isnan(x.margin))
            fail_msg("%s: %d %s", texts[i], x.verdict, x.reason);
    }
    /* Requests of the other name are no data of this one, even for a count that 0 would pass. */
    struct gate_result x = one("http_reqs{name:/predict} count<5", &range, give_one);
    assert_int_equal(x.verdict, GATE_CROSSED);
    assert_string_equal(x.reason, "no data: there was no such request");
    /* Of a status that never came 0 is the number. */
    x = one("http_reqs{name:/,status:500} count<5", &range, give_one);
    assert_int_equal(x.verdict, GATE_HOLDS);
    assert_near(x.value, 0, 0);
}

static bool no_gap(const char **at, int64_t *gap_us) {
    (void)at;
    (void)gap_us;
    return false;
}

/* Two streamed answers, the second cancelled: neither has a time that counts. */
static void give_poor_answers(struct gate_eval *v) {
    const enum outcome outcomes[] = {OUTCOME_NO_TOKENS, OUTCOME_CANCELLED};
    for (int i = 0; i < 2; i++) {
        const struct request x = {.end_us = 2500000,
                                  .status = 200,
                                  .outcome = outcomes[i],
                                  .service_us = i == 0 ? 7000 : REQUEST_NO_VALUE,
                                  .streamed = true};
        const struct gate_answer a = {.ttft_us = i == 0 ? REQUEST_NO_VALUE : 3000,
                                      .ttfo_us = REQUEST_NO_VALUE,
                                      .time_per_token_ns = REQUEST_NO_VALUE,
                                      .gap_max_us = REQUEST_NO_VALUE,
                                      .tokens = i == 0 ? 0 : 4,
                                      .next_gap = no_gap};
        gate_eval_request(v, &x);
        gate_eval_answer(v, &x, &a);
    }
}

static void give_cancelled(struct gate_eval *v) {
    const struct request x = {.end_us = 2500000, .outcome = OUTCOME_CANCELLED, .streamed = true};
    gate_eval_answer(v, &x, &(struct gate_answer){.ttft_us = 1, .next_gap = no_gap});
}

static void streams_without_data_say_what_lacks(void **state) {
    (void)state;
    static const char none[] = "no data: no answer to these requests was read as a stream; is "
                               "\"stream\" in the scenario, and does the server stream?";
    static const struct {
        const char *rule;
        void (*give)(struct gate_eval *v);
        const char *reason;
    } cases[] = {
        {"ttft p(95)<9", give_one, none},
        {"output_tokens count<9", give_one, none},
        {"goodput{ttft<9} rate<0.5", give_one, none},
        {"ttft p(95)<9", give_poor_answers,
         "no data: of these answers, none had a token and a response time"},
        {"ttfo p(95)<9", give_poor_answers,
         "no data: of these answers, none had output besides reasoning"},
        {"token_gap p(95)<9", give_poor_answers,
         "no data: of these answers, none had two token events"},
        {"time_per_token avg<9", give_poor_answers,
         "no data: of these answers, none had two token events"},
        {"goodput{ttft<9} rate<0.5", give_cancelled,
         "no data: all of these answers were cancelled"},
    };
    const struct gate_range range = {.duration_us = 10000000};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate_result x = one(cases[i].rule, &range, cases[i].give);
        if (x.verdict != GATE_CROSSED || !isnan(x.value) || strcmp(x.reason, cases[i].reason) != 0)
            fail_msg("%s: %d \"%s\"", cases[i].rule, x.verdict, x.reason);
    }
    /* Tokens of a cancelled answer have come; it is no part of goodput. */
    struct gate_result x = one("output_tokens rate<5", &range, give_poor_answers);
    assert_near(x.value, 0.4, 1e-12);
    x = one("goodput{ttft<9} rate<0.5", &range, give_poor_answers);
    assert_int_equal(x.samples, 1);
    assert_near(x.value, 0, 0);
}

static void windows_without_a_request_are_crossed(void **state) {
    (void)state;
    struct gate_range range = {.duration_us = 10000000};
    struct gate_result x = one("service_time max<8 over 2s", &range, give_one);
    assert_int_equal(x.verdict, GATE_CROSSED);
    assert_int_equal(x.windows, 9);
    assert_int_equal(x.crossed, 7);
    assert_near(x.value, 7, 0);
    assert_int_equal(x.from_us, 1000000);
    assert_string_equal(x.reason,
                        "7 of 9 windows failed, 7 of them without any request, the first from 0s");
    x = one("http_reqs count<2 over 2s", &range, give_one); /* there, 0 is the number */
    assert_int_equal(x.verdict, GATE_HOLDS);
    x = one("service_time max<8 over 2s from 1s", &(struct gate_range){.duration_us = 2900000},
            give_one);
    assert_int_equal(x.verdict, GATE_CROSSED);
    assert_string_equal(x.reason, "no data: its range of 1.9s is shorter than 2s");
    x = one("service_time max<8 from 3s", &(struct gate_range){.duration_us = 2900000}, give_one);
    assert_string_equal(x.reason, "no data: the run ended after 2.9s, before its range began");
}

/* The end of a stage is the beginning of the next. */
static void give_at_the_border(struct gate_eval *v) {
    struct request s = {.end_us = 4000000, .service_us = 1000, .response_us = 1000};
    gate_eval_request(v, &s);
    s.end_us = 20500000;
    gate_eval_request(v, &s);
}

static void a_border_belongs_to_what_begins_there(void **state) {
    (void)state;
    struct gate_range range = {.duration_us = 20500000};
    assert_near(one("http_reqs count<9 stage 2", &range, give_at_the_border).value, 1, 0);
    assert_near(one("http_reqs count<9 stage 3", &range, give_at_the_border).value, 1, 0);
    assert_near(one("http_reqs count<9", &range, give_at_the_border).value, 2, 0);
    assert_true(isnan(one("http_reqs count<9 stage 1", &range, give_at_the_border).value));
}

/* 1 user from 0 s, 4 from 2 s, 2 from 5 s: of ten seconds 2, 3 and 5 of them. */
static void give_users(struct gate_eval *v) {
    gate_eval_gauge(v, GATE_VUS, 0, 1);
    gate_eval_gauge(v, GATE_VUS, 1100000, 9); /* for less than a second */
    gate_eval_gauge(v, GATE_VUS, 1200000, 1);
    gate_eval_gauge(v, GATE_VUS, 2000000, 4);
    gate_eval_gauge(v, GATE_VUS, 5000000, 2);
    gate_eval_gauge(v, GATE_INSTANCE_COUNT, 0, 100);
}

static void a_gauge_stays_until_it_changes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
        bool ok;
    } cases[] = {
        {"vus value<=2", 2, true},
        {"vus max<9", 9, false},
        {"vus max<=4 from 2s", 4, true},
        {"vus min>=1", 1, true},
        {"vus avg==2.4", 2.4, true},
        {"vus avg==3.5 stage 2", 14.0 / 6, false}, /* seconds 4 to 9: 4 2 2 2 2 2 */
        {"vus value>=2 from 3s", 2, true},
        {"vus max<4 over 2s", 9, false},
        {"vus avg<4 over 5s from 2s", 3.2, true}, /* 4 4 4 2 2 */
        {"vus value>1 over 1s from 2s", 2, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate_range range = {.duration_us = 10000000};
        struct gate_result x = one(cases[i].text, &range, give_users);
        if (fabs(x.value - cases[i].value) > 1e-12 || (x.verdict == GATE_HOLDS) != cases[i].ok)
            fail_msg("%s: %.15g %s", cases[i].text, x.value, x.reason);
    }
}

static void give_checks(struct gate_eval *v) {
    gate_eval_check(v, 0, 0, 8, 2);
    gate_eval_check(v, 0, 1, 10, 0);
    gate_eval_check(v, 1, 1, 4, 0);
    gate_eval_check(v, 2, 1, 0, 6);
    gate_eval_check(v, 3, 1, 0, 7); /* a capture is no check */
}

static void checks_are_shares(void **state) {
    (void)state;
    struct gate_range range = {.duration_us = 3000000};
    struct gate_result x = one("checks rate>0.7", &range, give_checks);
    assert_near(x.value, 22.0 / 30, 1e-15);
    assert_int_equal(x.samples, 30);
    assert_int_equal(x.verdict, GATE_HOLDS);
    assert_near(one("checks{name:status} rate>0.9", &range, give_checks).value, 22.0 / 24, 1e-15);
    assert_near(one("checks{name:status,request:/} rate>0.9", &range, give_checks).value, 0.9,
                1e-15);
    assert_near(one("checks rate>0.9 from 1s", &range, give_checks).value, 14.0 / 20, 1e-15);
    x = one("checks{name:status} rate>0.85 over 1s", &range, give_checks);
    assert_near(x.value, 0.8, 1e-15);
    assert_int_equal(x.verdict, GATE_CROSSED);
}

static void give_iterations(struct gate_eval *v) {
    give_one(v);
    gate_eval_iteration(v, 0, 1000000, 300000);
    gate_eval_iteration(v, 0, 2000000, 500000);
    gate_eval_iteration(v, 1, 3000000, 900000);
    gate_eval_iteration(v, 1, 3000001, -1);
}

static void iterations_are_those_that_are_given(void **state) {
    (void)state;
    struct gate_range range = {.duration_us = 4000000};
    catalog.tasks = tasks;
    catalog.task_count = 2;
    assert_near(one("iterations count>3", &range, give_iterations).value, 4, 0);
    assert_near(one("iterations rate>=1", &range, give_iterations).value, 1, 0);
    assert_near(one("iteration_duration med<1", &range, give_iterations).value, 500, 0);
    catalog.task_count = 0;
}

static void give_cold_starts(struct gate_eval *v) {
    gate_eval_time(v, GATE_COLD_START_DURATION, 1000000, 2000000);
    gate_eval_time(v, GATE_COLD_START_DURATION, 2000000, 4000000);
}

static void the_servers_side_may_be_waited_for(void **state) {
    (void)state;
    struct gate_range range = {.duration_us = 4000000, .server_pending = true};
    struct gate_result x = one("cold_start_duration avg<3000", &range, give_nothing);
    assert_int_equal(x.verdict, GATE_PENDING);
    assert_non_null(strstr(x.reason, "coldswarm import"));
    assert_int_equal(one("vus max<3", &range, give_nothing).verdict, GATE_CROSSED);
    range.server_pending = false;
    x = one("cold_start_duration avg<=3000", &range, give_cold_starts);
    assert_int_equal(x.verdict, GATE_HOLDS);
    assert_near(x.value, 3000, 0);
}

/* Beyond what is kept of the first reading, the second one must tell the same. */
enum { MANY = 2200000 };
static void give_many(struct gate_eval *v) {
    for (int64_t i = 0; i < MANY; i++) {
        struct request s = {.end_us = i, .service_us = i * 7 % MANY};
        s.response_us = s.service_us;
        gate_eval_request(v, &s);
    }
}

static void more_than_can_be_kept_is_read_twice(void **state) {
    (void)state;
    struct gate_range range = {.duration_us = 3000000};
    struct gate_rules rules = {0};
    struct gate_eval *v = NULL;
    struct gate_result *results = NULL;
    struct err e = {""};
    bool again = false;
    assert_int_equal(gate_rules_parse(&rules, "", "service_time p(75)<1", &e), 0);
    assert_int_equal(gate_rules_parse(&rules, "", "service_time p(25)<1 over 1s", &e), 0);
    assert_int_equal(gate_eval_new(&rules, &subject, &range, &v, &e), 0);
    give_many(v);
    assert_int_equal(gate_eval_plan(v, &again, &e), 0);
    assert_true(again);
    give_many(v);
    assert_int_equal(gate_eval_finish(v, &results, &e), 0);
    /* 7 and MANY have no common divisor, so every value from 0 to MANY - 1 comes once. */
    assert_near(results[0].value, 0.75 * (MANY - 1) / 1000, 1e-6);
    assert_int_equal(results[1].windows, 3);
    assert_int_equal(results[1].samples > 0, 1);
    free(results);
    gate_eval_free(v);
    gate_rules_done(&rules);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_that_of_the_vectors),
        cmocka_unit_test(without_data_nothing_passes),
        cmocka_unit_test(streams_without_data_say_what_lacks),
        cmocka_unit_test(windows_without_a_request_are_crossed),
        cmocka_unit_test(a_border_belongs_to_what_begins_there),
        cmocka_unit_test(a_gauge_stays_until_it_changes),
        cmocka_unit_test(checks_are_shares),
        cmocka_unit_test(iterations_are_those_that_are_given),
        cmocka_unit_test(the_servers_side_may_be_waited_for),
        cmocka_unit_test(more_than_can_be_kept_is_read_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
