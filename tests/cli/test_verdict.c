#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "cli/command.h"
#include "cli/verdict.h"

struct row {
    struct engine_result run;
    struct record_totals totals;
    const char *word, *reason; /* part of it */
    int code;                  /* with 7 for failed requests */
};

/* DESIGN: the worst in the order 3, 4, 99, 1 wins; a signal's code stands for what it cut short. */
static const struct row rows[] = {
    {{0}, {.rows = 10, .answered = 10}, "VALID", "under 1 %", 0},
    {{.longest_stall_ns = 5083000000},
     {.rows = 10, .answered = 10},
     "SUSPECT",
     "stalled for 5.1 s",
     0},
    {{.longest_stall_ns = 100000000}, {.rows = 10, .answered = 10}, "VALID", "", 0},
    {{.busiest_core = 0.5}, {.rows = 10, .answered = 10}, "VALID", "at most 50 %", 0},
    {{0}, {.rows = 10, .answered = 10, .failures = 1}, "VALID", "", 7},
    {{0}, {.rows = 10, .answered = 1, .failures = 9}, "VALID", "", 7},
    {{.busiest_core = 0.97, .busiest_worker = 2},
     {.rows = 10, .answered = 10},
     "SUSPECT",
     "thread 3 of the client used 97 %",
     0},
    {{0},
     {.rows = 10, .lost = 3, .answered = 10},
     "INVALID",
     "3 requests are missing in the file",
     4},
    {{0}, {.rows = 10, .lost = 3, .answered = 10, .failures = 5}, "INVALID", "3 requests", 4},
    {{.busiest_core = 0.99}, {.rows = 10, .lost = 3, .answered = 10}, "INVALID", "3 requests", 4},
    {{0}, {.rows = 10, .failures = 10}, "VALID", "", 3},
    {{.record_failed = true}, {.rows = 10, .lost = 3, .answered = 10}, "INVALID", "3 requests", 3},
    {{.signal = SIGINT}, {.rows = 10, .answered = 10, .failures = 2}, "VALID", "", 130},
    {{.signal = SIGTERM}, {.rows = 10, .answered = 10}, "VALID", "", 143},
    {{.signal = SIGINT}, {.rows = 10, .failures = 10}, "VALID", "", 130},
    {{.signal = SIGINT, .record_failed = true}, {.rows = 1}, "INVALID", "", 3},
    {{0}, {.rows = 3}, "VALID", "", 3}, /* all cancelled, none answered */
    {{0},
     {.rows = 3, .cancelled = 3},
     "SUSPECT",
     "all 3 that were sent were cancelled when the run stopped",
     3},
    /* Responses began, and none came to its end: not a success either. */
    {{0}, {.rows = 3, .answered = 3, .cancelled = 3}, "SUSPECT", "no request came to its end", 3},
    {{0},
     {.rows = 9, .answered = 3, .cancelled = 3, .dropped = 6},
     "SUSPECT",
     "all 3 that were sent",
     3},
    {{0}, {.rows = 4, .answered = 4, .cancelled = 3}, "VALID", "", 0},
    {{0},
     {.rows = 4, .answered = 4, .cancelled = 3, .failures = 1},
     "VALID",
     "",
     7}, /* one failed by itself */
    {{.signal = SIGINT}, {.rows = 3, .answered = 3, .cancelled = 3}, "SUSPECT", "", 130},
    {{.busiest_core = 0.99},
     {.rows = 3, .answered = 3, .cancelled = 3},
     "SUSPECT",
     "no request came to its end",
     3},
    /* Nothing could be built: nobody was asked, so nobody failed to answer. */
    {{0}, {.rows = 3, .failures = 3, .unsendable = 3}, "VALID", "", 7},
    {{0}, {.rows = 5, .answered = 1, .failures = 4, .unsendable = 4}, "VALID", "", 7},
    {{0}, {.rows = 5, .failures = 5, .unsendable = 4}, "VALID", "", 3},
    /* What this machine could not send says nothing of the target: neither that it fails, nor that
     * it never answers. */
    {{.shortages = {[TRANSPORT_LIMIT_PORTS] = 1}},
     {.rows = 1000, .answered = 999, .failures = 1},
     "INVALID",
     "could not send 1 of 1000 requests, which the target never saw: it had no local port left; "
     "connect from more addresses (--source",
     4},
    {{.shortages = {[TRANSPORT_LIMIT_PORTS] = 1, [TRANSPORT_LIMIT_FILES] = 3}},
     {.rows = 4, .failures = 4},
     "INVALID",
     "could not send 4 of 4 requests, which the target never saw: this process had no file "
     "descriptor left; raise the limit of open files (ulimit -n",
     4},
    {{.shortages = {[TRANSPORT_LIMIT_PORTS] = 3}},
     {.rows = 4, .failures = 4},
     "INVALID",
     "3 of 4",
     3},
    {{.shortages = {[TRANSPORT_LIMIT_SYSTEM_FILES] = 1}},
     {.rows = 10, .answered = 9, .failures = 1},
     "INVALID",
     "fs.file-max",
     4},
    {{.shortages = {[TRANSPORT_LIMIT_MEMORY] = 1}},
     {.rows = 10, .answered = 9, .failures = 1},
     "INVALID",
     "tcp_mem",
     4},
    {{.shortages = {[TRANSPORT_LIMIT_ADDRESS] = 1}},
     {.rows = 10, .answered = 9, .failures = 1},
     "INVALID",
     "no address that can reach",
     4},
    {{0}, {0}, "VALID", "", 0},
};

