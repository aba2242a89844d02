/* whole: what the reports of parts add up to, and when nobody may say that a threshold failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "control/whole.h"
#include "util/clock.h"

static struct whole *start(const char *rules) {
    static const int64_t stages[] = {0, 5000000, 20000000};
    const struct whole_plan plan = {.parts = 2,
                                    .duration_ns = 20 * NS_PER_S,
                                    .users_max = 30,
                                    .rules = rules,
                                    .stages_us = stages,
                                    .stage_count = 2};
    struct whole *w = NULL;
    struct err e = {""};
    if (whole_new(&plan, &w, &e) != 0)
        fail_msg("%s", e.text);
    return w;
}

static void say(struct whole *w, uint32_t part, const char *line) {
    struct err e = {""};
    assert_true(whole_is_report(line));
    if (whole_line(w, part, line, &e) != 0)
        fail_msg("%s: %s", line, e.text);
}

/* A second of a part: 10 requests a second, all of 4 ms, `users` users. */
static void second(struct whole *w, uint32_t part, int s, int users) {
    char line[200];
    snprintf(line, sizeof line, "report %d000000000 %d %d 1 0", s, users, 10 * s);
    say(w, part, line);
    say(w, part, "client 0.25 300 0 0");
    snprintf(line, sizeof line, "second %d 10 0 6 4000 4000 445:10", s - 1);
    say(w, part, line);
    say(w, part, "rule 0 0 10 10 0 0 0 0");
    say(w, part, "done");
}

static size_t look(struct whole *w, int64_t *at_ns) {
    struct gate_crossing all[4];
    return whole_look(w, all, 4, at_ns);
}

static void the_sum_is_as_old_as_its_slowest_part(void **state) {
    (void)state;
    struct whole *w = start("http_reqs rate>100 abortOnFail\n");
    struct control_snapshot now;
    int64_t at_ns = 0;
    for (int s = 1; s <= 4; s++) {
        second(w, 0, s, 7);
        assert_int_equal(look(w, &at_ns), 0);
    }
    second(w, 1, 1, 5);
    assert_int_equal(look(w, &at_ns), 0); /* after one second, a rate is not known */
    second(w, 1, 2, 5);
    whole_snapshot(w, 4500 * NS_PER_MS, &now);
    assert_int_equal(now.elapsed_ns, 4500 * NS_PER_MS);
    assert_int_equal(now.users, 12);
    assert_int_equal(now.users_max, 30);
    assert_int_equal(now.live.requests, 60);
    assert_int_equal(now.live.failures, 2);
    assert_true(now.live.requests_per_second > 19.9 && now.live.requests_per_second < 20.1);
    assert_true(now.live.p50_us > 3900 && now.live.p50_us < 4100);
    assert_true(whole_busiest(w, 1) > 0.24 && whole_busiest(w, 1) < 0.26);
    assert_int_equal(look(w, &at_ns), 1); /* at most 60 in 1 s */
    assert_int_equal(at_ns, 2 * NS_PER_S);
    assert_int_equal(look(w, &at_ns), 0);
    whole_free(w);
}

static void a_part_that_has_ended_holds_up_nobody(void **state) {
    (void)state;
    struct whole *w = start("http_reqs rate>15 abortOnFail\n");
    struct control_snapshot now;
    int64_t at_ns = 0;
    for (int s = 1; s <= 3; s++) {
        second(w, 0, s, 7);
        second(w, 1, s, 5);
    }
    assert_int_equal(look(w, &at_ns), 0);
    whole_over(w, 1);
    for (int s = 4; s <= 9; s++)
        second(w, 0, s, 7);
    whole_snapshot(w, 9 * NS_PER_S, &now);
    assert_int_equal(now.users, 7);
    assert_int_equal(look(w, &at_ns), 1); /* 120 in 8 to 9 s: the load of the whole is too small */
    whole_free(w);
}

static void without_all_counts_no_threshold_fails(void **state) {
    (void)state;
    struct whole *w = start("http_reqs rate>15 abortOnFail\n");
    int64_t at_ns = 0;
    second(w, 0, 1, 7);
    second(w, 1, 1, 5);
    assert_true(whole_evaluates(w));
    whole_lose(w, 1);
    for (int s = 2; s <= 9; s++)
        second(w, 0, s, 7);
    assert_false(whole_evaluates(w));
    assert_int_equal(look(w, &at_ns), 0);
    whole_free(w);
    /* A part that was stopped for so long that it may have forgotten some. */
    w = start("http_reqs rate>1000 abortOnFail\n");
    second(w, 0, 1, 7);
    second(w, 1, 1, 5);
    second(w, 0, 9, 7);
    second(w, 1, 9, 5);
    assert_false(whole_evaluates(w));
    assert_int_equal(look(w, &at_ns), 0);
    whole_free(w);
    w = start("http_req_failed rate<0.5\n"); /* ends no run */
    assert_false(whole_evaluates(w));
    whole_free(w);
    whole_free(NULL);
}

static void nonsense_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"report",   "report 1 2 3",         "report -1 x 0 0 0",
                                      "second 1", "rule 1 0 0 0 0 0 0 0", "rule x"};
    struct whole *w = start("http_reqs rate>15 abortOnFail\n");
    struct err e = {""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (whole_line(w, 0, bad[i], &e) == 0)
            fail_msg("accepted: %s", bad[i]);
    say(w, 0, "report 2000000000 1 1 0 0");
    assert_int_equal(whole_line(w, 0, "report 1000000000 1 1 0 0", &e), -1); /* back in time */
    whole_free(w);
    assert_false(whole_is_report("ready") || whole_is_report("reports 1"));
    const struct whole_plan plan = {.parts = 1, .rules = "http_reqs rates>1\n"};
    assert_int_equal(whole_new(&plan, &w, &e), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_is_as_old_as_its_slowest_part),
        cmocka_unit_test(a_part_that_has_ended_holds_up_nobody),
        cmocka_unit_test(without_all_counts_no_threshold_fails),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
