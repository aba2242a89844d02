/* Times and counts: what is read, and that draws follow the distribution asked for (against its
 * analytic mean and median). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "target/variate.h"
#include "util/clock.h"

#define DRAWS 100000

static struct variate parsed(const char *text) {
    struct variate l = {0};
    struct err e = {""};
    if (variate_parse_times(text, &l, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    return l;
}

struct shape {
    double mean_ms, below; /* the share of draws below a bound */
    int64_t least_ns, most_ns;
};

static struct shape draw(const char *text, double bound_ms) {
    struct variate l = parsed(text);
    struct shape s = {.least_ns = INT64_MAX};
    struct rng r;
    rng_seed(&r, 7, 0);
    for (int k = 0; k < DRAWS; k++) {
        int64_t ns = variate_draw_ns(&l, &r);
        s.mean_ms += (double)ns / (double)NS_PER_MS / DRAWS;
        s.below += (double)ns < bound_ms * (double)NS_PER_MS ? 1.0 / DRAWS : 0;
        s.least_ns = ns < s.least_ns ? ns : s.least_ns;
        s.most_ns = ns > s.most_ns ? ns : s.most_ns;
    }
    return s;
}

static void near(double value, double expected, double tolerance) {
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%g is not within %g of %g", value, tolerance, expected);
}

static void a_constant_is_itself(void **state) {
    (void)state;
    struct shape s = draw("20ms", 0);
    assert_int_equal(s.least_ns, 20 * NS_PER_MS);
    assert_int_equal(s.most_ns, 20 * NS_PER_MS);
}

/* Tolerances: five standard errors of the mean, sd / sqrt(DRAWS). */
static void uniform_fills_its_range_evenly(void **state) {
    (void)state;
    struct shape s = draw("uniform:10ms,30ms", 15);
    near(s.mean_ms, 20, 5 * 20 / sqrt(12) / sqrt(DRAWS));
    near(s.below, 0.25, 5 * sqrt(0.25 * 0.75 / DRAWS));
    assert_in_range(s.least_ns, 10 * NS_PER_MS, 10 * NS_PER_MS + NS_PER_MS / 10);
    assert_in_range(s.most_ns, 30 * NS_PER_MS - NS_PER_MS / 10, 30 * NS_PER_MS);
}

static void lognormal_has_its_median_and_its_mean(void **state) {
    (void)state;
    double mean = 120 * exp(0.4 * 0.4 / 2), sd = mean * sqrt(exp(0.4 * 0.4) - 1);
    struct shape s = draw("lognormal:120ms,0.4", 120);
    near(s.mean_ms, mean, 5 * sd / sqrt(DRAWS));
    near(s.below, 0.5, 5 * sqrt(0.25 / DRAWS));
    /* One sigma up: Phi(1) = 0.841345. */
    near(draw("lognormal:120ms,0.4", 120 * exp(0.4)).below, 0.841345, 5 * sqrt(0.1335 / DRAWS));
}