#define FINE                                                                                       \
    { .rows = 1000, .answered = 1000 }

/* What was scheduled, and how it was sent. */
static const struct {
    struct dispatch_lag_result sent;
    struct row row;
} scheduled[] = {
    /* 5 % and 2 % themselves are still good. */
    {{.scheduled = 1000, .late = 50, .p99_us = 900}, {{0}, FINE, "VALID", "", 0}},
    {{.scheduled = 1000, .late = 51, .p99_us = 20000},
     {{0},
      FINE,
      "INVALID",
      "sent 51 of 1000 scheduled requests (5.1 %) over 10 ms late or not at all; its threads were "
      "not busy",
      4}},
    {{.scheduled = 1000, .late = 51, .p99_us = 20000},
     {{.busiest_core = 0.99},
      FINE,
      "INVALID",
      "its thread 1 used 99 % of a core; use more threads",
      4}},
    {{.scheduled = 1000, .late = 32, .not_sent = 19}, {{0}, FINE, "INVALID", "51 of 1000", 4}},
    {{.scheduled = 1000, .not_sent = 20}, {{0}, FINE, "VALID", "", 0}},
    {{.scheduled = 1000, .not_sent = 21},
     {{0}, FINE, "INVALID", "missed the rate by 2.1 %: it did not send 21 of 1000", 4}},
    /* Waiting for a free user is not the client's doing, however long it takes. */
    {{.scheduled = 1000, .waited = 1000}, {{0}, FINE, "VALID", "", 0}},
    {{.scheduled = 1000, .p99_us = 1000}, {{0}, FINE, "VALID", "", 0}},
    {{.scheduled = 1000, .p99_us = 1500}, {{0}, FINE, "SUSPECT", "over 1.5 ms late", 0}},
    {{.scheduled = 99, .p99_us = 1500}, {{0}, FINE, "VALID", "", 0}},
    {{.scheduled = 1000, .p99_us = 1500},
     {{.busiest_core = 0.95},
      FINE,
      "SUSPECT",
      "over 1.5 ms late: latencies may be its own; its thread 1 used 95 %",
      0}},
    {{.scheduled = 10, .late = 10},
     {{0}, {.rows = 7, .lost = 3, .answered = 7}, "INVALID", "3 requests", 4}},
    {{.scheduled = 100, .late = 100}, {{.signal = SIGINT}, FINE, "INVALID", "", 130}},
};

static void check(const struct row *row, const struct dispatch_lag_result *sent, size_t i) {
    struct verdict v;
    verdict_decide(&v, &row->run, &row->totals, sent);
    int code = verdict_exit_code(&v, &row->run, &row->totals, false, row->totals.failures, 7);
    if (strcmp(v.word, row->word) != 0 || strstr(v.reason, row->reason) == NULL ||
        code != row->code)
        fail_msg("row %d: %s (%s), exit %d", (int)i, v.word, v.reason, code);
}

static void each_end_has_its_verdict_and_code(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i], &(struct dispatch_lag_result){0}, i);
}

static void a_client_that_sends_late_spoils_a_run(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof scheduled / sizeof *scheduled; i++)
        check(&scheduled[i].row, &scheduled[i].sent, i);
}

/* A search for capacity may count a run whose client did nothing worse than to send late. */
static void late_sending_alone_is_told_from_other_doubts(void **state) {
    (void)state;
    const struct dispatch_lag_result late = {.scheduled = 1000, .p99_us = 1500},
                                     worse = {.scheduled = 1000, .late = 51, .p99_us = 20000};
    const struct record_totals totals = FINE;
    const struct engine_result fine = {0}, busy = {.busiest_core = 0.95},
                               stalled = {.longest_stall_ns = 5083000000};
    struct lines doubts;
    struct verdict v;
    verdict_decide(&v, &fine, &totals, &late);
    assert_true(v.only_late);
    lines_init(&doubts, NULL);
    verdict_doubt(&v, &doubts);
    assert_true(v.only_late);
    lines_add(&doubts, "stream_bursts", "Tokens came in bursts.");
    verdict_doubt(&v, &doubts);
    assert_false(v.only_late);
    lines_done(&doubts);
    verdict_decide(&v, &busy, &totals, &late);
    assert_false(v.only_late);
    verdict_decide(&v, &stalled, &totals, &late);
    assert_false(v.only_late);
    verdict_decide(&v, &fine, &totals, &worse);
    assert_false(v.only_late);
    verdict_decide(&v, &fine, &totals, &(struct dispatch_lag_result){0});
    assert_false(v.only_late);
}

