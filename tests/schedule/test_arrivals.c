/* arrivals: when the requests of an open load are due. The tables come from Python: exact
 * fractions, the integral inverted by bisection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "schedule/arrivals.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)
#define PER_S ((int64_t)LOAD_MICRO)
#define COUNT(a) (sizeof(a) / sizeof *(a))

static uint64_t count(const struct load *l, uint64_t seed) {
    struct arrivals a;
    struct arrival x;
    uint64_t n = 0;
    arrivals_init(&a, l, seed, 0, 1);
    while (arrivals_next(&a, &x))
        assert_int_equal(x.index, n++);
    return n;
}

struct point {
    uint64_t index;
    int64_t at_ns;
};

/* Each point is given by a "worker" that begins there, so that far arrivals need no walk. */
static void check(const struct load *l, const struct point *points, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct arrivals a;
        struct arrival x = {0, -1};
        arrivals_init(&a, l, 1, (uint32_t)(points[i].index % UINT32_MAX), UINT32_MAX);
        for (uint64_t skip = points[i].index / UINT32_MAX; skip-- > 0;)
            assert_true(arrivals_next(&a, &x));
        if (!arrivals_next(&a, &x))
            fail_msg("no arrival %llu", (unsigned long long)points[i].index);
        assert_int_equal(x.index, points[i].index);
        if (x.at_ns != points[i].at_ns)
            fail_msg("arrival %llu at %lld, not %lld", (unsigned long long)x.index,
                     (long long)x.at_ns, (long long)points[i].at_ns);
    }
}

/* The largest rate, and the parts of ten thousand machines: arrival k is due at k times 100 ns. A
 * day has 864 billion of them. */
static void the_largest_rate_is_exact_in_parts(void **state) {
    (void)state;
    struct load l = {
        .kind = LOAD_RATE, .micro_rate = LOAD_RATE_MAX * PER_S, .duration_ns = 24 * 3600 * S};
    static const struct point points[] = {
        {0, 0}, {7, 700}, {9999, 999900}, {INT64_C(429496729500), INT64_C(42949672950000)}};
    struct arrivals a;
    struct arrival x;
    check(&l, points, COUNT(points));
    l.duration_ns = S;
    uint64_t n = 0;
    arrivals_init(&a, &l, 1, 7, 10000);
    for (; arrivals_next(&a, &x); n++) {
        assert_int_equal(x.index, 7 + 10000 * n);
        assert_int_equal(x.at_ns, 700 + 1000000 * (int64_t)n);
    }
    assert_int_equal(n, 1000);
    /* Poisson arrivals: the same for each number of parts, and about as many as there should be. */
    l.poisson = true;
    l.duration_ns = 20 * MS;
    struct arrivals part[3];
    struct arrival own[3];
    for (uint32_t i = 0; i < 3; i++) {
        arrivals_init(&part[i], &l, 5, i, 3);
        assert_true(arrivals_next(&part[i], &own[i]));
    }
    arrivals_init(&a, &l, 5, 0, 1);
    for (n = 0; arrivals_next(&a, &x); n++) {
        assert_int_equal(own[n % 3].index, x.index);
        assert_int_equal(own[n % 3].at_ns, x.at_ns);
        if (!arrivals_next(&part[n % 3], &own[n % 3]))
            own[n % 3].index = UINT64_MAX;
    }
    assert_in_range(n, 197000, 203000); /* 200000, and seven deviations */
}

