#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "emulator/moving_mean.h"
#include "near.h"
#include "util/clock.h"
#include "util/rng.h"

#define S NS_PER_S

static void test_means_by_hand(void **state) {
    (void)state;
    struct moving_mean w;
    assert_int_equal(moving_mean_init(&w, 10 * S, S, NULL), 0);
    assert_near(moving_mean_of(&w, 10 * S), 0, 0);
    moving_mean_add(&w, 100 * S, 102 * S, 6); /* time before that is not zero, it is not there */
    assert_near(moving_mean_of(&w, 10 * S), 6, 0);
    moving_mean_add(&w, 102 * S, 104 * S, 0);
    assert_near(moving_mean_of(&w, 10 * S), 3, 0);
    assert_near(moving_mean_of(&w, 2 * S), 0, 0);
    assert_near(moving_mean_of(&w, 3 * S), 2, 1e-12);
    moving_mean_add(&w, 104 * S, 110 * S, 1);
    assert_near(moving_mean_of(&w, 10 * S), (12 + 6) / 10.0, 1e-12);
    moving_mean_add(&w, 110 * S, 111 * S, 1); /* the first second with 6 is out */
    assert_near(moving_mean_of(&w, 10 * S), (6 + 7) / 10.0, 1e-12);
    moving_mean_add(&w, 111 * S, 111 * S, 99); /* no time, no weight */
    moving_mean_add(&w, 500 * S, 501 * S, 7);  /* what lies between was not told */
    assert_near(moving_mean_of(&w, 10 * S), 7, 1e-12);
    moving_mean_add(&w, 501 * S, 1000 * S, 2);
    assert_near(moving_mean_of(&w, 10 * S), 2, 1e-12);
    moving_mean_done(&w);
    moving_mean_done(&w);
}

/* Random additions in tenths of a second against the same on a raster that forgets nothing. */
static void test_random_additions_against_a_raster(void **state) {
    (void)state;
    static double raster[20000];
    struct rng r;
    rng_seed(&r, 2, 0);
    struct moving_mean w;
    assert_int_equal(moving_mean_init(&w, 60 * S, S, NULL), 0);
    int now = 0;
    while (now < 19000) {
        int to = now + 1 + (int)rng_below(&r, rng_below(&r, 20) == 0 ? 900 : 30);
        double value = (double)rng_below(&r, 100);
        for (int i = now; i < to; i++)
            raster[i] = value;
        moving_mean_add(&w, now * (S / 10), to * (S / 10), value);
        now = to;
        for (int seconds = 6; seconds <= 60; seconds += 54) {
            int from = ((now - 1) / 10 - seconds + 1) * 10;
            double sum = 0;
            if (from < 0)
                from = 0;
            for (int i = from; i < now; i++)
                sum += raster[i];
            assert_near(moving_mean_of(&w, seconds * S), sum / (now - from), 1e-9);
        }
    }
    moving_mean_done(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means_by_hand),
        cmocka_unit_test(test_random_additions_against_a_raster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
