/* What the requests of a load say about an SLO. Expected values: calculated by hand, known
 * quantiles of distributions, and shares of many samples. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "capacity/evidence.h"
#include "near.h"
#include "util/rng.h"

static struct gate_rule rule(const char *text) {
    struct gate_rule r = {0};
    struct err e = {""};
    if (gate_parse(text, &r, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    return r;
}

static struct evidence_result result(struct evidence *v, const char *text, double risk) {
    struct gate_rule r = rule(text);
    struct evidence_result out, decided;
    struct err e = {""};
    assert_int_equal(evidence_result(v, &r, risk, &out, &e), 0);
    assert_int_equal(evidence_decide(v, &r, risk, &decided, &e), 0);
    assert_int_equal(out.verdict, decided.verdict);
    gate_rule_done(&r);
    return out;
}

/* n independent exponential times with a mean of 100 ms, evenly over the cells. */
static void fill(struct evidence *v, struct rng *r, size_t n) {
    struct err e = {""};
    size_t first;
    assert_int_equal(evidence_begin(v, 20, 1, &first, &e), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(
            evidence_time(v, first + i * 20 / n, (int64_t)(1e5 * rng_exponential(r)), &e), 0);
}

/* p95 of this distribution is 100 ln 20 = 299.57 ms. */
static void an_interval_contains_the_percentile(void **state) {
    const int samples = 400;
    int outside = 0;
    struct rng r;
    (void)state;
    rng_seed(&r, 5, 0);
    for (int i = 0; i < samples; i++) {
        struct evidence v = {0};
        fill(&v, &r, 1000);
        struct evidence_result x = result(&v, "response_time p(95)<300", 0.025);
        assert_true(x.low <= x.value && x.value <= x.high);
        outside += x.high < 299.5732 || x.low > 299.5732;
        evidence_done(&v);
    }
    /* 20 are expected at most: that there are more than 40 has a probability of 1e-5. */
    assert_true(outside <= 40);
}

/* Values of each rank are known: the bounds are values at which the decision changes. */
static void bounds_are_where_decisions_change(void **state) {
    struct evidence v = {0};
    struct rng r;
    char text[80];
    (void)state;
    rng_seed(&r, 6, 0);
    fill(&v, &r, 2000);
    struct evidence_result x = result(&v, "response_time p(95)<300", 0.01);
    snprintf(text, sizeof text, "response_time p(95)<%.3f", 0.95 * x.low);
    assert_int_equal(result(&v, text, 0.01).verdict, EVIDENCE_FAILS);
    snprintf(text, sizeof text, "response_time p(95)<%.3f", x.value);
    assert_int_equal(result(&v, text, 0.01).verdict, EVIDENCE_OPEN);
    snprintf(text, sizeof text, "response_time p(95)<%.3f", 1.05 * x.high);
    assert_int_equal(result(&v, text, 0.01).verdict, EVIDENCE_HOLDS);
    snprintf(text, sizeof text, "response_time p(95)>%.3f", 1.05 * x.high);
    assert_int_equal(result(&v, text, 0.01).verdict, EVIDENCE_FAILS);
    evidence_done(&v);
}

/* Wilson's interval of 0 of 1000 at z = 1.96 ends at z^2 / (n + z^2) = 0.003827. Its t quantile
 * with 20 cells is a little larger. */
static void no_failure_bounds_the_share(void **state) {
    struct evidence v = {0};
    struct err e = {""};
    size_t first;
    (void)state;
    assert_int_equal(evidence_begin(&v, 20, 1, &first, &e), 0);
    for (size_t i = 0; i < 20; i++)
        evidence_share(&v, first + i, 0, 50);
    struct evidence_result x = result(&v, "http_req_failed rate<0.01", 0.025);
    assert_near(x.value, 0, 0);
    assert_near(x.low, 0, 0);
    assert_true(x.high > 0.003827 && x.high < 0.0046);
    assert_int_equal(x.verdict, EVIDENCE_HOLDS);
    assert_near(x.samples, 1000, 0);
    assert_int_equal(result(&v, "http_req_failed rate<0.001", 0.025).verdict, EVIDENCE_OPEN);
    evidence_done(&v);
}

/* The same failures in one cell are worth less than spread over all. */
static void failures_in_bursts_are_less_certain(void **state) {
    struct evidence even = {0}, burst = {0};
    struct err e = {""};
    size_t a, b;
    (void)state;
    assert_int_equal(evidence_begin(&even, 20, 1, &a, &e), 0);
    assert_int_equal(evidence_begin(&burst, 20, 1, &b, &e), 0);
    for (size_t i = 0; i < 20; i++) {
        evidence_share(&even, a + i, 2, 100);
        evidence_share(&burst, b + i, i < 2 ? 20 : 0, 100);
    }
    struct evidence_result x = result(&even, "http_req_failed rate<0.05", 0.01);
    struct evidence_result y = result(&burst, "http_req_failed rate<0.05", 0.01);
    assert_near(x.value, 0.02, 1e-12);
    assert_near(y.value, 0.02, 1e-12);
    assert_near(x.independent, 2000, 1e-6);
    assert_true(y.independent < 200);
    assert_int_equal(x.verdict, EVIDENCE_HOLDS);
    assert_int_equal(y.verdict, EVIDENCE_OPEN);
    evidence_done(&even);
    evidence_done(&burst);
}

/* n times of 40 ms that drift by up to 0.2 ms, evenly over the cells. */
static void fill_drift(struct evidence *v, size_t n) {
    struct err e = {""};
    size_t first;
    assert_int_equal(evidence_begin(v, 20, 1, &first, &e), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(evidence_time(v, first + i * 20 / n, 40000 + (int64_t)(200 * i / n), &e),
                         0);
}

/* 180 equal times are certain far from the limit, on both sides, and have two bounds: 0.95^180 is 1e-4.
 * Of p99 they say too little: 0.99^180 is 0.16. */
static void equal_times_are_certain(void **state) {
    struct evidence v = {0};
    struct err e = {""};
    size_t first;
    (void)state;
    assert_int_equal(evidence_begin(&v, 20, 1, &first, &e), 0);
    for (size_t i = 0; i < 180; i++)
        assert_int_equal(evidence_time(&v, first + i * 20 / 180, 20000, &e), 0);
    struct evidence_result x = result(&v, "response_time p(95)<500", 0.0125);
    assert_int_equal(x.verdict, EVIDENCE_HOLDS);
    assert_near(x.low, 20, 0);
    assert_near(x.high, 20, 0);
    assert_int_equal(result(&v, "response_time p(95)<1", 0.0125).verdict, EVIDENCE_FAILS);
    assert_int_equal(result(&v, "response_time p(95)>500", 0.0125).verdict, EVIDENCE_FAILS);
    x = result(&v, "response_time p(99)<500", 0.0125);
    assert_int_equal(x.verdict, EVIDENCE_OPEN);
    assert_true(isinf(x.high));
    evidence_done(&v);
}

/* Nearly equal times are as certain: a drift of microseconds is not what separates them from the limit.
 * Near them it counts, since one drift says little. */
static void a_drift_does_not_reach_a_far_limit(void **state) {
    static const char *const far[] = {"response_time p(50)<500", "response_time p(60)<60000",
                                      "response_time p(95)<500", "response_time p(50)>1",
                                      "response_time p(95)>=1"};
    struct evidence v = {0};
    (void)state;
    fill_drift(&v, 180);
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        struct evidence_result x = result(&v, far[i], 0.0125);
        if (x.verdict != EVIDENCE_HOLDS)
            fail_msg("%s: %d", far[i], (int)x.verdict);
        assert_true(x.high > 40.1 && x.high < 50);
    }
    assert_int_equal(result(&v, "response_time p(50)<40.21", 0.0125).verdict, EVIDENCE_OPEN);
    assert_int_equal(result(&v, "response_time p(99)<500", 0.0125).verdict, EVIDENCE_OPEN);
    evidence_done(&v);
}

/* 60 requests cannot say that fewer than 5 % are slower, however equal they are: 0.95^60 is 0.05. */
static void few_requests_stay_uncertain(void **state) {
    struct evidence v = {0};
    (void)state;
    fill_drift(&v, 60);
    assert_int_equal(result(&v, "response_time p(95)<500", 0.0125).verdict, EVIDENCE_OPEN);
    assert_int_equal(result(&v, "response_time p(50)<500", 0.0125).verdict, EVIDENCE_HOLDS);
    evidence_done(&v);
}

/* An outage of 8 requests in 180 may well be more than 5 % of the time, whatever the others are. */
static void an_outage_keeps_a_far_limit_in_doubt(void **state) {
    struct evidence v = {0};
    struct err e = {""};
    size_t first;
    (void)state;
    assert_int_equal(evidence_begin(&v, 20, 1, &first, &e), 0);
    for (size_t i = 0; i < 180; i++)
        assert_int_equal(evidence_time(&v, first + i * 20 / 180,
                                       i >= 90 && i < 98 ? 800000 : 20000 + (int64_t)i, &e),
                         0);
    assert_int_equal(result(&v, "response_time p(95)<500", 0.0125).verdict, EVIDENCE_OPEN);
    evidence_done(&v);
}

/* Lognormal times with a median of 20 ms whose logarithms have the correlation 0.9 of neighbours: p95 is
 * 20 exp(0.5 * 1.644854) = 45.52 ms. A step of 180 has ten independent ones. */
static void correlated_times_are_not_certain_too_early(void **state) {
    const int samples = 400;
    int too_low = 0, certain = 0;
    struct rng r;
    (void)state;
    rng_seed(&r, 9, 0);
    for (int i = 0; i < samples; i++) {
        struct evidence v = {0};
        struct err e = {""};
        size_t first;
        assert_int_equal(evidence_begin(&v, 20, 1, &first, &e), 0);
        double z = rng_normal(&r);
        for (size_t k = 0; k < 180; k++) {
            z = 0.9 * z + sqrt(1 - 0.9 * 0.9) * rng_normal(&r);
            assert_int_equal(
                evidence_time(&v, first + k * 20 / 180, (int64_t)(20000 * exp(0.5 * z)), &e), 0);
        }
        too_low += result(&v, "response_time p(95)<45", 0.0125).high < 45.52;
        certain += result(&v, "response_time p(95)<1000", 0.0125).verdict == EVIDENCE_HOLDS;
        evidence_done(&v);
    }
    /* 5 are expected at most: that there are more than 15 has a probability of 1e-4. */
    assert_true(too_low <= 15);
    assert_true(certain >= 380);
}

static void what_never_came_is_beyond_each_limit(void **state) {
    struct evidence v = {0};
    struct err e = {""};
    size_t first;
    (void)state;
    assert_int_equal(evidence_begin(&v, 20, 1, &first, &e), 0);
    for (size_t i = 0; i < 2000; i++)
        assert_int_equal(
            evidence_time(&v, first + i % 20, i / 20 % 5 == 0 ? EVIDENCE_NEVER : 1000, &e), 0);
    struct evidence_result x = result(&v, "response_time p(95)<100000", 0.01);
    assert_int_equal(x.verdict, EVIDENCE_FAILS);
    assert_true(isinf(x.high));
    x = result(&v, "response_time p(50)<100", 0.01);
    assert_int_equal(x.verdict, EVIDENCE_HOLDS);
    assert_near(x.value, 1, 1e-9);
    evidence_done(&v);
}

/* The lower bound of a dead service is no number either. */
static void nothing_that_came_has_no_finite_bound(void **state) {
    struct evidence v = {0};
    struct err e = {""};
    size_t first;
    (void)state;
    assert_int_equal(evidence_begin(&v, 20, 1, &first, &e), 0);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(evidence_time(&v, first + i % 20, EVIDENCE_NEVER, &e), 0);
    struct evidence_result x = result(&v, "response_time p(95)<100", 0.01);
    assert_int_equal(x.verdict, EVIDENCE_FAILS);
    assert_true(isinf(x.value) && isinf(x.low) && isinf(x.high));
    evidence_done(&v);
}

static void averages_and_rates_have_students_interval(void **state) {
    struct evidence v = {0};
    struct err e = {""};
    size_t first;
    (void)state;
    assert_int_equal(evidence_begin(&v, 20, 2, &first, &e), 0);
    for (size_t i = 0; i < 20; i++) {
        evidence_share(&v, first + i, 98 + (double)(i % 2) * 4, 100);
        assert_int_equal(evidence_time(&v, first + i, 9000 + (int64_t)(i % 2) * 2000, &e), 0);
    }
    /* 98 or 102 in 2 s, and 9 or 11 ms: what alternates has no positive correlation, so the
     * standard error is s / sqrt(20), with s = 2.052 / 2 and 1.026; t(0.975, 19) = 2.093. */
    struct evidence_result x = result(&v, "http_reqs rate>40", 0.025);
    assert_near(x.value, 50, 1e-9);
    assert_near(x.high - x.value, 2.093 * 2.0520 / 2 / sqrt(20), 0.001);
    assert_int_equal(x.verdict, EVIDENCE_HOLDS);
    x = result(&v, "response_time avg<10.2", 0.025);
    assert_near(x.value, 10, 1e-9);
    assert_near(x.high - x.value, 2.093 * 1.0260 / sqrt(20), 0.001);
    assert_int_equal(x.verdict, EVIDENCE_OPEN);
    evidence_done(&v);
}

static void nothing_fails(void **state) {
    struct evidence v = {0};
    struct err e = {""};
    size_t first;
    (void)state;
    assert_int_equal(evidence_begin(&v, 20, 1, &first, &e), 0);
    assert_int_equal(result(&v, "response_time p(95)<300", 0.01).verdict, EVIDENCE_FAILS);
    assert_int_equal(result(&v, "http_req_failed rate<0.01", 0.01).verdict, EVIDENCE_FAILS);
    assert_int_equal(result(&v, "http_reqs rate>5", 0.01).verdict, EVIDENCE_FAILS);
    assert_int_equal(result(&v, "http_reqs rate<5", 0.01).verdict, EVIDENCE_HOLDS);
    evidence_done(&v);
}

/* Two steps are the same as one with the cells of both. */
static void steps_are_joined(void **state) {
    struct evidence one = {0}, a = {0}, b = {0};
    struct err e = {""};
    struct rng r;
    (void)state;
    rng_seed(&r, 8, 0);
    fill(&one, &r, 700);
    fill(&one, &r, 900);
    rng_seed(&r, 8, 0);
    fill(&a, &r, 700);
    fill(&b, &r, 900);
    assert_int_equal(evidence_join(&a, &b, &e), 0);
    struct evidence_result x = result(&one, "response_time p(90)<250", 0.01);
    struct evidence_result y = result(&a, "response_time p(90)<250", 0.01);
    assert_near(x.value, y.value, 0);
    assert_near(x.low, y.low, 0);
    assert_near(x.high, y.high, 0);
    evidence_done(&one);
    evidence_done(&a);
    evidence_done(&b);
}

static void the_excess_is_positive_where_a_rule_fails(void **state) {
    struct gate_rule less = rule("response_time p(95)<300"),
                     more = rule("goodput{ttft<1} rate>0.9");
    (void)state;
    assert_near(evidence_excess(&less, 600), log(2), 1e-12);
    assert_near(evidence_excess(&less, 150), -log(2), 1e-12);
    assert_true(evidence_excess(&less, 300) > 0); /* it is not below */
    assert_near(evidence_excess(&less, 1e9), EVIDENCE_EXCESS_MAX, 0);
    assert_near(evidence_excess(&less, (double)NAN), EVIDENCE_EXCESS_MAX, 0);
    assert_near(evidence_excess(&more, 0.45), log(2), 1e-12);
    gate_rule_done(&less);
    gate_rule_done(&more);
}

static void what_has_no_interval_is_no_slo(void **state) {
    static const char *const bad[] = {
        "vus value<10",
        "instance_count max<3",
        "response_time max<500",
        "response_time min<500",
        "response_time p(100)<500",
        "http_reqs count>5",
        "response_time p(95)==5",
        "response_time p(95)<5 over 10s",
        "response_time p(95)<5 from 10s",
        "response_time p(95)<5 stage 2",
        "response_time p(95)<5 abortOnFail",
    };
    static const char *const good[] = {"response_time p(95)<500",  "ttft med<=5",
                                       "http_req_failed rate<0.1", "checks rate>0.9",
                                       "http_reqs rate>10",        "response_time avg<500"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gate_rule r = rule(bad[i]);
        struct err e = {""};
        if (evidence_check_rule(&r, &e) == 0)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_not_equal(e.text[0], '\0');
        gate_rule_done(&r);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct gate_rule r = rule(good[i]);
        struct err e = {""};
        if (evidence_check_rule(&r, &e) != 0)
            fail_msg("%s: %s", good[i], e.text);
        gate_rule_done(&r);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interval_contains_the_percentile),
        cmocka_unit_test(bounds_are_where_decisions_change),
        cmocka_unit_test(no_failure_bounds_the_share),
        cmocka_unit_test(failures_in_bursts_are_less_certain),
        cmocka_unit_test(equal_times_are_certain),
        cmocka_unit_test(a_drift_does_not_reach_a_far_limit),
        cmocka_unit_test(few_requests_stay_uncertain),
        cmocka_unit_test(an_outage_keeps_a_far_limit_in_doubt),
        cmocka_unit_test(correlated_times_are_not_certain_too_early),
        cmocka_unit_test(what_never_came_is_beyond_each_limit),
        cmocka_unit_test(nothing_that_came_has_no_finite_bound),
        cmocka_unit_test(averages_and_rates_have_students_interval),
        cmocka_unit_test(nothing_fails),
        cmocka_unit_test(steps_are_joined),
        cmocka_unit_test(the_excess_is_positive_where_a_rule_fails),
        cmocka_unit_test(what_has_no_interval_is_no_slo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
