/* part: the parts of a load are the whole, however it is split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schedule/part.h"

enum { NUMBERS = 60 };

/* Marks the numbers of the part, counted from `first`, and counts them. */
static uint32_t mark(struct part p, uint32_t first, unsigned char seen[NUMBERS]) {
    struct part own = part_from(p, first);
    uint32_t n = 0;
    for (uint32_t i = own.index; i < NUMBERS; i += own.count, n++) {
        assert_int_equal(seen[i], 0);
        seen[i] = 1;
        assert_int_equal((first + i) % p.count, p.index);
    }
    return n;
}

static void test_parts_are_the_whole(void **state) {
    (void)state;
    for (uint32_t machines = 1; machines <= 7; machines++)
        for (uint32_t first = 0; first < 25; first += 4) {
            unsigned char seen[NUMBERS] = {0};
            for (uint32_t i = 0; i < machines; i++) {
                struct part machine = {i, machines};
                uint32_t threads = 1 + i % 3, users = 0;
                for (uint32_t t = 0; t < threads; t++) {
                    struct part own = part_split(machine, t, threads);
                    uint32_t n = mark(own, first, seen);
                    assert_int_equal(n, part_share(part_from(own, first), NUMBERS));
                    users += n;
                }
                assert_int_equal(users, part_share(part_from(machine, first), NUMBERS));
            }
            for (size_t i = 0; i < NUMBERS; i++)
                assert_int_equal(seen[i], 1);
        }
}

static void test_shares(void **state) {
    (void)state;
    const struct part third = {2, 3};
    assert_int_equal(part_share(third, 0), 0);
    assert_int_equal(part_share(third, 2), 0);
    assert_int_equal(part_share(third, 3), 1);
    assert_int_equal(part_share((struct part){0, 1}, UINT32_MAX), UINT32_MAX);
}

static void test_reading(void **state) {
    (void)state;
    static const char *const wrong[] = {"",     "1",    "/8",   "2/",           "-1/2",
                                        "1/2x", " 1/2", "1 /2", "1/9999999999", "1.5/2"};
    struct part p;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(part_parse(wrong[i], &p));
    assert_true(part_parse("2/8", &p));
    assert_true(p.index == 2 && p.count == 8);
    assert_true(part_parse("0/999999999", &p));
    assert_true(p.index == 0 && p.count == 999999999);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reading),
                                       cmocka_unit_test(test_parts_are_the_whole),
                                       cmocka_unit_test(test_shares)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
