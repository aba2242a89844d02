#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "near.h"
#include "stats/mixture.h"
#include "util/rng.h"

#define SD_MIN 1e-6

/* 5000 rounds of the textbook's EM in Python gave these numbers. */
static void test_two_parts_as_another_program_finds_them(void **state) {
    (void)state;
    static const double x[] = {1.0, 1.2, 0.8, 1.1, 0.9, 1.05, 0.95,
                               1.3, 0.7, 1.0, 3.0, 3.4, 2.6,  3.1};
    double once[14];
    for (size_t i = 0; i < 14; i++)
        once[i] = 1;
    struct mixture m;
    assert_true(mixture_fit(x, once, 14, SD_MIN, &m));
    assert_near(m.one.mean, 1.5785714285714287, 1e-12);
    assert_near(m.one.sd, 0.9384094228522853, 1e-12);
    assert_near(m.low.weight, 0.714285713182878, 1e-6);
    assert_near(m.low.mean, 0.999999999545145, 1e-6);
    assert_near(m.low.sd, 0.16881942989193569, 1e-6);
    assert_near(m.high.weight, 0.285714286817122, 1e-6);
    assert_near(m.high.mean, 3.024999993320785, 1e-6);
    assert_near(m.high.sd, 0.28613809820449754, 1e-6);
    assert_near(m.bic_one, 43.228463260824704, 1e-9);
    assert_near(m.bic_two, 24.088355770132743, 1e-6);
    assert_near(mixture_high(&m, 2.0), 0.9999377253942697, 1e-6);
    assert_near(mixture_high(&m, 1.5), 1.2874376474291971e-05, 1e-9);
    assert_near(mixture_high(&m, 0), 0, 0);
    assert_near(mixture_distance(&m), 8.619947957720331, 1e-5);
}

static void test_counts_are_repeated_values(void **state) {
    (void)state;
    static const double x[] = {1, 2, 3, 10, 11}, count[] = {3, 5, 3, 0, 2};
    static const double each[] = {1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 11, 11};
    double once[13];
    for (size_t i = 0; i < 13; i++)
        once[i] = 1;
    struct mixture a, b;
    assert_true(mixture_fit(x, count, 5, 0.1, &a));
    assert_true(mixture_fit(each, once, 13, 0.1, &b));
    assert_near(a.bic_two, b.bic_two, 1e-9);
    assert_near(a.high.mean, 11, 1e-9);
    assert_near(a.high.sd, 0.1, 0); /* not 0 */
    assert_near(a.high.weight, 2.0 / 13, 1e-9);
}

/* Normal numbers by the sum of twelve uniform ones. */
static double normal(struct rng *r) {
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += (double)rng_below(r, 1000000) / 1e6;
    return sum;
}

static void test_one_part_is_one(void **state) {
    (void)state;
    static double x[2000], once[2000];
    struct rng r;
    rng_seed(&r, 1, 2);
    for (size_t i = 0; i < 2000; i++) {
        x[i] = 5 + 0.3 * normal(&r);
        once[i] = 1;
    }
    struct mixture m;
    assert_true(mixture_fit(x, once, 2000, SD_MIN, &m));
    assert_true(m.bic_one < m.bic_two);
}

/* Five slow ones of 425, as in the paper's run: what the parts were made of is found again. */
static void test_a_small_part_is_found(void **state) {
    (void)state;
    static double x[425], once[425];
    struct rng r;
    rng_seed(&r, 3, 4);
    for (size_t i = 0; i < 425; i++) {
        x[i] = i % 85 == 0 ? log(18000) + 0.05 * normal(&r) : log(900) + 0.2 * normal(&r);
        once[i] = 1;
    }
    struct mixture m;
    assert_true(mixture_fit(x, once, 425, SD_MIN, &m));
    assert_true(m.bic_two < m.bic_one - 100);
    assert_near(m.high.weight, 5.0 / 425, 1e-3);
    assert_near(exp(m.high.mean), 18000, 1500);
    assert_near(exp(m.low.mean), 900, 40);
    assert_near(m.low.sd, 0.2, 0.03);
}

static void test_nothing_to_split(void **state) {
    (void)state;
    static const double x[] = {1, 1, 1, 2}, few[] = {1, 1, 1, 1}, same[] = {9, 9, 9, 0};
    struct mixture m;
    assert_false(mixture_fit(x, few, 4, SD_MIN, &m));
    assert_false(mixture_fit(x, same, 4, SD_MIN, &m));
    assert_false(mixture_fit(x, few, 0, SD_MIN, &m));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_parts_as_another_program_finds_them),
        cmocka_unit_test(test_counts_are_repeated_values),
        cmocka_unit_test(test_one_part_is_one),
        cmocka_unit_test(test_a_small_part_is_found),
        cmocka_unit_test(test_nothing_to_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