static void constant_rates_are_counted_exactly(void **state) {
    (void)state;
    static const struct {
        int64_t micro_rate, duration_ns;
        uint64_t arrivals;
    } cases[] = {
        {100 * PER_S, 10 * S, 1000},
        {100000 * PER_S, 10 * S, 1000000},
        {100000, 100 * S, 10},     /* 0.1/s */
        {100000, 100 * S + 1, 11}, /* the eleventh is due at 100 s */
        {100000, 10 * S, 1},
        {3 * PER_S, S, 3},
        {7 * PER_S, 1000 * S, 7000},
        {333333, 3000 * S, 1000}, /* 999.999 */
        {1, S, 1},                /* the first is due at the start */
        {1 * PER_S, 1, 1},
        {300000, INT64_C(315360000) * S / 1000, 94608}, /* 0.3/s for 315360 s */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct load l = {.kind = LOAD_RATE,
                         .micro_rate = cases[i].micro_rate,
                         .duration_ns = cases[i].duration_ns};
        assert_int_equal(count(&l, 1), cases[i].arrivals);
    }
}

static void constant_rates_do_not_drift(void **state) {
    (void)state;
    struct load l = {
        .kind = LOAD_RATE, .micro_rate = 3 * PER_S, .duration_ns = INT64_C(315360000) * S};
    static const struct point third[] = {
        {0, 0}, {1, 333333333}, {2, 666666667}, {3, S}, {300000001, INT64_C(100000000333333333)}};
    check(&l, third, COUNT(third));
    /* Arrival 4 * 10^9 of 100000/s is due at 40000 s, to the nanosecond. */
    l.micro_rate = 100000 * PER_S;
    static const struct point fast[] = {{4000000000, 40000 * S}, {4294967296, 42949672960000}};
    check(&l, fast, COUNT(fast));
    l.micro_rate = 100000;
    static const struct point slow[] = {{7, 70 * S}, {3600, 36000 * S}};
    check(&l, slow, COUNT(slow));
}

static void ramps_follow_the_integral(void **state) {
    (void)state;
    struct load_stage up[] = {{10 * S, 0, 20 * PER_S}};
    static const struct point up_points[] = {{0, 0},          {1, S},           {2, 1414213562},
                                             {3, 1732050808}, {50, 7071067812}, {99, 9949874371}};
    struct load l = {.kind = LOAD_RATE_STAGES, .stages = up, .stage_count = 1};
    check(&l, up_points, COUNT(up_points));
    assert_int_equal(count(&l, 1), 100);

    struct load_stage down[] = {{10 * S, 0, 0}};
    static const struct point down_points[] = {
        {0, 0}, {1, 50125629}, {50, 2928932188}, {98, 8585786438}, {99, 9 * S}};
    l = (struct load){
        .kind = LOAD_RATE_STAGES, .stages = down, .stage_count = 1, .start_micro_rate = 20 * PER_S};
    check(&l, down_points, COUNT(down_points));
    assert_int_equal(count(&l, 1), 100);

    struct load_stage mixed[] = {
        {4 * S, 0, 5 * PER_S}, {3 * S, 0, 5 * PER_S}, {0, 0, 100 * PER_S}, {2 * S, 0, 0}};
    static const struct point mixed_points[] = {
        {0, 0},          {1, 732050808},  {5, 2316624790}, {11, 3795831523}, {12, 4 * S},
        {13, 4200 * MS}, {26, 6800 * MS}, {27, 7 * S},     {50, 7245007123}, {126, 8800 * MS}};
    l = (struct load){.kind = LOAD_RATE_STAGES,
                      .stages = mixed,
                      .stage_count = COUNT(mixed),
                      .start_micro_rate = PER_S};
    check(&l, mixed_points, COUNT(mixed_points));
    assert_int_equal(count(&l, 1), 127);
}

static void nothing_arrives_at_rate_zero(void **state) {
    (void)state;
    /* The tenth area is full when the gap begins, and what comes next waits for its end. */
    struct load_stage gap[] = {{2 * S, 0, 0}, {3 * S, 0, 0}, {2 * S, 0, 10 * PER_S}};
    static const struct point points[] = {
        {9, 1367544468}, {10, 5 * S}, {11, 5632455532}, {15, 6414213562}, {19, 6897366596}};
    struct load l = {.kind = LOAD_RATE_STAGES,
                     .stages = gap,
                     .stage_count = COUNT(gap),
                     .start_micro_rate = 10 * PER_S};
    check(&l, points, COUNT(points));
    assert_int_equal(count(&l, 1), 20);
    struct load_stage late[] = {{4 * S, 0, 0}, {0, 0, 2 * PER_S}, {S, 0, 2 * PER_S}};
    static const struct point late_points[] = {{0, 4 * S}, {1, 4500 * MS}};
    l = (struct load){.kind = LOAD_RATE_STAGES, .stages = late, .stage_count = COUNT(late)};
    check(&l, late_points, COUNT(late_points));
    assert_int_equal(count(&l, 1), 2);
}

