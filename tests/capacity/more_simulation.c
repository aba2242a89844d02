/* As test_simulation.c, with 2004 searches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capacity/simulation.h"

static void intervals_contain_the_capacity(void **state) {
    struct simulation s = {0};
    (void)state;
    simulate(&s, SIMULATION_FEW ? 1 : 334, 1000);
    assert_true(SIMULATION_FEW || (double)s.covered >= 0.94 * (double)s.searches);
    assert_true(SIMULATION_FEW || (double)s.precise >= 0.95 * (double)s.searches);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(intervals_contain_the_capacity)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
