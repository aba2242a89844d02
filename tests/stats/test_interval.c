#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "near.h"
#include "stats/interval.h"
#include "stats/quantile.h"
#include "util/rng.h"

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

/* The smallest n with p^n and (1-p)^n below 0.025, worked out by hand. */
static void test_how_many_values_it_takes(void **state) {
    (void)state;
    static const struct {
        double p;
        uint64_t n;
    } cases[] = {{0.5, 6},   {0.6, 8},    {0.7, 11},     {0.8, 17}, {0.9, 36},
                 {0.95, 72}, {0.99, 368}, {0.999, 3688}, {0.1, 36}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(interval_needs(cases[i].p, 0.95), cases[i].n);
    assert_int_equal(interval_needs(0.5, 0.99), 8); /* 2^-8 < 0.005 < 2^-7 */
}

#define SAMPLES 4000
#define SAMPLE_MAX 500

/* How many of many samples of n values have the true quantile within their interval. Half of the
 * values are exponential, half are ten times as large: nothing that a formula would expect. The
 * quantile is that of a very large sample. */
static double coverage(double p, size_t n, double truth, struct rng *r) {
    int64_t values[SAMPLE_MAX];
    uint64_t lower = 0, upper = 0;
    int covered = 0;
    assert_true(interval_quantile(p, n, 0.95, &lower, &upper));
    for (int sample = 0; sample < SAMPLES; sample++) {
        for (size_t i = 0; i < n; i++)
            values[i] = (int64_t)(rng_exponential(r) * (rng_below(r, 2) == 0 ? 1e6 : 1e7));
        quantile_sort(values, n);
        covered += (double)values[lower] <= truth && truth <= (double)values[upper];
    }
    return (double)covered / SAMPLES;
}

/* The true quantile of that mixture: 1 - F(t) = (e^-t + e^(-t/10)) / 2, solved by bisection. */
static double true_quantile(double p) {
    double low = 0, high = 1000;
    for (int i = 0; i < 100; i++) {
        double t = (low + high) / 2;
        *((exp(-t) + exp(-t / 10)) / 2 > 1 - p ? &low : &high) = t;
    }
    return low * 1e6;
}

/* The binomial sums between the ranks, in exact fractions by Python: what the coverage is. */
static void test_covers_the_true_quantile_as_often_as_it_says(void **state) {
    (void)state;
    static const struct {
        double p;
        size_t n;
        double covers;
    } cases[] = {{0.5, 10, 0.978516},   {0.5, 100, 0.964800},  {0.9, 100, 0.955690},
                 {0.95, 100, 0.982607}, {0.95, 500, 0.960499}, {0.99, 500, 0.980186}};
    struct rng r;
    rng_seed(&r, 5, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double covered = coverage(cases[i].p, cases[i].n, true_quantile(cases[i].p), &r);
        double sd = sqrt(cases[i].covers * (1 - cases[i].covers) / SAMPLES);
        assert_true(cases[i].covers >= 0.95);
        assert_near(covered, cases[i].covers, 4 * sd);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_ranks),
        cmocka_unit_test(test_says_when_values_are_too_few),
        cmocka_unit_test(test_many_values),
        cmocka_unit_test(test_how_many_values_it_takes),
        cmocka_unit_test(test_covers_the_true_quantile_as_often_as_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