/* The ends of long ramps are where a quadratic's solution loses its digits. */
static void long_ramps_stay_exact(void **state) {
    (void)state;
    struct load_stage day[] = {{86400 * S, 0, 100000 * PER_S}};
    struct load l = {.kind = LOAD_RATE_STAGES,
                     .stages = day,
                     .stage_count = 1,
                     .start_micro_rate = 99999 * PER_S};
    static const struct point nearly_flat[] = {
        {0, 0}, {1, 10000}, {4319978400, 43200108000540}, {8639956799, 86399999990000}};
    check(&l, nearly_flat, COUNT(nearly_flat));
    day[0].micro_rate = 0;
    l.start_micro_rate = 100000 * PER_S;
    static const struct point to_zero[] = {
        {4319999000, 86358430780618}, {4319999998, 86398140967994}, {4319999999, 86398685465862}};
    check(&l, to_zero, COUNT(to_zero));
}

static void a_cut_ends_arrivals(void **state) {
    (void)state;
    struct load_stage stages[] = {{10 * S, 0, 20 * PER_S}};
    struct load l = {.kind = LOAD_RATE_STAGES, .stages = stages, .stage_count = 1, .cut_ns = S + 1};
    assert_int_equal(count(&l, 1), 2); /* at 0 and at 1 s */
    l.cut_ns = S;
    assert_int_equal(count(&l, 1), 1);
    struct load flat = {
        .kind = LOAD_RATE, .micro_rate = 10 * PER_S, .duration_ns = 10 * S, .cut_ns = 2 * S};
    assert_int_equal(count(&flat, 1), 20);
}

/* Dealt out over n workers the arrivals are the same, each once. */
static void check_dealing(const struct load *l, uint32_t n) {
    struct arrivals whole, part[7];
    struct arrival expected, x;
    int64_t last = 0;
    arrivals_init(&whole, l, 5, 0, 1);
    for (uint32_t w = 0; w < n; w++)
        arrivals_init(&part[w], l, 5, w, n);
    for (uint64_t k = 0; arrivals_next(&whole, &expected); k++) {
        assert_true(arrivals_next(&part[k % n], &x));
        assert_int_equal(x.index, k);
        assert_int_equal(expected.index, k);
        assert_int_equal(x.at_ns, expected.at_ns);
        assert_true(x.at_ns >= last && x.at_ns < load_duration(l));
        last = x.at_ns;
    }
    for (uint32_t w = 0; w < n; w++)
        assert_false(arrivals_next(&part[w], &x));
}

static void workers_share_one_sequence(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 3, 0);
    for (int i = 0; i < 400; i++) {
        struct load_stage stages[5];
        struct load l = {.kind = LOAD_RATE_STAGES,
                         .stages = stages,
                         .stage_count = 1 + rng_below(&r, 5),
                         .start_micro_rate = (int64_t)rng_below(&r, 100) * PER_S,
                         .poisson = i % 2 == 0};
        static const uint64_t scale[] = {1, 1000, 100000007, 4 * S};
        for (size_t k = 0; k < l.stage_count; k++)
            stages[k] = (struct load_stage){
                (int64_t)(rng_below(&r, 4) * scale[rng_below(&r, COUNT(scale))]), 0,
                rng_below(&r, 3) == 0 ? 0 : (int64_t)rng_below(&r, 200 * LOAD_MICRO)};
        check_dealing(&l, 1 + (uint32_t)rng_below(&r, 7));
    }
}

