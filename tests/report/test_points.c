#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "report/points.h"
#include "util/rng.h"

#define SECOND INT64_C(1000000)

static void test_thinned_but_nothing_is_lost(void **state) {
    (void)state;
    struct points *p = NULL;
    struct err e;
    struct rng r;
    rng_seed(&r, 1, 1);
    assert_int_equal(points_new(3600 * SECOND, &p, &e), 0);
    /* A million warm ones in one band of 9 %, and 50 cold ones far above. */
    for (int i = 0; i < 1000000; i++) {
        int64_t at = (int64_t)rng_below(&r, 3600000000);
        assert_int_equal(points_add(p, POINTS_WARM, at, 20000 + (int64_t)rng_below(&r, 1000), &e),
                         0);
    }
    size_t warm = p->count;
    assert_in_range(warm, 400, 800); /* one, or at a border two, in each column */
    for (int i = 0; i < 50; i++)
        assert_int_equal(points_add(p, POINTS_COLD, i * 70 * SECOND, 9 * SECOND, &e), 0);
    assert_int_equal(p->count, warm + 50);
    /* Of another kind in the same field is another point. */
    assert_int_equal(points_add(p, POINTS_UNKNOWN, 0, 9 * SECOND, &e), 0);
    assert_int_equal(p->count, warm + 51);
    points_free(p);
}

/* Prompts of one length: all of them are there, until they are too many for a picture. */
static void test_all_are_kept_up_to_a_number(void **state) {
    (void)state;
    struct points *p = NULL;
    struct err e;
    assert_int_equal(points_new(201, &p, &e), 0);
    points_keep(p, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(points_add(p, POINTS_WARM, 200, 51000 + i, &e), 0);
    assert_int_equal(p->count, 1000);
    assert_false(p->thinned);
    for (size_t i = 0; i < p->count; i++)
        assert_int_equal(p->all[i].took_us, 51000 + i);
    /* One more: those in one band become one, and others stay. */
    assert_int_equal(points_add(p, POINTS_COLD, 100, 51000, &e), 0);
    assert_true(p->thinned);
    assert_int_equal(p->count, 2);
    assert_int_equal(p->all[0].took_us, 51000);
    assert_int_equal(p->all[1].kind, POINTS_COLD);
    assert_int_equal(points_add(p, POINTS_WARM, 200, 51001, &e), 0);
    assert_int_equal(p->count, 2);
    points_free(p);
}

static void test_outside_of_the_run(void **state) {
    (void)state;
    struct points *p = NULL;
    struct err e;
    assert_int_equal(points_new(SECOND, &p, &e), 0);
    assert_int_equal(points_add(p, POINTS_WARM, -1, 5, &e), 0);
    assert_int_equal(points_add(p, POINTS_WARM, SECOND, 5, &e), 0);
    assert_int_equal(points_add(p, POINTS_WARM, 5, -5, &e), 0);
    assert_int_equal(p->count, 0);
    assert_int_equal(points_add(p, POINTS_WARM, 0, 0, &e), 0);
    assert_int_equal(points_add(p, POINTS_WARM, SECOND - 1, INT64_MAX, &e), 0);
    assert_int_equal(p->count, 2);
    points_free(p);
    points_free(NULL);
    assert_int_equal(points_new(0, &p, &e), 0); /* a run that has just begun */
    points_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thinned_but_nothing_is_lost),
        cmocka_unit_test(test_all_are_kept_up_to_a_number),
        cmocka_unit_test(test_outside_of_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
