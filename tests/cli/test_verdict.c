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
    {{.busiest_core = 0.5}, {.rows = 10, .answered = 10}, "VALID", "at most 50 %", 0},
    {{0}, {.rows = 10, .answered = 10, .failures = 1}, "VALID", "", 7},
    {{0}, {.rows = 10, .answered = 1, .failures = 9}, "VALID", "", 7},
    {{.busiest_core = 0.97, .busiest_worker = 2},
     {.rows = 10, .answered = 10},
     "SUSPECT",
     "thread 3 of the client used 97 %",
     0},
    {{0}, {.rows = 10, .lost = 3, .answered = 10}, "INVALID", "3 requests are not in the file", 4},
    {{0}, {.rows = 10, .lost = 3, .answered = 10, .failures = 5}, "INVALID", "3 requests", 4},
    {{.busiest_core = 0.99}, {.rows = 10, .lost = 3, .answered = 10}, "INVALID", "3 requests", 4},
    {{0}, {.rows = 10, .failures = 10}, "VALID", "", 3},
    {{.record_failed = true}, {.rows = 10, .lost = 3, .answered = 10}, "INVALID", "3 requests", 3},
    {{.signal = SIGINT}, {.rows = 10, .answered = 10, .failures = 2}, "VALID", "", 130},
    {{.signal = SIGTERM}, {.rows = 10, .answered = 10}, "VALID", "", 143},
    {{.signal = SIGINT}, {.rows = 10, .failures = 10}, "VALID", "", 130},
    {{.signal = SIGINT, .record_failed = true}, {.rows = 1}, "INVALID", "", 3},
    {{0}, {.rows = 3}, "VALID", "", 3}, /* all cancelled, none answered */
    {{0}, {0}, "VALID", "", 0},
};

static void each_end_has_its_verdict_and_code(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct verdict v;
        verdict_decide(&v, &rows[i].run, &rows[i].totals);
        int code = verdict_exit_code(&v, &rows[i].run, &rows[i].totals, 7);
        if (strcmp(v.word, rows[i].word) != 0 || strstr(v.reason, rows[i].reason) == NULL ||
            code != rows[i].code)
            fail_msg("row %d: %s (%s), exit %d", (int)i, v.word, v.reason, code);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_end_has_its_verdict_and_code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