static void poisson_arrivals_are_random_and_repeat(void **state) {
    (void)state;
    struct load l = {
        .kind = LOAD_RATE, .micro_rate = 50 * PER_S, .duration_ns = 1000 * S, .poisson = true};
    struct arrivals a;
    struct arrival x;
    double sum = 0, squares = 0;
    int64_t last = 0;
    uint64_t n = 0, long_gaps = 0;
    for (arrivals_init(&a, &l, 11, 0, 1); arrivals_next(&a, &x); n++) {
        double gap = (double)(x.at_ns - last) / 20e6; /* in mean gaps */
        sum += gap;
        squares += gap * gap;
        long_gaps += gap > 1;
        last = x.at_ns;
    }
    /* 50000 expected, standard deviation 224; a gap has mean 1 and variance 1, and is longer than 1
     * with probability 1/e. Five standard errors. */
    double count_error = 5 * sqrt(50000), gaps = (double)n;
    assert_true(fabs(gaps - 50000) < count_error);
    assert_true(fabs(sum / gaps - 1) < 5 / sqrt(gaps));
    assert_true(fabs(squares / gaps - 2) < 5 * sqrt(20 / gaps)); /* E x^4 - 4 = 20 */
    assert_true(fabs((double)long_gaps / gaps - exp(-1)) < 5 * 0.4823 / sqrt(gaps));
    assert_int_equal(count(&l, 11), n);
    assert_int_not_equal(count(&l, 12), n);
}

static void poisson_arrivals_follow_a_ramp(void **state) {
    (void)state;
    /* 0 to 2000/s in 10 s: 10000 on average, a quarter of them in the first half. */
    struct load_stage up[] = {{10 * S, 0, 2000 * PER_S}};
    struct load l = {.kind = LOAD_RATE_STAGES, .stages = up, .stage_count = 1, .poisson = true};
    struct arrivals a;
    struct arrival x;
    int first = 0, all = 0;
    for (arrivals_init(&a, &l, 2, 0, 1); arrivals_next(&a, &x); all++)
        first += x.at_ns < 5 * S;
    assert_true(abs(all - 10000) < 5 * 100);
    assert_true(abs(first - 2500) < 5 * 50);
}

/* Expected times: Python's fractions, to the nearest nanosecond, half up. */
static void a_trace_is_replayed_as_recorded(void **state) {
    (void)state;
    static const int64_t at[] = {0, 1, 2, 1000000001, 1000000001, 4000000000};
    struct load_times times = {at, 6, 5000000000};
    struct load l = {.kind = LOAD_TRACE, .times = &times, .micro_speed = LOAD_MICRO};
    struct arrivals a;
    struct arrival next;
    assert_true(load_is_open(&l));
    assert_int_equal(load_duration(&l), 5000000000);
    assert_int_equal(load_trace_count(&l), 6);
    assert_int_equal(load_micro_rate_max(&l), 3 * PER_S);
    arrivals_init(&a, &l, 1, 0, 1);
    for (uint64_t i = 0; i < 6; i++) {
        assert_true(arrivals_next(&a, &next));
        assert_true(next.index == i && next.at_ns == at[i]);
    }
    assert_false(arrivals_next(&a, &next));
    /* Three times as fast: 0, 1/3, 2/3, ... */
    static const int64_t thirds[] = {0, 0, 1, 333333334, 333333334, 1333333333};
    l.micro_speed = 3 * LOAD_MICRO;
    arrivals_init(&a, &l, 1, 0, 1);
    for (uint64_t i = 0; i < 6; i++)
        assert_true(arrivals_next(&a, &next) && next.at_ns == thirds[i]);
    assert_int_equal(load_duration(&l), 1666666667);
    assert_int_equal(load_micro_rate_max(&l), 5 * PER_S);
    /* Over and over, until the end: pass p begins at the nearest to p * 5/3 s, without an error
     * that grows. */
    l.loop = true;
    l.duration_ns = 1000 * S;
    arrivals_init(&a, &l, 1, 0, 1);
    uint64_t n = 0;
    while (arrivals_next(&a, &next)) {
        if (n % 6 == 0)
            assert_int_equal(next.at_ns, (n / 6 * 5000000000 * 2 + 3) / 6);
        n++;
    }
    assert_int_equal(n, 3600); /* 600 passes */
    assert_int_equal(load_trace_count(&l), 3600);
    l.duration_ns = 1000 * S - 333333333;
    assert_int_equal(load_trace_count(&l), 3599);
    l.duration_ns = 1000 * S - 333333332;
    assert_int_equal(load_trace_count(&l), 3600);
    l.cut_ns = 2;
    assert_int_equal(load_trace_count(&l), 3);
}

