/* wait: the pauses of a user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "schedule/wait.h"

#define MS INT64_C(1000000)

static void test_fixed(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 1, 0);
    struct wait none = {WAIT_NONE, 5, 7}, constant = {WAIT_CONSTANT, 250 * MS, 0};
    struct wait point = {WAIT_BETWEEN, 7 * MS, 7 * MS};
    for (int i = 0; i < 10; i++) {
        assert_int_equal(wait_next(&none, &r), 0);
        assert_int_equal(wait_next(&constant, &r), 250 * MS);
        assert_int_equal(wait_next(&point, &r), 7 * MS);
    }
}

static void test_between(void **state) {
    (void)state;
    struct wait w = {WAIT_BETWEEN, 100 * MS, 300 * MS};
    struct rng r, again;
    const int n = 20000;
    double sum = 0;
    int low_half = 0;
    rng_seed(&r, 1, 4);
    rng_seed(&again, 1, 4);
    for (int i = 0; i < n; i++) {
        int64_t ns = wait_next(&w, &r);
        assert_in_range(ns, 100 * MS, 300 * MS);
        assert_int_equal(wait_next(&w, &again), ns); /* the same seed, the same pauses */
        sum += (double)ns;
        low_half += ns < 200 * MS;
    }
    /* Uniform: mean 200 ms, standard deviation 200/sqrt(12) = 57.7 ms; half below the middle. Five
     * standard errors. */
    assert_true(fabs(sum / n - 200e6) < 5 * 57.7e6 / sqrt(n));
    assert_true(abs(low_half - n / 2) < 5 * sqrt(n) / 2);
}

static void test_paced(void **state) {
    (void)state;
    struct wait pacing = {WAIT_PACING, 40 * MS, 0}, poisson = {WAIT_POISSON, 40 * MS, 0};
    struct wait constant = {WAIT_CONSTANT, 40 * MS, 0};
    struct rng r;
    const int n = 20000;
    double sum = 0;
    int long_ones = 0;
    rng_seed(&r, 1, 4);
    assert_true(wait_is_paced(&pacing) && wait_is_paced(&poisson));
    assert_false(wait_is_paced(&constant) || wait_is_paced(&(struct wait){.kind = WAIT_NONE}));
    assert_int_equal(wait_next(&pacing, &r), 40 * MS);
    for (int i = 0; i < n; i++) {
        int64_t ns = wait_next(&poisson, &r);
        assert_true(ns >= 0);
        sum += (double)ns;
        long_ones += ns > 40 * MS;
    }
    /* Exponential: the standard deviation is the mean, and 1/e are above it. Five standard
     * errors. */
    assert_true(fabs(sum / n - 40e6) < 5 * 40e6 / sqrt(n));
    assert_true(fabs((double)long_ones / n - exp(-1)) < 5 * 0.4823 / sqrt(n));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_paced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
