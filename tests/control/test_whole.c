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

/* A second of a part: 10 requests a second, all of 4 ms, `users` users. `row` is "all" or a number. */
static void second_of(struct whole *w, uint32_t part, int s, int users, const char *row) {
    char line[300];
    snprintf(line, sizeof line, "report %d000000000 %d %d 1 0", s, users, 10 * s);
    say(w, part, line);
    snprintf(line, sizeof line, "client 0.%u 300 0 0 %d VALID \"fine \\u263a\"", 25 + part,
             part == 0 ? 1500 : -1);
    say(w, part, line);
    snprintf(line, sizeof line,
             "row %s 10 0 1 2 3 500 10 40000 4000 4000 0 0 0 0 10 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
             row);
    say(w, part, line);
    snprintf(line, sizeof line, "second %s %d 10 0 0 5 4000 4000 254:10", row, s - 1);
    say(w, part, line);
    say(w, part, "rule 0 0 10 10 0 0 0 0");
    say(w, part, "done");
}

static void second(struct whole *w, uint32_t part, int s, int users) {
    second_of(w, part, s, users, "all");
}

static size_t look(struct whole *w, int64_t *at_ns) {
    struct gate_crossing all[4];
    return whole_look(w, all, 4, at_ns);
}

static void the_sum_is_as_old_as_its_slowest_part(void **state) {
    (void)state;
    struct whole *w = start("http_reqs rate>100 abortOnFail\n");
    const struct status *now;
    int64_t at_ns = 0;
    for (int s = 1; s <= 4; s++) {
        second(w, 0, s, 7);
        assert_int_equal(look(w, &at_ns), 0);
    }
    second(w, 1, 1, 5);
    assert_int_equal(look(w, &at_ns), 0); /* after one second, a rate is not known */
    second(w, 1, 2, 5);
    now = whole_status(w, 4500 * NS_PER_MS, false);
    assert_int_equal(now->elapsed_ns, 4500 * NS_PER_MS);
    assert_int_equal(now->phase, STATUS_RUNNING);
    assert_int_equal(now->users, 12);
    assert_int_equal(now->users_max, 30);
    assert_int_equal(now->row_count, 0);
    const struct live_row *all = &now->rows[0].live;
    assert_int_equal(all->requests, 60);
    assert_int_equal(all->unsendable, 6);
    assert_int_equal(all->sum_us, 240000);
    /* Of the two seconds that both have. */
    assert_true(all->requests_per_second > 19.9 && all->requests_per_second < 20.1);
    assert_true(all->recent.p50_us > 3900 && all->recent.p50_us < 4100);
    assert_true(whole_busiest(w, 1) > 0.25 && whole_busiest(w, 1) < 0.27);
    assert_true(now->client.busiest_core > 0.25 && now->client.busiest_core < 0.27);
    assert_string_equal(now->verdict, "VALID");
    assert_string_equal(now->reason, "fine \xe2\x98\xba");
    assert_int_equal(look(w, &at_ns), 1); /* at most 60 in 1 s */
    assert_int_equal(at_ns, 2 * NS_PER_S);
    assert_int_equal(look(w, &at_ns), 0);
    whole_free(w);
}