static void workers_share_a_trace(void **state) {
    (void)state;
    static const int64_t at[] = {0, 10, 20, 30, 40};
    struct load_times times = {at, 5, 50};
    struct load l = {.kind = LOAD_TRACE,
                     .times = &times,
                     .micro_speed = LOAD_MICRO,
                     .loop = true,
                     .duration_ns = 200};
    bool seen[20] = {false};
    for (uint32_t w = 0; w < 3; w++) {
        struct arrivals a;
        struct arrival next;
        arrivals_init(&a, &l, 1, w, 3);
        while (arrivals_next(&a, &next)) {
            assert_true(next.index % 3 == w && next.index < 20 && !seen[next.index]);
            assert_int_equal(next.at_ns, 10 * (int64_t)next.index);
            seen[next.index] = true;
        }
    }
    for (size_t i = 0; i < 20; i++)
        assert_true(seen[i]);
}

/* At a speed that puts all into one nanosecond no arrival is lost. */
static void a_fast_trace_is_complete(void **state) {
    (void)state;
    static const int64_t at[] = {0, 1, 2, 3};
    struct load_times times = {at, 4, 4};
    struct load l = {
        .kind = LOAD_TRACE, .times = &times, .micro_speed = (int64_t)LOAD_SPEED_MAX * LOAD_MICRO};
    assert_int_equal(load_trace_count(&l), 4);
    assert_int_equal(load_duration(&l), 1);
}

static void an_open_load_wants_no_users_of_its_own(void **state) {
    (void)state;
    struct load_stage stages[] = {{2 * S, 0, 30 * PER_S}, {S, 0, 5 * PER_S}};
    struct load l = {.kind = LOAD_RATE_STAGES,
                     .stages = stages,
                     .stage_count = 2,
                     .start_micro_rate = 7 * PER_S,
                     .max_users = 40};
    assert_true(load_is_open(&l));
    assert_int_equal(load_users(&l, S), 0);
    assert_int_equal(load_next_change(&l, 0), -1);
    assert_int_equal(load_users_max(&l), 40);
    assert_int_equal(load_duration(&l), 3 * S);
    assert_int_equal(load_stage_at(&l, 2 * S), 1);
    assert_int_equal(load_micro_rate_max(&l), 30 * PER_S);
    struct load flat = {.kind = LOAD_RATE, .micro_rate = 9, .duration_ns = S, .max_users = 1};
    assert_true(load_is_open(&flat));
    assert_int_equal(load_stage_at(&flat, 0), 0);
    assert_int_equal(load_duration(&flat), S);
    assert_int_equal(load_micro_rate_max(&flat), 9);
    assert_false(load_is_open(&(struct load){.kind = LOAD_USERS}));
    assert_false(load_is_open(&(struct load){.kind = LOAD_STAGES}));
}

/* ---- changes ---- */

/* All arrivals of a load, by as many workers. A change that is known from the start, and one that
 * comes while it runs, give the same ones. */
