/* arena: pieces do not overlap, fit any type, and end at the limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/arena.h"

static void test_pieces_are_apart_and_aligned(void **state) {
    (void)state;
    struct arena a = {0};
    unsigned char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        size_t n = i * 37 % 1000; /* several chunks */
        pieces[i] = arena_alloc(&a, n);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        memset(pieces[i], (int)(i & 0xff), n);
    }
    unsigned char *large = arena_alloc(&a, 1 << 20);
    assert_non_null(large);
    memset(large, 0xee, 1 << 20);
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i * 37 % 1000; k++)
            assert_int_equal(pieces[i][k], i & 0xff);
    arena_done(&a);
    arena_done(&a);
}

static void test_the_limit_holds(void **state) {
    (void)state;
    struct arena a = {.max = 1000};
    assert_non_null(arena_alloc(&a, 900));
    assert_null(arena_alloc(&a, 200));
    assert_non_null(arena_alloc(&a, 64));
    assert_null(arena_alloc(&a, SIZE_MAX));
    arena_done(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_apart_and_aligned),
        cmocka_unit_test(test_the_limit_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
