/* between and student: published tables, and a series worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "stats/student.h"
#include "stats/variation.h"

static void near(double got, double wanted, double within) {
    if (!(fabs(got - wanted) <= within))
        fail_msg("%.10g is not %.10g", got, wanted);
}

/* The usual table of t, two-sided, to its three digits. */
static void test_table_of_t(void **state) {
    (void)state;
    static const struct {
        unsigned df;
        double t90, t95, t99;
    } rows[] = {{1, 6.314, 12.706, 63.657}, {2, 2.920, 4.303, 9.925},  {3, 2.353, 3.182, 5.841},
                {4, 2.132, 2.776, 4.604},   {5, 2.015, 2.571, 4.032},  {9, 1.833, 2.262, 3.250},
                {10, 1.812, 2.228, 3.169},  {29, 1.699, 2.045, 2.756}, {30, 1.697, 2.042, 2.750},
                {100, 1.660, 1.984, 2.626}, {999, 1.646, 1.962, 2.581}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        near(student_quantile(0.90, rows[i].df), rows[i].t90, 0.0005001);
        near(student_quantile(0.95, rows[i].df), rows[i].t95, 0.0005001);
        near(student_quantile(0.99, rows[i].df), rows[i].t99, 0.0005001);
    }
}

/* One degree is Cauchy's: P = 2/pi atan t; two have t / sqrt(2 + t^2). */
static void test_closed_forms(void **state) {
    (void)state;
    for (double t = 0; t < 50; t += 0.37) {
        near(student_within(t, 1), 2 / M_PI * atan(t), 1e-14);
        near(student_within(t, 2), t / sqrt(2 + t * t), 1e-14);
    }
}

/* 10 12 14 16 18: mean 14, s = sqrt(40/4), interval 14 -+ 2.776445 * s / sqrt(5). */
static void test_a_series(void **state) {
    (void)state;
    const double values[] = {10, 18, (double)NAN, 12, 16, 14};
    struct variation b;
    variation_of(values, 6, &b);
    assert_int_equal(b.runs, 5);
    near(b.mean, 14, 1e-12);
    near(b.deviation, 3.16227766, 1e-8);
    near(b.min, 10, 0);
    near(b.max, 18, 0);
    near(b.low, 14 - 3.926486, 1e-5);
    near(b.high, 14 + 3.926486, 1e-5);
}

static void test_too_few(void **state) {
    (void)state;
    const double one[] = {7}, none[] = {(double)NAN};
    struct variation b;
    variation_of(one, 1, &b);
    assert_int_equal(b.runs, 1);
    near(b.mean, 7, 0);
    assert_true(isnan(b.deviation) && isnan(b.low) && isnan(b.high));
    variation_of(none, 1, &b);
    assert_int_equal(b.runs, 0);
    assert_true(isnan(b.mean) && isnan(b.min) && isnan(b.max) && isnan(b.low));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_of_t),
        cmocka_unit_test(test_closed_forms),
        cmocka_unit_test(test_a_series),
        cmocka_unit_test(test_too_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
