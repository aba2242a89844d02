#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "near.h"
#include "stats/block_length.h"
#include "stats/compare.h"
#include "stats/dist.h"

#include "stats/compare_vectors.h"

/* As in compare_vectors.py. */
static void series(double *out, size_t n, double phi, uint64_t seed) {
    double y = 0;
    for (size_t i = 0; i < n; i++) {
        double u = 0;
        for (int k = 0; k < 4; k++) {
            seed = seed * 48271 % 2147483647;
            u += (double)seed / 2147483647;
        }
        out[i] = y = phi * y + (u - 2);
    }
}

static void test_distributions_are_those_of_scipy(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof student / sizeof *student; i++)
        assert_near(dist_student(student[i].t, student[i].df), student[i].below, 1e-12);
    for (size_t i = 0; i < sizeof student_quantile / sizeof *student_quantile; i++)
        assert_near(dist_student_quantile(student_quantile[i].p, student_quantile[i].df),
                    student_quantile[i].t, 1e-7);
    assert_near(dist_normal_quantile(0.975), 1.959963984540054, 1e-9);
}

static void test_block_lengths_are_those_of_the_paper(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        double x[512], variance;
        series(x, lengths[i].n, lengths[i].phi, lengths[i].seed);
        double length = block_length(x, lengths[i].n, &variance);
        assert_near(length / lengths[i].length, 1, 1e-8);
        assert_near(variance / lengths[i].variance, 1, 1e-8);
    }
    double flat[64] = {0}, variance = -1;
    assert_near(block_length(flat, 64, &variance), 1, 0);
    assert_near(variance, 0, 0);
}

static struct compare_side *side_of(const int64_t *lengths_us, size_t runs) {
    struct compare_side *s = NULL;
    assert_int_equal(compare_side_new(lengths_us, runs, &s, NULL), 0);
    return s;
}

static void add(struct compare_side *s, int64_t at_us, int64_t value_us, uint16_t run,
                uint32_t endpoint, bool failed) {
    struct compare_row row = {at_us, value_us, endpoint, run, failed, 0};
    assert_int_equal(compare_side_add(s, &row, NULL), 0);
}

/* One run of n requests, a hundred a second. */
static struct compare_side *times(size_t n, uint64_t seed, double factor) {
    double *x = calloc(n, sizeof *x);
    int64_t length = (int64_t)n * 10000;
    struct compare_side *s = side_of(&length, 1);
    series(x, n, 0.3, seed);
    for (size_t i = 0; i < n; i++)
        add(s, (int64_t)i * 10000, (int64_t)(20000 * factor * exp(x[i])), 0, 0, false);
    free(x);
    return s;
}

static struct compare_pair *pair_of(const struct compare_side *a, const struct compare_side *b) {
    struct compare_options o = {.seed = 3};
    struct compare_pair *p = NULL;
    assert_int_equal(compare_pair_new(a, b, NULL, &o, &p, NULL), 0);
    return p;
}

static struct compare_result measure(struct compare_pair *p, enum compare_kind kind, double q) {
    struct compare_measure m = {kind, q};
    struct compare_result r;
    assert_int_equal(compare_measure(p, &m, &r, NULL), 0);
    return r;
}

static void test_values_are_those_of_numpy_and_scipy(void **state) {
    (void)state;
    struct compare_side *a = times(900, 11, 1), *b = times(700, 12, 1.1);
    struct compare_pair *p = pair_of(a, b);
    struct compare_result r = measure(p, COMPARE_MEAN, 0);
    assert_near(r.base, BASE_MEAN, 1e-6);
    assert_near(r.with, WITH_MEAN, 1e-6);
    assert_near(r.ratio, WITH_MEAN / BASE_MEAN, 1e-12);
    assert_near(r.difference, WITH_MEAN - BASE_MEAN, 1e-6);
    static const struct {
        double p, base, with;
    } want[] = {{0.5, BASE_P50, WITH_P50},
                {0.9, BASE_P90, WITH_P90},
                {0.95, BASE_P95, WITH_P95},
                {0.99, BASE_P99, WITH_P99}};
    for (size_t i = 0; i < 4; i++) {
        r = measure(p, COMPARE_QUANTILE, want[i].p);
        assert_near(r.base, want[i].base, 1e-6);
        assert_near(r.with, want[i].with, 1e-6);
    }
    struct compare_rank rank;
    assert_int_equal(compare_rank(p, &rank, NULL), 0);
    assert_near(rank.u, RANK_U, 1e-3);
    assert_near(rank.share, RANK_U / (900.0 * 700), 1e-9);
    compare_pair_free(p);
    compare_side_free(a);
    compare_side_free(b);
}

