/* wilson: against the shares that the score equation itself gives.
 *
 * Expected by bisection in Python on |h/n - p| = z sqrt(p (1 - p) / n), z =
 * NormalDist().inv_cdf(0.975): tests/gate/vectors.py, wilson(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate/vectors.h"
#include "near.h"
#include "stats/wilson.h"

static void the_score_equation_holds_at_both_ends(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wilson_vectors / sizeof *wilson_vectors; i++) {
        double low = -1, high = -1;
        wilson_interval(wilson_vectors[i].hits, wilson_vectors[i].n, WILSON_Z95, &low, &high);
        assert_near(low, wilson_vectors[i].low, 1e-9);
        assert_near(high, wilson_vectors[i].high, 1e-9);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_score_equation_holds_at_both_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