/* Mean and standard deviation are the same; below the mean are 1 - 1/e. */
static void exponential_has_its_mean(void **state) {
    (void)state;
    struct shape s = draw("exponential:20ms", 20);
    near(s.mean_ms, 20, 5 * 20 / sqrt(DRAWS));
    near(s.below, 1 - exp(-1), 5 * sqrt(exp(-1) * (1 - exp(-1)) / DRAWS));
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The largest distance of the empirical distribution from the true one exceeds this with 1e-9
 * (Dvoretzky, Kiefer and Wolfowitz 1956, Massart 1990). And a draw says nothing of the next one. */
static void exponential_has_its_distribution_and_independent_draws(void **state) {
    static int64_t drawn[DRAWS], before[DRAWS];
    struct variate v = parsed("exponential:20ms");
    struct rng r, again;
    double farthest = 0, together = 0;
    (void)state;
    rng_seed(&r, 11, 0);
    rng_seed(&again, 11, 0);
    for (size_t k = 0; k < DRAWS; k++) {
        before[k] = drawn[k] = variate_draw_ns(&v, &r);
        assert_int_equal(variate_draw_ns(&v, &again), drawn[k]);
        if (k > 0)
            together += ((double)before[k - 1] / 2e7 - 1) * ((double)drawn[k] / 2e7 - 1) / DRAWS;
    }
    near(together, 0, 6 / sqrt(DRAWS));
    qsort(drawn, DRAWS, sizeof *drawn, by_size);
    for (size_t k = 0; k < DRAWS; k++) {
        double p = -expm1(-(double)drawn[k] / 2e7);
        farthest =
            fmax(farthest, fmax(fabs(p - (double)k / DRAWS), fabs(p - (double)(k + 1) / DRAWS)));
    }
    near(farthest, 0, sqrt(log(2 / 1e-9) / (2.0 * DRAWS)));
}

static void sigma_zero_is_constant(void **state) {
    (void)state;
    struct shape s = draw("lognormal:120ms,0", 0);
    assert_int_equal(s.least_ns, 120 * NS_PER_MS);
    assert_int_equal(s.most_ns, 120 * NS_PER_MS);
}

static void what_is_no_service_time_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "fast",
        "-1ms",
        "uniform:",
        "uniform:10ms",
        "uniform:30ms,10ms",
        "uniform:10ms,20ms,30ms",
        "exponential:",
        "exponential:10ms,20ms",
        "lognormal:10ms",
        "lognormal:10ms,",
        "lognormal:10ms,-1",
        "lognormal:10ms,nan",
        "lognormal:10ms,0.4x",
        "lognormal:10ms,6",
        "normal:10ms,1ms",
        "20ms:30ms",
        "uniform:0,"
        "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
    };
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct variate l = {.low = -1};
        struct err e = {""};
        if (variate_parse_times(bad[k], &l, &e) == 0)
            fail_msg("\"%s\" was taken", bad[k]);
        assert_int_equal(l.low, -1);
        assert_int_not_equal(e.text[0], '\0');
    }
}

static struct variate counted(const char *text) {
    struct variate d = {0};
    struct err e = {""};
    if (variate_parse_counts(text, 1000, &d, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    return d;
}

static void counts_are_whole_and_both_ends_are_as_likely_as_the_rest(void **state) {
    (void)state;
    struct variate three = counted("uniform:5,7"), constant = counted("12");
    struct rng r;
    double seen[3] = {0};
    rng_seed(&r, 3, 0);
    for (int k = 0; k < DRAWS; k++) {
        int64_t n = variate_draw_count(&three, 1000, &r);
        assert_in_range(n, 5, 7);
        seen[n - 5] += 1.0 / DRAWS;
        assert_int_equal(variate_draw_count(&constant, 1000, &r), 12);
    }
    for (int k = 0; k < 3; k++)
        near(seen[k], 1.0 / 3, 5 * sqrt(2.0 / 9 / DRAWS));
}

static void counts_have_their_median_and_a_ceiling(void **state) {
    (void)state;
    struct variate d = counted("lognormal:100,2");
    struct rng r;
    double below = 0;
    int64_t most = 0;
    rng_seed(&r, 4, 0);
    for (int k = 0; k < DRAWS; k++) {
        int64_t n = variate_draw_count(&d, 1000, &r);
        below += n <= 100 ? 1.0 / DRAWS : 0;
        most = n > most ? n : most;
    }
    /* What is rounded to 100 is counted as below: Phi(ln(1.005) / 2). */
    near(below, 0.5 * (1 + erf(log(1.005) / 2 / sqrt(2))), 5 * sqrt(0.25 / DRAWS));
    assert_int_equal(most, 1000);
}

static void what_is_no_count_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"",   "many",          "-1",          "1.5",
                                      "1k", "1001",          "uniform:1",   "uniform:2,1",
                                      "1 ", "lognormal:1,9", "uniform:1,x", "99999999999999999999"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct variate d = {.low = -1};
        struct err e = {""};
        if (variate_parse_counts(bad[k], 1000, &d, &e) == 0)
            fail_msg("\"%s\" was taken", bad[k]);
        assert_int_equal(d.low, -1);
        assert_int_not_equal(e.text[0], '\0');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_is_itself),
        cmocka_unit_test(uniform_fills_its_range_evenly),
        cmocka_unit_test(lognormal_has_its_median_and_its_mean),
        cmocka_unit_test(exponential_has_its_mean),
        cmocka_unit_test(exponential_has_its_distribution_and_independent_draws),
        cmocka_unit_test(sigma_zero_is_constant),
        cmocka_unit_test(what_is_no_service_time_is_refused),
        cmocka_unit_test(counts_are_whole_and_both_ends_are_as_likely_as_the_rest),
        cmocka_unit_test(counts_have_their_median_and_a_ceiling),
        cmocka_unit_test(what_is_no_count_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
