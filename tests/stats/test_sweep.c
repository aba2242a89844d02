#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "stats/sweep.h"
#include "util/rng.h"

/* 0-10, 2-4, 4-6 (the one before has just ended), 20-30, 30-31 (touches), 40-40 (empty). */
static void test_by_hand(void **state) {
    (void)state;
    static const int64_t spans[][2] = {{0, 10},  {2, 4},   {4, 6},  {20, 30},
                                       {30, 31}, {40, 40}, {50, 45}};
    struct sweep s;
    struct err e;
    sweep_init(&s);
    for (int again = 0; again < 2; again++) {
        sweep_clear(&s);
        for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
            assert_int_equal(sweep_add(&s, spans[i][0], spans[i][1], &e), 0);
        assert_int_equal(s.sum, 25);
        assert_int_equal(s.busy, 21);
        assert_int_equal(s.most, 2);
        assert_int_equal(s.stretch_count, 2);
        assert_int_equal(s.stretches[0].to, 10);
        assert_int_equal(s.stretches[1].from, 20);
        assert_int_equal(s.stretches[1].to, 31);
    }
    sweep_done(&s);
}

/* Beside counting each moment of 2000 one by one. */
static void test_against_counting(void **state) {
    (void)state;
    static int cover[2000];
    struct rng r;
    for (uint64_t round = 0; round < 50; round++) {
        struct sweep s;
        struct err e;
        rng_seed(&r, round, 1);
        sweep_init(&s);
        memset(cover, 0, sizeof cover);
        int64_t from = 0;
        for (int i = 0; i < 150; i++) {
            from += (int64_t)rng_below(&r, 10);
            int64_t to = from + (int64_t)rng_below(&r, round % 2 == 0 ? 12 : 300);
            for (int64_t t = from; t < to; t++)
                cover[t]++;
            assert_int_equal(sweep_add(&s, from, to, &e), 0);
        }
        int64_t sum = 0, busy = 0, most = 0;
        for (size_t t = 0; t < 2000; t++) {
            sum += cover[t];
            busy += cover[t] > 0;
            most = cover[t] > most ? cover[t] : most;
        }
        assert_int_equal(s.sum, sum);
        assert_int_equal(s.busy, busy);
        assert_int_equal(s.most, most);
        sweep_done(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_against_counting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