static void a_part_that_has_ended_holds_up_nobody(void **state) {
    (void)state;
    struct whole *w = start("http_reqs rate>15 abortOnFail\n");
    const struct status *now;
    int64_t at_ns = 0;
    for (int s = 1; s <= 3; s++) {
        second(w, 0, s, 7);
        second(w, 1, s, 5);
    }
    assert_int_equal(look(w, &at_ns), 0);
    whole_over(w, 1);
    for (int s = 4; s <= 9; s++)
        second(w, 0, s, 7);
    now = whole_status(w, 9 * NS_PER_S, false);
    assert_int_equal(now->users, 7);
    assert_int_equal(now->parts[0].state, STATUS_PART_RUNS);
    assert_int_equal(now->parts[1].state, STATUS_PART_ENDED);
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
    static const char *const bad[] = {"report",
                                      "report 1 2 3",
                                      "report -1 x 0 0 0",
                                      "second 1",
                                      "rule 1 0 0 0 0 0 0 0",
                                      "rule x",
                                      "client 0.1 2 3 4",
                                      "client 0.1 2 3 4 5 GOOD \"\"",
                                      "client 0.1 2 3 4 5 VALID fine",
                                      "row 0 1",
                                      "error 0 200 1 1 1 \"x\"",
                                      "event 1 stage",
                                      "event x stage \"a\"",
                                      "errors many"};
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

static const char about[] =
    "{\"name\": \"shop\", \"target\": \"http://t\", \"scenario\": \"s.json\", \"open\": true, "
    "\"streams\": false, \"endpoints\": [{\"method\": \"GET\", \"name\": \"a\"}, "
    "{\"method\": \"POST\", \"name\": \"b \\u003c\\n\"}]}";

static struct whole *start_shown(void) {
    static const char *const hosts[] = {"h1", "h2"};
    const struct whole_plan plan = {.parts = 2,
                                    .duration_ns = 20 * NS_PER_S,
                                    .users_max = 30,
                                    .rules = "http_reqs rate>1\nhttp_req_failed rate<0.5\n",
                                    .about = about,
                                    .hosts = hosts,
                                    .file = "runs/big.db",
                                    .version = "9"};
    struct whole *w = NULL;
    struct err e = {""};
    if (whole_new(&plan, &w, &e) != 0)
        fail_msg("%s", e.text);
    return w;
}

/* Errors have texts of their own numbers in each part; the whole joins them by their text. */
static void a_page_sees_endpoints_errors_and_events(void **state) {
    (void)state;
    struct whole *w = start_shown();
    for (int s = 1; s <= 3; s++) {
        second_of(w, 0, s, 7, "0");
        second_of(w, 1, s, 5, "1");
    }
    say(w, 0, "error 1 0 3 1000000 1500000 \"connection refused\"");
    say(w, 1, "error 1 0 4 900000 1700000 \"connection refused\"");
    say(w, 1, "error 1 503 9 1000000 1000000 \"\"");
    say(w, 1, "error 1 0 1 1000000 1000000 \"reset \\u0007\"");
    say(w, 1, "errors 2");
    say(w, 0, "event 1000000000 stage \"the load is 10 users\"");
    say(w, 1, "event 1000100000 stage \"the load is 10 users\"");
    say(w, 1, "event 2000000000 stall \"a thread stood still\"");
    whole_note(w, 2 * NS_PER_S, "mpi", "part 1 is silent");
    whole_start(w, 4 * NS_PER_S);
    whole_start(w, 5 * NS_PER_S); /* put off */
    const struct status *now = whole_status(w, 3 * NS_PER_S, false);
    assert_string_equal(now->run->name, "shop");
    assert_string_equal(now->run->file, "runs/big.db");
    assert_true(now->run->open && now->run->no_change != NULL);
    assert_int_equal(now->run->started_ns(now->run->context), 5 * NS_PER_S);
    assert_int_equal(now->row_count, 2);
    assert_string_equal(now->rows[1].name, "b <\n");
    assert_int_equal(now->rows[0].live.requests, 30);
    assert_int_equal(now->rows[2].live.requests, 60);
    assert_int_equal(now->rows[2].live.cancelled, 18);
    assert_int_equal(now->error_count, 3);
    assert_int_equal(now->errors[0].count, 9);
    assert_int_equal(now->errors[0].status, 503);
    assert_string_equal(now->errors[1].text, "connection refused");
    assert_int_equal(now->errors[1].count, 7);
    assert_int_equal(now->errors[1].first_us, 900000);
    assert_int_equal(now->errors[1].last_us, 1700000);
    assert_string_equal(now->errors[2].text, "reset \a");
    assert_int_equal(now->other_errors, 2);
    assert_int_equal(now->mark_count, 3);
    assert_string_equal(now->marks[0].text, "the load is 10 users [part 0 of 2 (h1)]");
    assert_string_equal(now->marks[1].text, "a thread stood still [part 1 of 2 (h2)]");
    assert_string_equal(now->marks[2].text, "part 1 is silent");
    /* All thresholds are counted for a page: at most 20 a second is more than one. */
    assert_int_equal(now->threshold_count, 2);
    assert_string_equal(now->thresholds[0].text, "http_reqs rate>1");
    assert_int_equal(now->course->count, 2);
    assert_int_equal(now->course->points[1].requests, 20);
    whole_free(w);
}

static void each_part_is_shown(void **state) {
    (void)state;
    struct whole *w = start_shown();
    for (int s = 1; s <= 3; s++) {
        second_of(w, 0, s, 7, "0");
        second_of(w, 1, s, 5, "1");
    }
    say(w, 1, "client 0.95 300 0 0 -1 SUSPECT \"a thread is busy\"");
    for (int s = 4; s <= 5; s++)
        second_of(w, 0, s, 7, "0");
    whole_silence(w, 1, true);
    const struct status *now = whole_status(w, 5 * NS_PER_S, false);
    const struct status_part *p = now->parts;
    assert_int_equal(now->part_count, 2);
    assert_string_equal(p[0].host, "h1");
    assert_int_equal(p[0].requests, 50);
    assert_int_equal(p[0].lag_us, 1500);
    assert_int_equal(p[1].lag_us, LIVE_NO_VALUE);
    assert_true(p[0].requests_per_second > 9.99 && p[0].requests_per_second < 10.01);
    assert_int_equal(p[1].state, STATUS_PART_SILENT);
    assert_int_equal(p[1].requests, 30);
    assert_string_equal(now->verdict, "SUSPECT");
    assert_string_equal(now->reason, "part 1 of 2 (h2): a thread is busy");
    assert_int_equal(now->part_step_s, 1);
    assert_int_equal(now->part_courses[0].count, 5);
    assert_true(now->part_courses[0].points[4].known && !now->part_courses[1].points[4].known);
    assert_true(now->part_courses[1].points[2].users == 5);
    whole_lose(w, 1);
    now = whole_status(w, 6 * NS_PER_S, true);
    assert_int_equal(now->phase, STATUS_STOPPING);
    assert_int_equal(now->load_end_ns, 6 * NS_PER_S);
    assert_int_equal(now->parts[1].state, STATUS_PART_LOST);
    assert_int_equal(now->users, 7);
    assert_string_equal(now->verdict, "INVALID");
    assert_string_equal(now->reason, "part 1 of 2 (h2) is lost");
    now = whole_end(w, 6 * NS_PER_S);
    assert_int_equal(now->phase, STATUS_ENDED);
    assert_int_equal(now->rows[2].live.requests, 80);
    assert_int_equal(now->part_count, 2);
    whole_free(w);
}

/* Those that go on are shown; a second that the silent one reports later counts since the start. */
static void a_part_that_is_behind_is_not_waited_for(void **state) {
    (void)state;
    struct whole *w = start_shown();
    for (int s = 1; s <= 9; s++)
        second_of(w, 0, s, 7, "0");
    second_of(w, 1, 1, 5, "1");
    const struct status *now = whole_status(w, 9 * NS_PER_S, false);
    assert_true(now->rows[0].live.requests_per_second > 9.99);
    assert_int_equal(now->course->points[6].requests, 10);
    second_of(w, 1, 2, 5, "1");
    now = whole_status(w, 9 * NS_PER_S, false);
    assert_int_equal(now->rows[2].live.requests, 110);
    whole_free(w);
}

/* A day in 120 points, each the highest of its seconds. */
static void the_course_of_a_part_has_few_points(void **state) {
    (void)state;
    struct whole *w = start_shown();
    for (int s = 1; s <= 300; s++)
        second_of(w, 0, s, s == 100 ? 29 : 7, "0");
    const struct status *now = whole_status(w, 300 * NS_PER_S, false);
    assert_int_equal(now->part_step_s, 4);
    assert_int_equal(now->part_courses[0].count, 75);
    assert_true(now->part_courses[0].points[24].users == 29);
    assert_true(now->part_courses[0].points[25].users == 7);
    assert_false(now->part_courses[0].points[75].known);
    whole_free(w);
}

static void what_is_said_of_the_load_is_checked(void **state) {
    (void)state;
    struct whole *w = NULL;
    struct err e = {""};
    const struct whole_plan plan = {.parts = 1, .rules = "", .about = "{\"name\": 1"};
    assert_int_equal(whole_new(&plan, &w, &e), -1);
    assert_non_null(strstr(e.text, "what part 0 says of the load"));
    /* What is missing is shown as nothing. */
    const struct whole_plan odd = {.parts = 1, .rules = "", .about = "{\"endpoints\": [1, {}]}"};
    assert_int_equal(whole_new(&odd, &w, &e), 0);
    assert_string_equal(whole_status(w, 0, false)->run->name, "");
    whole_free(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_sees_endpoints_errors_and_events),
        cmocka_unit_test(each_part_is_shown),
        cmocka_unit_test(a_part_that_is_behind_is_not_waited_for),
        cmocka_unit_test(the_course_of_a_part_has_few_points),
        cmocka_unit_test(what_is_said_of_the_load_is_checked),
        cmocka_unit_test(the_sum_is_as_old_as_its_slowest_part),
        cmocka_unit_test(a_part_that_has_ended_holds_up_nobody),
        cmocka_unit_test(without_all_counts_no_threshold_fails),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
