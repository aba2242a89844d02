/* The Universal Scalability Law: parameters that made the numbers are found again, and with
 * noise, those of a fit by another method. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capacity/usl.h"
#include "near.h"

#define POINTS 9

static const double loads[POINTS] = {1, 2, 4, 8, 16, 24, 32, 48, 64};

static void parameters_are_found_again(void **state) {
    const double lambda = 120, sigma = 0.05, kappa = 0.0004;
    double throughput[POINTS];
    struct usl u;
    (void)state;
    for (size_t i = 0; i < POINTS; i++)
        throughput[i] =
            lambda * loads[i] / (1 + sigma * (loads[i] - 1) + kappa * loads[i] * (loads[i] - 1));
    usl_fit(loads, throughput, POINTS, &u);
    assert_true(u.fits);
    assert_near(u.lambda.value, lambda, 1e-3);
    assert_near(u.sigma.value, sigma, 1e-6);
    assert_near(u.kappa.value, kappa, 1e-8);
    assert_near(u.peak_load, sqrt((1 - sigma) / kappa), 1e-3);
}

/* Made by tests/capacity/usl.py. */
#define USL_LAMBDA 120.020239
#define USL_SIGMA 0.047227654
#define USL_KAPPA 0.00067513757
#define USL_SIGMA_HALF 0.00818737
#define USL_KAPPA_HALF 0.0001489859

static void noise_gives_the_values_of_another_fit(void **state) {
    const double throughput[POINTS] = {118.9,  231.1,  415.5,  709.2, 1021.0,
                                       1196.3, 1180.4, 1249.7, 1138.2};
    struct usl u;
    (void)state;
    usl_fit(loads, throughput, POINTS, &u);
    assert_true(u.fits);
    assert_near(u.lambda.value, USL_LAMBDA, 0.01);
    assert_near(u.sigma.value, USL_SIGMA, 1e-5);
    assert_near(u.kappa.value, USL_KAPPA, 1e-7);
    assert_near(u.sigma.high - u.sigma.value, USL_SIGMA_HALF, 1e-4);
    assert_near(u.kappa.high - u.kappa.value, USL_KAPPA_HALF, 1e-6);
}

static void what_does_not_follow_the_law_has_no_fit(void **state) {
    const double jumps[POINTS] = {100, 20, 400, 80, 900, 100, 2000, 300, 5000};
    const double none[POINTS] = {0};
    struct usl u;
    (void)state;
    usl_fit(loads, jumps, POINTS, &u);
    assert_false(u.fits);
    usl_fit(loads, none, POINTS, &u);
    assert_false(u.fits);
    usl_fit(loads, jumps, 4, &u);
    assert_false(u.fits);
}

/* A service that scales: kappa is 0, and there is no peak. */
static void a_linear_service_has_no_peak(void **state) {
    double throughput[POINTS];
    struct usl u;
    (void)state;
    for (size_t i = 0; i < POINTS; i++)
        throughput[i] = 25 * loads[i];
    usl_fit(loads, throughput, POINTS, &u);
    assert_true(u.fits);
    assert_near(u.sigma.value, 0, 1e-6);
    assert_near(u.kappa.value, 0, 1e-8);
    assert_true(isnan(u.peak_load));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_found_again),
        cmocka_unit_test(noise_gives_the_values_of_another_fit),
        cmocka_unit_test(what_does_not_follow_the_law_has_no_fit),
        cmocka_unit_test(a_linear_service_has_no_peak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