/* 3, 4, 99, 1: and a signal's code before what it cut short. */
static void a_crossed_threshold_has_its_place(void **state) {
    (void)state;
    static const struct {
        struct row row;
        uint64_t uncovered;
        int crossed, holds;
    } ends[] = {
        {{{0}, FINE, "VALID", "", 0}, 0, 99, 0},
        {{{0}, {.rows = 9, .answered = 9, .failures = 5}, "VALID", "", 0}, 0, 99, 0},
        {{{0}, {.rows = 9, .answered = 9, .failures = 5}, "VALID", "", 0}, 2, 99, 7},
        {{{0}, {.rows = 9, .lost = 1, .answered = 9}, "INVALID", "", 0}, 0, 4, 4},
        {{{0}, {.rows = 9, .failures = 9}, "VALID", "", 0}, 0, 3, 3},
        {{{.record_failed = true}, FINE, "INVALID", "", 0}, 0, 3, 3},
        {{{.signal = SIGINT}, FINE, "VALID", "", 0}, 0, 130, 130},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct verdict v;
        const struct row *row = &ends[i].row;
        verdict_decide(&v, &row->run, &row->totals, &(struct dispatch_lag_result){0});
        for (int crossed = 0; crossed < 2; crossed++)
            assert_int_equal(
                verdict_exit_code(&v, &row->run, &row->totals, crossed == 1, ends[i].uncovered, 7),
                crossed == 1 ? ends[i].crossed : ends[i].holds);
    }
}

/* 3 of 5 answers came by what was not asked for; the word is not changed by it. */
static void test_another_version_is_noted(void **state) {
    (void)state;
    struct engine_result run = {0};
    struct record_totals totals = {.rows = 5, .answered = 5};
    struct dispatch_lag_result sent = {.answers = {1, 1, 2, 2}};
    struct verdict v;
    verdict_decide(&v, &run, &totals, &sent);
    verdict_note_version(&v, true, &sent);
    assert_string_equal(v.word, "VALID");
    assert_non_null(
        strstr(v.reason, "; the scenario asks for HTTP/2, but 3 of 5 responses used HTTP/1"));
    verdict_decide(&v, &run, &totals, &sent);
    verdict_note_version(&v, false, &sent);
    assert_null(strstr(v.reason, "HTTP/2"));
    verdict_decide(&v, &run, &totals, &(struct dispatch_lag_result){.answers = {7, 0, 0, 9}});
    verdict_note_version(&v, true, &(struct dispatch_lag_result){.answers = {7, 0, 0, 9}});
    assert_null(strstr(v.reason, "HTTP/2"));
}

/* Doubts of streams count where nothing else is wrong; a reason is no sentence. */
static void doubtful_streams_are_suspect(void **state) {
    (void)state;
    static const struct {
        const char *word, *doubt, *word_after, *reason;
    } cases[] = {
        {"VALID", NULL, "VALID", "before"},
        {"VALID", "Token events come in bursts.", "SUSPECT", "token events come in bursts"},
        {"SUSPECT", "Token events come in bursts.", "SUSPECT", "before"},
        {"INVALID", "Token events come in bursts.", "INVALID", "before"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict v = {.word = cases[i].word, .reason = "before"};
        struct lines doubts;
        lines_init(&doubts, NULL);
        if (cases[i].doubt != NULL) {
            remark_add(&doubts, "stream_bursts", "%s", cases[i].doubt);
            remark_add(&doubts, "stream_length", "Another one.");
        }
        verdict_doubt(&v, &doubts);
        assert_string_equal(v.word, cases[i].word_after);
        assert_string_equal(v.reason, cases[i].reason);
        lines_done(&doubts);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_another_version_is_noted),
        cmocka_unit_test(each_end_has_its_verdict_and_code),
        cmocka_unit_test(a_client_that_sends_late_spoils_a_run),
        cmocka_unit_test(late_sending_alone_is_told_from_other_doubts),
        cmocka_unit_test(a_crossed_threshold_has_its_place),
        cmocka_unit_test(doubtful_streams_are_suspect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
