/* What happens to the n-th request depends on the seed and n alone; failures come at their rate. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "target/plan.h"

static const struct variate even = {.kind = VARIATE_UNIFORM, .low = 0, .high = 1000000000};

static void the_same_seed_and_number_give_the_same_plan(void **state) {
    (void)state;
    struct fault f = {.kind = FAULT_RESET, .rate = 0.5};
    int differ = 0;
    for (uint64_t n = 0; n < 1000; n++) {
        struct plan a = plan_request(1, n, &even, &f), b = plan_request(1, n, &even, &f);
        assert_int_equal(a.service_ns, b.service_ns);
        assert_int_equal(a.fault, b.fault);
        differ += a.service_ns != plan_request(2, n, &even, &f).service_ns;
    }
    assert_true(differ > 990);
}

static void failing_more_changes_no_service_time(void **state) {
    (void)state;
    struct fault never = {.kind = FAULT_HANG, .rate = 0}, always = {.kind = FAULT_HANG, .rate = 1};
    for (uint64_t n = 0; n < 1000; n++) {
        struct plan a = plan_request(1, n, &even, &never), b = plan_request(1, n, &even, &always);
        assert_int_equal(a.service_ns, b.service_ns);
        assert_int_equal(a.fault, FAULT_NONE);
        assert_int_equal(b.fault, FAULT_HANG);
    }
}

static void failures_come_at_their_rate_and_do_not_choose_slow_requests(void **state) {
    (void)state;
    enum { N = 100000 };
    struct fault f = {.kind = FAULT_SHORT, .rate = 0.1};
    double failures = 0, slow_failures = 0;
    for (uint64_t n = 0; n < N; n++) {
        struct plan p = plan_request(3, n, &even, &f);
        failures += p.fault != FAULT_NONE;
        slow_failures += p.fault != FAULT_NONE && p.service_ns > even.high / 2;
    }
    /* Five standard errors of a binomial share. */
    assert_true(fabs(failures / N - 0.1) < 5 * sqrt(0.09 / N));
    assert_true(fabs(slow_failures / failures - 0.5) < 5 * sqrt(0.25 / failures));
}

static void fault_words_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum fault_kind kind;
        int status;
    } good[] = {
        {"status:503", FAULT_STATUS, 503}, {"status:400", FAULT_STATUS, 400},
        {"status:599", FAULT_STATUS, 599}, {"reset", FAULT_RESET, 0},
        {"hang", FAULT_HANG, 0},           {"garbage", FAULT_GARBAGE, 0},
        {"short", FAULT_SHORT, 0},
    };
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        struct fault f = {.rate = 0.25};
        struct err e = {""};
        assert_int_equal(fault_parse(good[k].text, &f, &e), 0);
        assert_int_equal(f.kind, good[k].kind);
        assert_int_equal(f.status, good[k].status);
        assert_true(f.rate > 0.24 && f.rate < 0.26);
    }
}

static void other_words_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",           "none",       "status",      "status:",    "status:200",
        "status:600", "status:50",  "status:5030", "status:5x3", "Reset",
        "reset ",     "status:-50", "status: 503"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct fault f = {.kind = FAULT_NONE};
        struct err e = {""};
        if (fault_parse(bad[k], &f, &e) == 0)
            fail_msg("\"%s\" was taken", bad[k]);
        assert_int_equal(f.kind, FAULT_NONE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_and_number_give_the_same_plan),
        cmocka_unit_test(failing_more_changes_no_service_time),
        cmocka_unit_test(failures_come_at_their_rate_and_do_not_choose_slow_requests),
        cmocka_unit_test(fault_words_are_read),
        cmocka_unit_test(other_words_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