/* For independent requests the interval of the median of n is that between the order statistics
 * n/2 -+ 1.96 sqrt(n)/2 of each side; with times that are spread evenly from 10 to 20 ms those are
 * 1.96 * 10 / (2 sqrt(n)) ms off, and the difference of two such has sqrt(2) of that. */
static void test_an_interval_is_as_wide_as_theory_says(void **state) {
    (void)state;
    enum { N = 20000 };
    int64_t length = N * INT64_C(10000);
    struct compare_side *a = side_of(&length, 1), *b = side_of(&length, 1);
    uint64_t x = 17;
    for (size_t i = 0; i < 2 * N; i++) {
        x = x * 48271 % 2147483647;
        add(i % 2 == 0 ? a : b, (int64_t)(i / 2) * 10000, 10000 + (int64_t)(x % 10000), 0, 0,
            false);
    }
    struct compare_pair *p = pair_of(a, b);
    double theory = 2 * 1.96 * sqrt(2) * 10000 / (2 * sqrt(N));
    struct compare_result r = measure(p, COMPARE_QUANTILE, 0.5);
    assert_near((r.difference_high - r.difference_low) / theory, 1, 0.15);
    theory = 2 * 1.96 * sqrt(2) * 10000 / sqrt(12.0 * N);
    r = measure(p, COMPARE_MEAN, 0);
    assert_near((r.difference_high - r.difference_low) / theory, 1, 0.15);
    assert_int_equal(r.verdict, COMPARE_NO_DIFFERENCE);
    compare_pair_free(p);
    compare_side_free(a);
    compare_side_free(b);
}

/* Every request four times in a row is a quarter of the requests: the interval must be twice as
 * wide as its number of requests would make it. */
static void test_neighbours_that_are_alike_count_as_what_they_are(void **state) {
    (void)state;
    enum { N = 400 };
    int64_t length = N * INT64_C(100000);
    struct compare_side *once = side_of(&length, 1), *often = side_of(&length, 1);
    uint64_t x = 5;
    for (size_t i = 0; i < N; i++) {
        x = x * 48271 % 2147483647;
        add(once, (int64_t)i * 100000, 10000 + (int64_t)(x % 10000), 0, 0, false);
        for (int k = 0; k < 40; k++)
            add(often, (int64_t)i * 100000 + k, 10000 + (int64_t)(x % 10000), 0, 0, false);
    }
    struct compare_pair *p = pair_of(once, once), *q = pair_of(often, often);
    struct compare_result a = measure(p, COMPARE_MEAN, 0), b = measure(q, COMPARE_MEAN, 0);
    double ratio = (b.difference_high - b.difference_low) / (a.difference_high - a.difference_low);
    assert_near(ratio, 1, 0.2); /* and not 0.16 */
    compare_pair_free(p);
    compare_pair_free(q);
    compare_side_free(once);
    compare_side_free(often);
}

/* n requests, as many of which fail as shall, at random places. */
static struct compare_side *failing(int n, int failures, uint64_t x) {
    int64_t length = n * INT64_C(10000);
    struct compare_side *s = side_of(&length, 1);
    for (int i = 0; i < n; i++) {
        x = x * 48271 % 2147483647;
        bool fails = (double)x / 2147483647 * (n - i) < failures;
        failures -= fails;
        add(s, i * INT64_C(10000), 1000, 0, 0, fails);
    }
    return s;
}

/* Newcombe's method 10, by scipy's quantile of the normal: for 560/700 and 480/800 it gives 0.1543
 * to 0.2443. Ours has Student's, and as many requests as the places of the failures are worth. */
static void test_failures_have_newcombes_interval(void **state) {
    (void)state;
    struct compare_side *a = failing(800, 480, 3), *b = failing(700, 560, 4);
    struct compare_pair *p = pair_of(a, b);
    struct compare_result r = measure(p, COMPARE_FAILURES, 0);
    assert_near(r.difference, 0.2, 1e-12);
    assert_near(r.difference_low, 0.1543, 0.006);
    assert_near(r.difference_high, 0.2443, 0.006);
    compare_pair_free(p);
    compare_side_free(a);
    compare_side_free(b);
}

