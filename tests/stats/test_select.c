#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/select.h"
#include "util/rng.h"

#define N_MAX 20000

static int64_t values[N_MAX], sorted[N_MAX];

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void check_values(struct select *s, const uint64_t *ranks, size_t rank_count) {
    assert_int_equal(select_finish(s, NULL), 0);
    for (size_t i = 0; i < rank_count; i++)
        assert_int_equal(select_value(s, ranks[i]), sorted[ranks[i]]);
}

#define DOES_NOT_KEEP SIZE_MAX

/* With that many bytes for values. The same of three parts, dealt out in turn, that share them. */
static void check_with(size_t bytes, size_t n, const uint64_t *ranks, size_t rank_count) {
    struct select s, parts[3];
    size_t room = bytes;
    assert_int_equal(select_init(&s, NULL), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(select_init(&parts[i], NULL), 0);
        if (bytes != DOES_NOT_KEEP)
            select_keep(&parts[i], &room);
    }
    for (size_t i = 0; i < n; i++)
        select_count(&parts[i % 3], values[i]);
    for (size_t i = 0; i < 3; i++)
        hist_merge(&s.hist, &parts[i].hist);
    assert_int_equal(select_want(&s, ranks, rank_count, NULL), 0);
    for (size_t i = 0; i < 3; i++)
        select_take(&s, &parts[i]);
    for (size_t i = n; i-- > 0;) /* the order does not matter */
        if (!kept_any(&parts[i % 3].kept))
            select_collect(&s, values[i]);
    check_values(&s, ranks, rank_count);
    select_done(&s);
    for (size_t i = 0; i < 3; i++)
        select_done(&parts[i]);
    assert_true(bytes == DOES_NOT_KEEP || room == bytes); /* all was given back */

    assert_int_equal(select_init(&s, NULL), 0);
    if (bytes != DOES_NOT_KEEP)
        select_keep(&s, &room);
    for (size_t i = 0; i < n; i++)
        select_count(&s, values[i]);
    assert_int_equal(select_want(&s, ranks, rank_count, NULL), 0);
    select_take(&s, &s);
    for (size_t i = n; i-- > 0 && select_needs_collecting(&s);)
        select_collect(&s, values[i]);
    check_values(&s, ranks, rank_count);
    select_done(&s);
}

/* Selecting all of `ranks` from values[0..n) gives what sorting puts there. */
static void check(size_t n, const uint64_t *ranks, size_t rank_count) {
    static const size_t bytes[] = {DOES_NOT_KEEP, 0, 300, 3000, 30000, 1 << 26};
    memcpy(sorted, values, n * sizeof *values);
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
        check_with(bytes[i], n, ranks, rank_count);
}

static int64_t draw(struct rng *r, int shape) {
    switch (shape) {
    case 0: /* uniform over a second */
        return (int64_t)rng_below(r, 1000000);
    case 1: /* constant */
        return 123456;
    case 2: /* bimodal: warm and cold */
        return rng_below(r, 50) == 0 ? 20000000 + (int64_t)rng_below(r, 1000)
                                     : 700000 + (int64_t)rng_below(r, 300);
    case 3: /* any size up to the limits of the type */
        return (int64_t)(rng_next(r) >> (1 + rng_below(r, 63)));
    case 4: /* few distinct values, far apart */
        return (int64_t)rng_below(r, 3) * INT64_C(40000000000);
    default: /* small */
        return (int64_t)rng_below(r, 5);
    }
}

static void test_equals_sorting(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 42, 0);
    for (int shape = 0; shape < 6; shape++) {
        for (int round = 0; round < 60; round++) {
            size_t n = 1 + (size_t)rng_below(&r, round < 40 ? 50 : N_MAX);
            for (size_t i = 0; i < n; i++)
                values[i] = draw(&r, shape);
            uint64_t ranks[300];
            size_t rank_count = 1 + (size_t)rng_below(&r, 300);
            for (size_t i = 0; i < rank_count; i++)
                ranks[i] = rng_below(&r, n);
            ranks[0] = n - 1;
            check(n, ranks, rank_count);
        }
    }
}

static void test_every_rank(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 7, 0);
    for (int shape = 0; shape < 6; shape++) {
        uint64_t ranks[500];
        for (size_t i = 0; i < 500; i++) {
            values[i] = draw(&r, shape);
            ranks[i] = 499 - i;
        }
        check(500, ranks, 500);
    }
}

static void test_says_when_the_passes_differ(void **state) {
    (void)state;
    const uint64_t middle = 50;
    for (int extra = 0; extra < 3; extra++) {
        struct select s;
        struct err e = {{0}};
        assert_int_equal(select_init(&s, NULL), 0);
        for (int64_t i = 0; i < 100; i++)
            select_count(&s, 1000000 + i);
        assert_int_equal(select_want(&s, &middle, 1, NULL), 0);
        for (int64_t i = 0; i < 98 + extra * 2; i++) /* two too few, all, two too many */
            select_collect(&s, 1000000 + i % 100);
        assert_int_equal(select_finish(&s, &e), extra == 1 ? 0 : -1);
        assert_int_equal(e.text[0] != '\0', extra != 1);
        select_done(&s);
    }
}

/* Small values are told by the first pass alone; that they are right without the second one is in
 * the tests above. */
static void test_says_when_one_pass_is_enough(void **state) {
    (void)state;
    const uint64_t middle = 50;
    for (int64_t from = 0; from <= 1000000; from += 1000000) {
        struct select s;
        assert_int_equal(select_init(&s, NULL), 0);
        for (int64_t i = 0; i < 100; i++)
            select_count(&s, from + i);
        assert_int_equal(select_want(&s, &middle, 1, NULL), 0);
        assert_int_equal(select_needs_collecting(&s), from > 0);
        select_done(&s);
    }
}

/* A second pass is wanted where the values did not fit, and only there. A bucket is never wider
 * than what is kept of it. */
static void test_values_are_kept_in_a_bound(void **state) {
    (void)state;
    const uint64_t middle = 500000;
    for (size_t bytes = 100000; bytes <= 10000000; bytes *= 10) {
        struct select s;
        size_t room = bytes, least = bytes;
        assert_int_equal(select_init(&s, NULL), 0);
        select_keep(&s, &room);
        for (int64_t i = 0; i < 1000000; i++) {
            select_count(&s, 100000 + i * 7919 % 200000);
            least = room < least ? room : least;
        }
        assert_int_equal(select_want(&s, &middle, 1, NULL), 0);
        select_take(&s, &s);
        /* 200 000 values, each five times: four bytes each are enough, and 100 kB are not. */
        assert_int_equal(select_needs_collecting(&s), bytes < 800000);
        assert_true(bytes - least < 1000000);
        if (bytes >= 800000) {
            assert_int_equal(select_finish(&s, NULL), 0);
            assert_int_equal(select_value(&s, middle), 200000);
        }
        select_done(&s);
        assert_int_equal(room, bytes);
    }
}

static void test_nothing_wanted_or_counted(void **state) {
    (void)state;
    struct select s;
    assert_int_equal(select_init(&s, NULL), 0);
    assert_int_equal(select_want(&s, NULL, 0, NULL), 0);
    select_collect(&s, 5);
    assert_int_equal(select_finish(&s, NULL), 0);
    select_done(&s);
    select_done(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_sorting),
        cmocka_unit_test(test_every_rank),
        cmocka_unit_test(test_says_when_the_passes_differ),
        cmocka_unit_test(test_says_when_one_pass_is_enough),
        cmocka_unit_test(test_values_are_kept_in_a_bound),
        cmocka_unit_test(test_nothing_wanted_or_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
