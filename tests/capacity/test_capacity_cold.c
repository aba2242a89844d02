/* When cold starts are what breaks an SLO. The times are such that the answer is known without any arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capacity/capacity_cold.h"
#include "near.h"
#include "util/err.h"

#define CELLS 20

/* Requests in each cell: warm ones, and cold ones of a second; `cold` is NULL: without them. */
static struct evidence_result of(const char *slo, int warm, int64_t warm_ms, const int *cold) {
    struct gate_rule rule = {0};
    struct evidence v = {0};
    struct evidence_result out;
    struct err e = {""};
    size_t first;
    assert_int_equal(gate_parse(slo, &rule, &e), 0);
    assert_int_equal(evidence_begin(&v, CELLS, 1, &first, &e), 0);
    for (size_t i = 0; i < CELLS; i++) {
        /* Some are faster: equal times would have no spread. */
        for (int k = 0; k < warm; k++)
            assert_int_equal(
                evidence_time(&v, first + i, (warm_ms - (k * 7 + (int)i) % 10) * 1000, &e), 0);
        for (int k = 0; cold != NULL && k < cold[i]; k++)
            assert_int_equal(evidence_time(&v, first + i, 1000000 + k, &e), 0);
    }
    assert_int_equal(evidence_result(&v, &rule, 0.0125, &out, &e), 0);
    evidence_done(&v);
    gate_rule_done(&rule);
    return out;
}

static bool is_limit(const char *slo, int warm, int64_t warm_ms, const int cold[CELLS]) {
    struct gate_rule rule = {0};
    struct err e = {""};
    struct evidence_result all = of(slo, warm, warm_ms, cold);
    struct evidence_result left = of(slo, warm, warm_ms, NULL);
    assert_int_equal(gate_parse(slo, &rule, &e), 0);
    bool is = capacity_cold_is_limit(&rule, &all, &left);
    gate_rule_done(&rule);
    return is;
}

/* A tenth of all requests wait, in each cell; a thousandth. */
static const int many[CELLS] = {10, 11, 9,  10, 12, 8,  10, 10, 11, 9,
                                10, 9,  11, 10, 10, 12, 8,  10, 10, 10};
static const int one[CELLS] = {[3] = 1};

static void they_are_if_the_slo_would_hold_without_them(void **state) {
    (void)state;
    assert_true(is_limit("response_time p(95)<300", 100, 60, many));
    assert_true(is_limit("response_time p(95)<=300", 100, 60, many));
}

static void they_are_not_if_the_others_are_too_slow_as_well(void **state) {
    (void)state;
    assert_false(is_limit("response_time p(95)<300", 100, 700, many));
    assert_false(is_limit("response_time p(50)<30", 100, 60, many));
}

static void they_are_not_if_they_do_not_break_it(void **state) {
    (void)state;
    assert_false(is_limit("response_time p(95)<300", 100, 60, one));
    assert_false(is_limit("response_time p(95)<2000", 100, 60, many));
}

/* Without any request left, nothing says that the SLO would hold. */
static void they_are_not_if_all_are_cold(void **state) {
    (void)state;
    assert_false(is_limit("response_time p(95)<300", 0, 60, many));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_if_the_slo_would_hold_without_them),
        cmocka_unit_test(they_are_not_if_the_others_are_too_slow_as_well),
        cmocka_unit_test(they_are_not_if_they_do_not_break_it),
        cmocka_unit_test(they_are_not_if_all_are_cold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