static void test_failures_from_none_have_no_ratio_and_a_verdict(void **state) {
    (void)state;
    struct compare_side *a = failing(1000, 0, 1), *b = failing(1000, 50, 2);
    struct compare_pair *p = pair_of(a, b), *q = pair_of(a, a);
    struct compare_result r = measure(p, COMPARE_FAILURES, 0);
    assert_true(isnan(r.ratio) && isnan(r.ratio_low));
    assert_near(r.difference, 0.05, 1e-12);
    assert_int_equal(r.verdict, COMPARE_SLOWER);
    r = measure(q, COMPARE_FAILURES, 0);
    assert_int_equal(r.verdict, COMPARE_NO_DIFFERENCE);
    assert_true(r.difference_high > 0.003 && r.difference_high < 0.005); /* 3.8 / 1000 */
    compare_pair_free(p);
    compare_pair_free(q);
    compare_side_free(a);
    compare_side_free(b);
}

static void test_too_little_data_says_so(void **state) {
    (void)state;
    struct compare_side *few = times(49, 1, 1), *some = times(300, 2, 1);
    struct compare_pair *p = pair_of(few, some), *q = pair_of(some, some);
    struct compare_result r = measure(p, COMPARE_MEAN, 0);
    assert_int_equal(r.verdict, COMPARE_TOO_LITTLE);
    assert_int_equal(r.lack, COMPARE_LACK_REQUESTS);
    assert_true(isnan(r.ratio) && r.base > 0);
    /* Of 300 independent requests the interval of p99 would end at the rank 0.99 + 1.96 sqrt(0.0099
     * / 300) = 1.0013. */
    r = measure(q, COMPARE_QUANTILE, 0.99);
    assert_int_equal(r.lack, COMPARE_LACK_TAIL);
    assert_int_equal(r.verdict, COMPARE_TOO_LITTLE);
    compare_pair_free(p);
    compare_pair_free(q);

    /* Ten slow swings are no more than ten observations. */
    int64_t length = 20000000;
    struct compare_side *swings = side_of(&length, 1);
    for (int i = 0; i < 2000; i++)
        add(swings, i * 10000, (int64_t)(20000 + 9000 * sin(i * 6.2832 / 400)), 0, 0, false);
    p = pair_of(swings, swings);
    assert_int_equal(measure(p, COMPARE_QUANTILE, 0.5).lack, COMPARE_LACK_BLOCKS);
    compare_pair_free(p);
    compare_side_free(swings);
    compare_side_free(few);
    compare_side_free(some);
}

/* Runs of a side that differ by 10 % among themselves cannot show that the other side is 5 %
 * slower; one of each, which know nothing of that, say it is. */
static void test_several_runs_show_what_lies_between_runs(void **state) {
    (void)state;
    int64_t lengths_us[4] = {20000000, 20000000, 20000000, 20000000};
    static const double levels[] = {0.95, 1, 1.05, 1.1};
    struct compare_side *a = side_of(lengths_us, 4), *b = side_of(lengths_us, 4);
    struct compare_side *one = side_of(lengths_us, 1), *other = side_of(lengths_us, 1);
    uint64_t x = 9;
    for (uint16_t run = 0; run < 4; run++)
        for (int i = 0; i < 2000; i++) {
            x = x * 48271 % 2147483647;
            double t = (10000 + (double)(x % 1000)) * levels[run];
            add(a, i * 10000, (int64_t)t, run, 0, false);
            add(b, i * 10000, (int64_t)(t * 1.05), run, 0, false);
            if (run == 1) {
                add(one, i * 10000, (int64_t)t, 0, 0, false);
                add(other, i * 10000, (int64_t)(t * 1.05), 0, 0, false);
            }
        }
    struct compare_pair *p = pair_of(a, b), *q = pair_of(one, other);
    struct compare_result r = measure(p, COMPARE_MEAN, 0);
    assert_near(r.ratio, 1.05, 1e-3);
    assert_int_equal(r.verdict, COMPARE_NO_DIFFERENCE);
    /* Student's interval of the difference of two means of four with s = 6.455 % each, 6 degrees of
     * freedom: -+ 2.447 * 6.455 * sqrt(2 / 4) = 11.2 % */
    assert_near((r.ratio_high - r.ratio_low) / 2, 0.115, 0.02);
    assert_int_equal(measure(q, COMPARE_MEAN, 0).verdict, COMPARE_SLOWER);
    compare_pair_free(p);
    compare_pair_free(q);
    compare_side_free(a);
    compare_side_free(b);
    compare_side_free(one);
    compare_side_free(other);
}

