#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/interval.h"

/* Worked out in Python with exact fractions: the sums of comb(n, k) p^k (1-p)^(n-k). The medians of
 * 6, 9 and 10 values are also in every table of the sign test. */
static void test_exact_ranks(void **state) {
    (void)state;
    static const struct {
        double p;
        uint64_t n;
        double confidence;
        uint64_t lower, upper;
    } cases[] = {
        {0.5, 6, 0.95, 0, 5},        {0.5, 9, 0.95, 1, 7},        {0.5, 10, 0.95, 1, 8},
        {0.5, 100, 0.95, 39, 60},    {0.5, 425, 0.95, 191, 233},  {0.5, 1000, 0.95, 468, 531},
        {0.95, 72, 0.95, 63, 71},    {0.95, 100, 0.95, 89, 99},   {0.95, 1000, 0.95, 935, 963},
        {0.99, 368, 0.95, 359, 367}, {0.99, 500, 0.95, 489, 499}, {0.1, 100, 0.95, 4, 16},
        {0.5, 50, 0.99, 15, 34},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t lower = 0, upper = 0;
        assert_true(interval_quantile(cases[i].p, cases[i].n, cases[i].confidence, &lower, &upper));
        assert_int_equal(lower, cases[i].lower);
        assert_int_equal(upper, cases[i].upper);
    }
}

static void test_says_when_values_are_too_few(void **state) {
    (void)state;
    uint64_t lower = 7, upper = 8;
    for (uint64_t n = 0; n < 6; n++)
        assert_false(interval_quantile(0.5, n, 0.95, &lower, &upper));
    assert_false(interval_quantile(0.95, 71, 0.95, &lower, &upper));
    assert_false(interval_quantile(0.99, 367, 0.95, &lower, &upper));
    assert_int_equal(lower, 7); /* untouched */
    assert_int_equal(upper, 8);
}

/* For many values the ranks are those of the normal approximation, n/2 -+ 1.95996 sqrt(n)/2. */
static void test_many_values(void **state) {
    (void)state;
    uint64_t lower = 0, upper = 0;
    assert_true(interval_quantile(0.5, 1000000, 0.95, &lower, &upper));
    assert_in_range(lower, 500000 - 982, 500000 - 979);
    assert_in_range(upper, 500000 + 978, 500000 + 981);
    assert_int_equal(lower + upper, 999999);
    assert_true(interval_quantile(0.5, UINT64_C(1) << 30, 0.95, &lower, &upper));
    assert_in_range(lower, (UINT64_C(1) << 29) - 32120, (UINT64_C(1) << 29) - 32105);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_ranks),
        cmocka_unit_test(test_says_when_values_are_too_few),
        cmocka_unit_test(test_many_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
