#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/tally.h"

static uint64_t count_of(const struct tally *t, uint32_t entry, uint32_t error) {
    uint64_t n = 0;
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].entry == entry && t->slots[i].error == error)
            n += t->slots[i].count;
    return n;
}

static void test_kinds_are_told_apart(void **state) {
    (void)state;
    struct tally t = {0};
    const struct tally_kind kinds[] = {{.entry = 1, .error = 2, .outcome = 3},
                                       {.entry = 2, .error = 1, .outcome = 3},
                                       {.entry = 1, .error = 2, .outcome = 4},
                                       {.entry = 1, .outcome = 1, .status = 500},
                                       {.entry = 1, .outcome = 1, .status = 503}};
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k <= i; k++)
            assert_int_equal(tally_add(&t, &kinds[i], NULL), 0);
    assert_int_equal(t.kinds, 5);
    assert_int_equal(count_of(&t, 2, 1), 2);
    assert_int_equal(count_of(&t, 1, 2), 1 + 3);
    assert_int_equal(count_of(&t, 1, 0), 4 + 5);
    tally_done(&t);
}

static void test_memory_has_a_ceiling_and_nothing_is_lost(void **state) {
    (void)state;
    struct tally t = {0};
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 3 * TALLY_KINDS_MAX; i++) {
            struct tally_kind k = {.entry = i % 7, .error = i + 1, .outcome = 3};
            assert_int_equal(tally_add(&t, &k, NULL), 0);
        }
    assert_int_equal(t.kinds, TALLY_KINDS_MAX);
    assert_int_equal(t.others, 2 * 2 * TALLY_KINDS_MAX);
    assert_true(t.slot_count <= 4 * TALLY_KINDS_MAX);
    assert_int_equal(count_of(&t, 3, 4), 2);
    tally_done(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_are_told_apart),
        cmocka_unit_test(test_memory_has_a_ceiling_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
