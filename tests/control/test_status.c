/* status: rows, errors and events of a run as of a second, and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "control/status.h"
#include "control/status_json.h"
#include "util/clock.h"

#define S (INT64_C(1000000))

static struct endpoint endpoints[] = {{"/b", "GET"}, {"/a", "POST"}, {"/b", "GET"}, {"/a", "GET"}};
static const struct catalog catalog = {.endpoints = endpoints, .endpoint_count = 4};

static const char *error_text(void *context, uint32_t error) {
    (void)context;
    return error == 7 ? "</script>\x1b[31m\xff" : "other";
}

static int64_t started_ns(void *context) {
    (void)context;
    return 0;
}

static const struct status_run run = {.name = "run",
                                      .target = "http://127.0.0.1",
                                      .scenario = "s.json",
                                      .version = "1",
                                      .file = "a.db",
                                      .catalog = &catalog,
                                      .duration_ns = 60 * NS_PER_S,
                                      .error_text = error_text,
                                      .started_ns = started_ns};

static struct status_board *made(void) {
    struct status_board *b = NULL;
    struct err e = {""};
    if (status_board_new(&run, &b, &e) != 0)
        fail_msg("%s", e.text);
    return b;
}

static void fail_with(struct status_board *b, uint32_t endpoint, uint32_t error, int status,
                      int64_t end_us) {
    const struct request x = {.endpoint = endpoint,
                              .error = error,
                              .status = status,
                              .end_us = end_us,
                              .response_us = 500,
                              .outcome = status != 0 ? OUTCOME_HTTP_ERROR : OUTCOME_RESET};
    status_feed(b, &x, 1);
}

static void endpoints_of_one_name_are_one_row(void **state) {
    (void)state;
    struct status_board *b = made();
    for (uint32_t i = 0; i < 4; i++)
        fail_with(b, i, 0, 500, S);
    const struct status *s = status_read(b, 2 * NS_PER_S, 3, false);
    assert_int_equal(s->row_count, 3);
    assert_string_equal(s->rows[0].name, "/a");
    assert_string_equal(s->rows[0].method, "GET");
    assert_string_equal(s->rows[1].method, "POST");
    assert_string_equal(s->rows[2].name, "/b");
    assert_int_equal(s->rows[2].live.requests, 2);
    assert_int_equal(s->rows[3].live.requests, 4);
    assert_null(s->rows[3].name);
    status_board_free(b);
}

static void errors_are_counted_by_text_or_status_the_most_frequent_first(void **state) {
    (void)state;
    struct status_board *b = made();
    fail_with(b, 0, 0, 500, 3 * S);
    fail_with(b, 0, 0, 503, 3 * S);
    fail_with(b, 1, 7, 0, 9 * S);
    fail_with(b, 1, 7, 0, 4 * S);
    fail_with(b, 2, 0, 500, 1 * S); /* the row of 0 */
    fail_with(b, 2, 0, 500, 5 * S);
    const struct status *s = status_read(b, 10 * NS_PER_S, 0, false);
    assert_int_equal(s->error_count, 3);
    assert_int_equal(s->errors[0].count, 3);
    assert_int_equal(s->errors[0].status, 500);
    assert_int_equal(s->errors[0].first_us, S);
    assert_int_equal(s->errors[0].last_us, 5 * S);
    assert_int_equal(s->errors[1].count, 2);
    assert_int_equal(s->errors[1].first_us, 4 * S);
    assert_string_equal(s->errors[1].text, "</script>\x1b[31m\xff");
    assert_string_equal(s->errors[2].text, "");
    status_board_free(b);
}

static void kinds_of_errors_beyond_the_limit_count_together(void **state) {
    (void)state;
    struct status_board *b = made();
    for (uint32_t k = 1; k <= STATUS_ERRORS_MAX + 50; k++)
        for (int i = 0; i < 3; i++)
            fail_with(b, k % 4, k, 0, S);
    const struct status *s = status_read(b, 2 * NS_PER_S, 0, false);
    uint64_t sum = 0;
    for (size_t i = 0; i < s->error_count; i++)
        sum += s->errors[i].count;
    assert_int_equal(s->error_count, STATUS_ERRORS_MAX);
    assert_int_equal(sum, 3 * STATUS_ERRORS_MAX);
    assert_int_equal(s->other_errors, 3 * 50);
    status_board_free(b);
}

static void the_newest_events_are_kept_in_order(void **state) {
    (void)state;
    struct status_board *b = made();
    const struct status *s = NULL;
    char text[32];
    for (int i = 1; i <= STATUS_MARKS_MAX * 2 + 10; i++) {
        snprintf(text, sizeof text, "event %d", i);
        status_feed_event(b, i * NS_PER_MS, "kind", text);
        if (i % 300 == 0 || i == 5)
            s = status_read(b, NS_PER_S, 0, false);
    }
    s = status_read(b, NS_PER_S, 0, false);
    assert_int_equal(s->mark_count, STATUS_MARKS_MAX);
    for (size_t i = 0; i < s->mark_count; i++) {
        snprintf(text, sizeof text, "event %zu", STATUS_MARKS_MAX + 11 + i);
        assert_string_equal(s->marks[i].text, text);
        assert_int_equal(s->marks[i].number, STATUS_MARKS_MAX + 11 + i);
    }
    status_board_free(b);
}