static void test_endpoints_are_told_apart(void **state) {
    (void)state;
    int64_t length = 10000000;
    struct compare_side *a = side_of(&length, 1), *b = side_of(&length, 1);
    uint64_t x = 3;
    for (int i = 0; i < 2000; i++) {
        x = x * 48271 % 2147483647;
        add(a, i * 5000, 1000 + (int64_t)(x % 500), 0, (uint32_t)i % 2, false);
        add(b, i * 5000, (1000 + (int64_t)(x % 500)) * (1 + i % 2), 0, (uint32_t)i % 2, false);
    }
    struct compare_options o = {.seed = 1};
    for (int e = 0; e < 2; e++) {
        bool wanted[2] = {e == 0, e == 1};
        struct compare_pair *p = NULL;
        assert_int_equal(compare_pair_new(a, b, wanted, &o, &p, NULL), 0);
        assert_int_equal(compare_pair_requests(p, true), 1000);
        assert_int_equal(measure(p, COMPARE_QUANTILE, 0.9).verdict,
                         e == 0 ? COMPARE_NO_DIFFERENCE : COMPARE_SLOWER);
        compare_pair_free(p);
    }
    compare_side_free(a);
    compare_side_free(b);
}

static void test_the_same_seed_gives_the_same_numbers(void **state) {
    (void)state;
    struct compare_side *a = times(900, 11, 1), *b = times(700, 12, 1.1);
    struct compare_pair *p = pair_of(a, b), *q = pair_of(a, b);
    struct compare_result x = measure(p, COMPARE_QUANTILE, 0.9);
    struct compare_result y = measure(q, COMPARE_QUANTILE, 0.9);
    assert_near(x.ratio_low, y.ratio_low, 0);
    assert_near(x.ratio_high, y.ratio_high, 0);
    assert_true(x.ratio_low < x.ratio && x.ratio < x.ratio_high);
    compare_pair_free(p);
    compare_pair_free(q);
    compare_side_free(a);
    compare_side_free(b);
}

/* Holm's own example in words: of four at 5 %, the limits are 1.25, 1.67, 2.5 and 5 %; the third is
 * beyond its limit, so the fourth does not count either. */
static void test_a_table_of_verdicts_is_corrected(void **state) {
    (void)state;
    struct compare_result r[5] = {
        {.p_value = 0.04, .verdict = COMPARE_SLOWER, .alone = COMPARE_SLOWER},
        {.p_value = 0.01, .verdict = COMPARE_SLOWER, .alone = COMPARE_SLOWER},
        {.p_value = 0.016, .verdict = COMPARE_FASTER, .alone = COMPARE_FASTER},
        {.p_value = 0.03, .verdict = COMPARE_SLOWER, .alone = COMPARE_SLOWER},
        {.p_value = (double)NAN, .verdict = COMPARE_TOO_LITTLE, .lack = COMPARE_LACK_TAIL},
    };
    struct compare_result *all[5] = {&r[0], &r[1], &r[2], &r[3], &r[4]};
    compare_family(all, 5, 0.95);
    assert_int_equal(r[1].verdict, COMPARE_SLOWER);
    assert_int_equal(r[2].verdict, COMPARE_FASTER);
    assert_int_equal(r[3].verdict, COMPARE_NO_DIFFERENCE);
    assert_int_equal(r[0].verdict, COMPARE_NO_DIFFERENCE);
    assert_int_equal(r[0].alone, COMPARE_SLOWER);
    assert_int_equal(r[4].verdict, COMPARE_TOO_LITTLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distributions_are_those_of_scipy),
        cmocka_unit_test(test_block_lengths_are_those_of_the_paper),
        cmocka_unit_test(test_values_are_those_of_numpy_and_scipy),
        cmocka_unit_test(test_an_interval_is_as_wide_as_theory_says),
        cmocka_unit_test(test_neighbours_that_are_alike_count_as_what_they_are),
        cmocka_unit_test(test_failures_have_newcombes_interval),
        cmocka_unit_test(test_failures_from_none_have_no_ratio_and_a_verdict),
        cmocka_unit_test(test_too_little_data_says_so),
        cmocka_unit_test(test_several_runs_show_what_lies_between_runs),
        cmocka_unit_test(test_endpoints_are_told_apart),
        cmocka_unit_test(test_the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(test_a_table_of_verdicts_is_corrected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
