#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/hist.h"
#include "util/rng.h"

/* Any size of number is as likely as any other. */
static int64_t any_size(struct rng *r) {
    return (int64_t)(rng_next(r) >> (1 + rng_below(r, 63)));
}

static void test_buckets_tile_all_numbers(void **state) {
    (void)state;
    struct hist h;
    assert_int_equal(hist_init(&h, 3, NULL), 0);
    size_t last = hist_bucket(&h, INT64_MAX);
    assert_int_equal(last, ((size_t)(64 - 3) << 3) - 1);
    uint64_t next = 0;
    for (size_t b = 0; b <= last; b++) {
        assert_int_equal((uint64_t)hist_bucket_lowest(&h, b), next);
        assert_int_equal(hist_bucket(&h, (int64_t)next), b);
        next += hist_bucket_width(&h, b);
        assert_int_equal(hist_bucket(&h, (int64_t)(next - 1)), b);
    }
    assert_int_equal(next, UINT64_C(1) << 63);
    hist_done(&h);
}

static void test_middle_is_within_the_bound(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 1, 0);
    for (unsigned bits = 1; bits <= HIST_BITS_MAX; bits++) {
        struct hist h;
        assert_int_equal(hist_init(&h, bits, NULL), 0);
        for (int i = 0; i < 20000; i++) {
            int64_t v = any_size(&r);
            size_t b = hist_bucket(&h, v);
            uint64_t middle = (uint64_t)hist_bucket_lowest(&h, b) + hist_bucket_width(&h, b) / 2;
            uint64_t off = middle > (uint64_t)v ? middle - (uint64_t)v : (uint64_t)v - middle;
            assert_true(off <= (uint64_t)v >> (bits + 1));
        }
        hist_done(&h);
    }
}

static void test_quantiles_merge_and_reset(void **state) {
    (void)state;
    struct hist a, b;
    assert_int_equal(hist_init(&a, 6, NULL), 0);
    assert_int_equal(hist_init(&b, 6, NULL), 0);
    for (int64_t v = 1; v <= 1000; v++)
        hist_record(v % 2 == 0 ? &a : &b, v * 1000);
    hist_merge(&a, &b);
    assert_int_equal(a.total, 1000);
    assert_int_equal(a.min, 1000);
    assert_int_equal(a.max, 1000000);
    assert_int_equal(hist_quantile(&a, 0), 1000);
    assert_int_equal(hist_quantile(&a, 1), 1000000);
    /* Rank 499 is 500000, rank 949 is 950000. */
    assert_in_range(hist_quantile(&a, 0.5), 500000 - 500000 / 128, 500000 + 500000 / 128);
    assert_in_range(hist_quantile(&a, 0.95), 950000 - 950000 / 128, 950000 + 950000 / 128);

    hist_reset(&a);
    assert_int_equal(a.total, 0);
    for (int64_t v = 0; v < 100; v++) /* small enough to be exact: the rank itself shows */
        hist_record(&a, v);
    assert_int_equal(hist_quantile(&a, 0.5), 49); /* floor(49.5) */
    assert_int_equal(hist_quantile(&a, 0.95), 94);
    hist_reset(&a);
    hist_merge(&b, &a); /* nothing to add */
    assert_int_equal(b.total, 500);
    hist_record(&a, 7);
    assert_int_equal(hist_quantile(&a, 0.99), 7);
    assert_int_equal(a.min, 7);
    assert_int_equal(a.max, 7);
    hist_merge(&a, &a);
    assert_int_equal(a.total, 2);
    hist_done(&a);
    hist_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets_tile_all_numbers),
        cmocka_unit_test(test_middle_is_within_the_bound),
        cmocka_unit_test(test_quantiles_merge_and_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
