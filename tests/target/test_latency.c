/* Service times: what is read, and that draws follow the distribution asked for (against its
 * analytic mean and median). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "target/latency.h"
#include "util/clock.h"

#define DRAWS 100000

static struct latency parsed(const char *text) {
    struct latency l = {0};
    struct err e = {""};
    if (latency_parse(text, &l, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    return l;
}

struct shape {
    double mean_ms, below; /* the share of draws below a bound */
    int64_t least_ns, most_ns;
};

static struct shape draw(const char *text, double bound_ms) {
    struct latency l = parsed(text);
    struct shape s = {.least_ns = INT64_MAX};
    struct rng r;
    rng_seed(&r, 7, 0);
    for (int k = 0; k < DRAWS; k++) {
        int64_t ns = latency_draw(&l, &r);
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
        struct latency l = {.low_ns = -1};
        struct err e = {""};
        if (latency_parse(bad[k], &l, &e) == 0)
            fail_msg("\"%s\" was taken", bad[k]);
        assert_int_equal(l.low_ns, -1);
        assert_int_not_equal(e.text[0], '\0');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_is_itself),
        cmocka_unit_test(uniform_fills_its_range_evenly),
        cmocka_unit_test(lognormal_has_its_median_and_its_mean),
        cmocka_unit_test(sigma_zero_is_constant),
        cmocka_unit_test(what_is_no_service_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
