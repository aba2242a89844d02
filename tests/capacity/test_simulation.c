/* Searches by the real decision code in simulated time, against services whose capacity is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capacity/simulation.h"

/* 20 of each service. If 95 % of the intervals contain the truth, fewer than 100 of 120 do with a
 * probability of 1e-6. The seeds are fixed. */
static void intervals_contain_the_capacity(void **state) {
    struct simulation s = {0};
    (void)state;
    simulate(&s, SIMULATION_FEW ? 1 : 20, 1);
    assert_true(SIMULATION_FEW || s.covered >= 100);
    assert_true(SIMULATION_FEW || s.precise >= 110);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(intervals_contain_the_capacity)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
