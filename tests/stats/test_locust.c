#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "stats/locust.h"
#include "vectors.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void test_rounds_as_python_does(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(round_us); i++)
        assert_int_equal(locust_round_ms(round_us[i]), round_ms[i]);
    (void)set_size, (void)set_us, (void)set_exact_ms;
    (void)set_locust_ms, (void)set_locust_median_ms;
}

/* reference values of Locust itself: 0.5 0, 1.5 2, 99.5 100, 105 100, 115 120, 3432 3400, 58760
 * 59000 ... */
static void test_rounds_as_locust_does(void **state) {
    (void)state;
    static const int64_t cases[][2] = {
        {500, 0},        {1500, 2},         {99500, 100},     {105000, 100},   {115000, 120},
        {145000, 140},   {985000, 980},     {995000, 1000},   {1050000, 1000}, {1150000, 1200},
        {3432000, 3400}, {10500000, 10000}, {58760000, 59000}};
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(locust_round_ms(cases[i][0]), cases[i][1]);
}

static void test_rounding_keeps_the_order(void **state) {
    (void)state;
    for (int64_t us = 1; us < 12000000; us += 37)
        assert_true(locust_round_ms(us) >= locust_round_ms(us - 1));
}

static void test_ranks(void **state) {
    (void)state;
    assert_int_equal(locust_rank(0.5, 2), 1);   /* the upper one */
    assert_int_equal(locust_median_rank(2), 0); /* the lower one */
    assert_int_equal(locust_rank(1, 425), 424);
    assert_int_equal(locust_rank(0.99, 100), 99);
    assert_int_equal(locust_rank(0.29, 100), 28); /* int(100 * 0.29) is 28 in Python */
    assert_int_equal(locust_median_rank(5), 2);
    assert_int_equal(locust_rank(0.5, 1), 0);
}

static void test_median_stays_within_the_extremes(void **state) {
    (void)state;
    assert_near(locust_median_ms(104000, 104000, 104000), 104, 0);   /* not 100 */
    assert_near(locust_median_ms(106000, 106000, 106500), 106.5, 0); /* not 110 */
    assert_near(locust_median_ms(106000, 1000, 900000), 110, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rounds_as_python_does),
        cmocka_unit_test(test_rounds_as_locust_does),
        cmocka_unit_test(test_rounding_keeps_the_order),
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_median_stays_within_the_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
