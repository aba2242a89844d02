/* The ratio of two capacities against intervals worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capacity/capacity_ratio.h"
#include "near.h"
#include "util/array.h"

#define NONE ((double)INFINITY)

static void intervals_that_overlap_decide_nothing(void **state) {
    static const struct {
        double base[2], with[2], low, high;
        enum capacity_change verdict;
    } cases[] = {
        {{100, 110}, {200, 220}, 200.0 / 110, 2.2, CAPACITY_BETTER},
        {{200, 220}, {100, 110}, 100.0 / 220, 0.55, CAPACITY_WORSE},
        {{100, 110}, {109, 120}, 109.0 / 110, 1.2, CAPACITY_UNDECIDED},
        /* The base fails at 110, the new one holds it. */
        {{100, 110}, {110, 120}, 1, 1.2, CAPACITY_BETTER},
        {{110, 120}, {100, 110}, 100.0 / 120, 1, CAPACITY_WORSE},
        {{100, 110}, {100, 110}, 100.0 / 110, 1.1, CAPACITY_UNDECIDED},
        /* Above the highest load that was tried, and below the lowest. */
        {{100, NONE}, {200, NONE}, 0, NONE, CAPACITY_UNDECIDED},
        {{100, 110}, {200, NONE}, 200.0 / 110, NONE, CAPACITY_BETTER},
        {{100, NONE}, {50, 60}, 0, 0.6, CAPACITY_WORSE},
        {{0, 10}, {20, 22}, 2, NONE, CAPACITY_BETTER},
        {{20, 22}, {0, 10}, 0, 0.5, CAPACITY_WORSE},
        {{0, 10}, {0, 10}, 0, NONE, CAPACITY_UNDECIDED},
        {{0, NONE}, {100, 110}, 0, NONE, CAPACITY_UNDECIDED}, /* not known */
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct search_answer base = {
            .value = 105, .low = cases[i].base[0], .high = cases[i].base[1]};
        const struct search_answer with = {
            .value = 210, .low = cases[i].with[0], .high = cases[i].with[1]};
        struct capacity_ratio r;
        capacity_ratio(&base, &with, &r);
        if (r.verdict != cases[i].verdict)
            fail_msg("case %zu has the verdict %d", i, (int)r.verdict);
        assert_near(r.low, cases[i].low, 1e-12);
        if (isinf(cases[i].high))
            assert_true(isinf(r.high));
        else
            assert_near(r.high, cases[i].high, 1e-12);
        assert_near(r.ratio, 2, 1e-12);
        assert_near(r.difference, 105, 1e-12);
    }
}

static void without_an_estimate_there_is_no_ratio(void **state) {
    const struct search_answer base = {.value = (double)NAN, .low = 100, .high = NONE};
    const struct search_answer with = {.value = 50, .low = 48, .high = 52};
    struct capacity_ratio r;
    (void)state;
    capacity_ratio(&base, &with, &r);
    assert_true(isnan(r.ratio) && isnan(r.difference));
    assert_int_equal(r.verdict, CAPACITY_WORSE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(intervals_that_overlap_decide_nothing),
        cmocka_unit_test(without_an_estimate_there_is_no_ratio),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