static size_t collect(const struct load *known, const struct load_change *later, size_t n,
                      uint32_t workers, int64_t *at_ns, size_t max) {
    size_t count = 0;
    struct err e;
    for (uint32_t w = 0; w < workers; w++) {
        struct load l;
        struct arrivals a;
        struct arrival x;
        size_t next = 0;
        assert_int_equal(load_copy(known, &l, &e), 0);
        arrivals_init(&a, &l, 7, w, workers);
        bool any = arrivals_next(&a, &x);
        for (;;) {
            /* The change is heard of when all before it are sent, and the next is prepared. */
            while (next < n && (!any || x.at_ns >= later[next].at_ns)) {
                assert_int_equal(load_change(&l, &later[next], &e), 0);
                assert_int_equal(arrivals_change(&a, later[next++].at_ns, any), any);
                any = arrivals_next(&a, &x);
            }
            if (!any)
                break;
            assert_true(x.index < max);
            assert_int_equal(at_ns[x.index], -1); /* each once */
            at_ns[x.index] = x.at_ns;
            count++;
            any = arrivals_next(&a, &x);
        }
        load_done(&l);
    }
    return count;
}

/* The load stops at `stop_ns`. */
static void same_arrivals_whenever_known(int64_t stop_ns) {
    enum { MAX = 4000 };
    static int64_t first[MAX], other[MAX];
    const struct load_change changes[] = {{.at_ns = 2 * S, .micro_rate = 200 * LOAD_MICRO},
                                          {.at_ns = stop_ns, .micro_rate = 0},
                                          {.at_ns = 7 * S, .micro_rate = 100000},
                                          {.at_ns = 9 * S, .micro_rate = 33 * LOAD_MICRO}};
    const size_t n = sizeof changes / sizeof *changes;
    for (int poisson = 0; poisson < 2; poisson++) {
        struct load l = {.kind = LOAD_RATE,
                         .micro_rate = 50 * LOAD_MICRO,
                         .duration_ns = 12 * S,
                         .poisson = poisson == 1,
                         .max_users = 10},
                    known;
        struct err e;
        memset(first, 0xff, sizeof first);
        assert_int_equal(load_copy(&l, &known, &e), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(load_change(&known, &changes[i], &e), 0);
        size_t count = collect(&known, NULL, 0, 1, first, MAX);
        /* 100 + 600 + 0 + 0.2 + 99 */
        assert_true(poisson == 1 ? count > 600 && count < 1000 : count == 800);
        for (uint32_t workers = 1; workers <= 3; workers++) {
            memset(other, 0xff, sizeof other);
            assert_int_equal(collect(&l, changes, n, workers, other, MAX), count);
            assert_memory_equal(first, other, sizeof first);
        }
        for (size_t i = 0; i < count; i++)
            assert_false(first[i] >= stop_ns && first[i] < 7 * S);
        load_done(&known);
        load_done(&l);
    }
}

static void changes_that_come_later_give_the_same_arrivals(void **state) {
    (void)state;
    same_arrivals_whenever_known(5 * S + 1);
    /* Arrival 700 would be due then, to the nanosecond. It follows the change. */
    same_arrivals_whenever_known(5 * S);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_that_come_later_give_the_same_arrivals),
        cmocka_unit_test(constant_rates_are_counted_exactly),
        cmocka_unit_test(constant_rates_do_not_drift),
        cmocka_unit_test(ramps_follow_the_integral),
        cmocka_unit_test(nothing_arrives_at_rate_zero),
        cmocka_unit_test(long_ramps_stay_exact),
        cmocka_unit_test(a_cut_ends_arrivals),
        cmocka_unit_test(workers_share_one_sequence),
        cmocka_unit_test(poisson_arrivals_are_random_and_repeat),
        cmocka_unit_test(poisson_arrivals_follow_a_ramp),
        cmocka_unit_test(a_trace_is_replayed_as_recorded),
        cmocka_unit_test(workers_share_a_trace),
        cmocka_unit_test(the_largest_rate_is_exact_in_parts),
        cmocka_unit_test(a_fast_trace_is_complete),
        cmocka_unit_test(an_open_load_wants_no_users_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
