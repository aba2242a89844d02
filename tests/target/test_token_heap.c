/* Sendings come out in the order of their times, against a sorted array, while some are removed and
 * added again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "target/token_heap.h"
#include "util/rng.h"

#define N 300

static int by_time(const void *a, const void *b) {
    const struct token_sending *const *x = a, *const *y = b;
    if ((*x)->due_ns != (*y)->due_ns)
        return (*x)->due_ns < (*y)->due_ns ? -1 : 1;
    return (*x)->order < (*y)->order ? -1 : 1;
}

static void the_soonest_is_first_and_ties_are_in_order(void **state) {
    (void)state;
    struct token_heap h = {0};
    struct token_sending *items = calloc(N, sizeof *items), *sorted[N];
    struct rng r;
    assert_non_null(items);
    rng_seed(&r, 9, 0);
    for (int k = 0; k < N; k++)
        assert_true(token_heap_add(&h, &items[k], (int64_t)rng_below(&r, 50)));
    for (int k = 0; k < 2000; k++) {
        struct token_sending *s = &items[rng_below(&r, N)];
        token_heap_remove(&h, s);
        assert_int_equal(s->slot, 0);
        token_heap_remove(&h, s);
        assert_int_equal(h.count, N - 1);
        assert_true(token_heap_add(&h, s, (int64_t)rng_below(&r, 50)));
    }
    for (int k = 0; k < N; k++)
        sorted[k] = &items[k];
    qsort(sorted, N, sizeof *sorted, by_time);
    for (int k = 0; k < N; k++) {
        assert_ptr_equal(token_heap_first(&h), sorted[k]);
        token_heap_remove(&h, sorted[k]);
    }
    assert_null(token_heap_first(&h));
    token_heap_done(&h);
    free(items);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_soonest_is_first_and_ties_are_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
