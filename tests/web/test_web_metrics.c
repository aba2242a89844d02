/* web_metrics: series are bounded, and no text leaves its label. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "control/metrics.h"
#include "util/clock.h"
#include "web/web_metrics.h"

static int64_t started_ns(void *context) {
    (void)context;
    return 1700000000 * NS_PER_S;
}

static const char *error_text(void *context, uint32_t error) {
    (void)context;
    (void)error;
    return "";
}

struct bench {
    struct endpoint endpoints[300];
    char names[300][16];
    struct catalog catalog;
    struct status_run run;
    struct status_board *board;
    struct buf out;
};

static void set_up(struct bench *b, size_t n, const char *name) {
    struct err e = {""};
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < n; i++) {
        snprintf(b->names[i], sizeof b->names[i], "e%03u", (unsigned)(i % 1000));
        b->endpoints[i] = (struct endpoint){name != NULL ? name : b->names[i], "GET"};
    }
    b->catalog = (struct catalog){.endpoints = b->endpoints, .endpoint_count = n};
    b->run = (struct status_run){.name = "run",
                                 .target = "t",
                                 .version = "1",
                                 .catalog = &b->catalog,
                                 .error_text = error_text,
                                 .started_ns = started_ns};
    buf_init(&b->out, 16 << 20);
    if (status_board_new(&b->run, &b->board, &e) != 0)
        fail_msg("%s", e.text);
    for (uint32_t i = 0; i < n; i++) {
        const struct request x = {.endpoint = i, .response_us = 2000, .outcome = OUTCOME_OK};
        status_feed(b->board, &x, 1);
    }
    struct status *s = status_read(b->board, NS_PER_S, 1, false);
    s->verdict = "VALID";
    web_metrics(s, &b->out);
    assert_true(buf_ok(&b->out));
}

static void tear_down(struct bench *b) {
    status_board_free(b->board);
    buf_done(&b->out);
}

static size_t count(const struct buf *in, const char *what) {
    size_t n = 0;
    for (const char *p = buf_text(in); (p = strstr(p, what)) != NULL; p++)
        n++;
    return n;
}

static void has(const struct buf *in, const char *line) {
    if (count(in, line) != 1)
        fail_msg("%zu times: %s", count(in, line), line);
}

static void endpoints_beyond_the_limit_are_one_series(void **state) {
    (void)state;
    static struct bench b;
    set_up(&b, 300, NULL);
    assert_int_equal(count(&b.out, "coldswarm_requests_total{"), METRICS_ENDPOINTS_MAX + 1);
    has(&b.out, "\ncoldswarm_requests_total{method=\"GET\",name=\"e000\"} 1\n");
    has(&b.out, "\ncoldswarm_requests_total{method=\"\",name=\"(other endpoints)\"} 100\n");
    has(&b.out, "\ncoldswarm_response_time_seconds_bucket{method=\"\",name=\"(other "
                "endpoints)\",le=\"0.0025\"} 100\n");
    has(&b.out, "\ncoldswarm_response_time_seconds_bucket{method=\"\",name=\"(other "
                "endpoints)\",le=\"0.001\"} 0\n");
    has(&b.out, "\ncoldswarm_other_endpoints 100\n");
    tear_down(&b);
}

static void as_many_as_the_limit_have_their_own(void **state) {
    (void)state;
    static struct bench b;
    set_up(&b, METRICS_ENDPOINTS_MAX, NULL);
    assert_int_equal(count(&b.out, "(other endpoints)"), 0);
    has(&b.out, "\ncoldswarm_other_endpoints 0\n");
    tear_down(&b);
}

static void a_hostile_name_stays_in_its_label(void **state) {
    (void)state;
    static struct bench b;
    set_up(&b, 1, "a\"} 1\nevil_total 7\n\\ \x1b[31m \xff");
    has(&b.out, "\ncoldswarm_requests_total{method=\"GET\",name=\"a\\\"} 1\\\\x0aevil_total "
                "7\\\\x0a\\\\ \\\\x1b[31m \\\\xff\"} 1\n");
    assert_int_equal(count(&b.out, "\nevil_total"), 0);
    tear_down(&b);
}

static void a_long_name_is_cut(void **state) {
    (void)state;
    static struct bench b;
    static char name[100000];
    memset(name, 'x', sizeof name - 1);
    set_up(&b, 1, name);
    assert_true(b.out.len < 60000);
    tear_down(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints_beyond_the_limit_are_one_series),
        cmocka_unit_test(as_many_as_the_limit_have_their_own),
        cmocka_unit_test(a_hostile_name_stays_in_its_label),
        cmocka_unit_test(a_long_name_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