static void the_course_has_the_users_of_its_own_seconds(void **state) {
    (void)state;
    struct status_board *b = made();
    const struct status *s = NULL;
    for (uint32_t i = 0; i < 5; i++) {
        fail_with(b, 0, 0, 500, i * S + 1);
        s = status_read(b, i * NS_PER_S + 1, 10 + i, false);
    }
    /* At 4 s, second 3 may still get rows. */
    assert_int_equal(s->course->count, 3);
    s = status_read(b, 5 * NS_PER_S, 0, true);
    assert_int_equal(s->course->count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(s->course->points[i].users, 10 + i);
        assert_int_equal(s->course->points[i].requests, 1);
    }
    status_board_free(b);
}

static double number(const cJSON *of, const char *key) {
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(of, key);
    assert_true(cJSON_IsNumber(x));
    return x->valuedouble;
}

static void json_has_it_all_and_no_hostile_byte(void **state) {
    (void)state;
    struct status_board *b = made();
    struct buf out;
    fail_with(b, 1, 7, 0, S / 2);
    status_feed_event(b, 1, "first", "seen before");
    status_feed_event(b, 2 * NS_PER_S, "kind", "a \"b\" \n \xe2\x80\xa8");
    struct status *s = status_read(b, 3 * NS_PER_S, 4, false);
    s->verdict = "VALID";
    s->thresholds = NULL;
    buf_init(&out, 1 << 20);
    status_json(s, STATUS_JSON_RUN | STATUS_JSON_COURSE, 1, &out);
    assert_true(buf_ok(&out));
    for (size_t i = 0; i < out.len; i++)
        assert_true(out.data[i] >= 0x20 && out.data[i] < 0x7f);
    cJSON *j = cJSON_Parse(buf_text(&out));
    assert_non_null(j);
    const cJSON *total = cJSON_GetObjectItemCaseSensitive(j, "total");
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(j, "events");
    const cJSON *errors = cJSON_GetObjectItemCaseSensitive(j, "errors");
    const cJSON *course = cJSON_GetObjectItemCaseSensitive(j, "course");
    assert_float_equal(number(total, "requests"), 1, 0);
    assert_float_equal(number(total, "mean_ms"), 0.5, 1e-9);
    assert_int_equal(cJSON_GetArraySize(events), 1);
    assert_string_equal(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(events, 0), "text")->valuestring,
        "a \"b\" \n \xe2\x80\xa8");
    assert_string_equal(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(errors, 0), "error")->valuestring,
        "</script>\x1b[31m\xef\xbf\xbd");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(course, "users")), 2);
    cJSON_Delete(j);
    buf_done(&out);
    status_board_free(b);
}

/* 50 endpoints for 24 hours, with times over three decades: what a page loads first. */
static void a_day_is_a_small_document(void **state) {
    (void)state;
    static struct endpoint many[50];
    static char names[50][32];
    for (size_t i = 0; i < 50; i++) {
        snprintf(names[i], sizeof names[i], "/api/v1/resource/%zu", i);
        many[i] = (struct endpoint){names[i], "POST"};
    }
    const struct catalog catalog_of_50 = {.endpoints = many, .endpoint_count = 50};
    struct status_run day = run;
    struct status_board *b = NULL;
    struct err e = {""};
    struct buf out;
    day.catalog = &catalog_of_50;
    if (status_board_new(&day, &b, &e) != 0)
        fail_msg("%s", e.text);
    struct status *s = NULL;
    for (int64_t second = 0; second < 86400; second++) {
        struct request x[20];
        for (uint32_t i = 0; i < 20; i++)
            x[i] = (struct request){.endpoint = (uint32_t)(second * 20 + i) % 50,
                                    .end_us = second * S + i,
                                    .response_us = 1000 << (second * 7 + i) % 11,
                                    .outcome = OUTCOME_OK};
        status_feed(b, x, 20);
        if (second % 4 == 0)
            s = status_read(b, second * NS_PER_S, 1000, false);
        if (second % 1000 == 0)
            status_feed_event(b, second * NS_PER_S, "stage", "stage 2 of 3: to 500 users in 60 s");
    }
    s = status_read(b, 86400 * NS_PER_S, 0, true);
    s->verdict = "VALID";
    assert_true(s->course->count <= LIVE_COURSE_POINTS);
    uint64_t banded = 0;
    for (size_t i = 0; i < s->course->count; i++)
        for (size_t k = 0; k < LIVE_COURSE_BANDS; k++)
            banded += s->course->points[i].bands[k];
    assert_int_equal(banded, 86400 * 20);
    buf_init(&out, 1 << 20);
    status_json(s, STATUS_JSON_RUN | STATUS_JSON_COURSE, 0, &out);
    if (!buf_ok(&out) || out.len > 200000)
        fail_msg("%zu bytes", out.len);
    buf_done(&out);
    status_board_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_of_one_name_are_one_row),
        cmocka_unit_test(errors_are_counted_by_text_or_status_the_most_frequent_first),
        cmocka_unit_test(kinds_of_errors_beyond_the_limit_count_together),
        cmocka_unit_test(the_newest_events_are_kept_in_order),
        cmocka_unit_test(the_course_has_the_users_of_its_own_seconds),
        cmocka_unit_test(json_has_it_all_and_no_hostile_byte),
        cmocka_unit_test(a_day_is_a_small_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
