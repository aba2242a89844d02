/* load: users over time. Values by hand; the property is that load_next_change() and load_users()
 * tell one story. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schedule/load.h"
#include "schedule/part.h"
#include "util/rng.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)
#define COUNT(a) (sizeof(a) / sizeof *(a))

struct point {
    int64_t t_ns;
    uint32_t users;
};

static void check(const struct load *l, const struct point *points, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (load_users(l, points[i].t_ns) != points[i].users)
            fail_msg("at %lld ns: %u users, not %u", (long long)points[i].t_ns,
                     load_users(l, points[i].t_ns), points[i].users);
}

static void test_even_ramp(void **state) {
    (void)state;
    struct load l = {.kind = LOAD_USERS, .users = 25, .spawn_rate = 10, .duration_ns = 5 * S};
    static const struct point
        points[] =
            {
                {-1, 0},         {0, 1},          {100 * MS - 1, 1},
                {100 * MS, 2}, /* one each 100 ms, not ten each second */
                {999 * MS, 10},  {S, 11},         {2400 * MS - 1, 24},
                {2400 * MS, 25}, {5 * S - 1, 25}, {5 * S, 0},
                {INT64_MAX, 0},  {INT64_MIN, 0},
            };
    check(&l, points, COUNT(points));
    assert_int_equal(load_duration(&l), 5 * S);
    assert_int_equal(load_users_max(&l), 25);
    assert_int_equal(load_next_change(&l, -5), 0);
    assert_int_equal(load_next_change(&l, 0), 100 * MS);
    assert_int_equal(load_next_change(&l, 100 * MS - 1), 100 * MS);
    assert_int_equal(load_next_change(&l, 100 * MS), 200 * MS);
    assert_int_equal(load_next_change(&l, 2400 * MS), 5 * S);
    assert_int_equal(load_next_change(&l, 5 * S), -1);
}

static void test_rates(void **state) {
    (void)state;
    struct load slow = {.kind = LOAD_USERS, .users = 10, .spawn_rate = 0.1, .duration_ns = 15 * S};
    static const struct point slow_points[] = {
        {10 * S - 1, 1}, {10 * S, 2}, {15 * S - 1, 2}, {15 * S, 0}};
    check(&slow, slow_points, COUNT(slow_points));
    assert_int_equal(load_users_max(&slow), 2); /* the end comes before the third */
    assert_int_equal(load_next_change(&slow, 10 * S), 15 * S);

    struct load third = {.kind = LOAD_USERS, .users = 4, .spawn_rate = 3, .duration_ns = 9 * S};
    static const struct point third_points[] = {{333333332, 1}, {333333333, 2}, {666666666, 2},
                                                {666666667, 3}, {S - 1, 3},     {S, 4}};
    check(&third, third_points, COUNT(third_points)); /* to the nearest nanosecond */

    struct load huge = {
        .kind = LOAD_USERS, .users = LOAD_USERS_MAX, .spawn_rate = 1e300, .duration_ns = S};
    assert_int_equal(load_users(&huge, 0), LOAD_USERS_MAX);
    assert_int_equal(load_next_change(&huge, 0), S);

    struct load tiny = {.kind = LOAD_USERS, .users = 2, .spawn_rate = 1e-300, .duration_ns = S};
    assert_int_equal(load_users(&tiny, S - 1), 1);
    assert_int_equal(load_next_change(&tiny, 0), S);
}

static void test_stages(void **state) {
    (void)state;
    struct load_stage stages[] = {{10 * S, 20, 0}, {5 * S, 20, 0}, {10 * S, 0, 0}, {0, 7, 0},
                                  {2 * S, 7, 0},   {0, 3, 0},      {S, 4, 0}};
    struct load l = {.kind = LOAD_STAGES, .stages = stages, .stage_count = COUNT(stages)};
    static const struct point points[] = {
        {0, 0},
        {500 * MS - 1, 0},
        {500 * MS, 1},
        {5 * S, 10},
        {10 * S - 1, 19},
        {10 * S, 20},
        {15 * S, 20},
        {15 * S + 1, 19}, /* rounded down on the way down too */
        {20 * S, 10},
        {25 * S - 500 * MS, 1},
        {25 * S - 500 * MS + 1, 0},
        {25 * S, 7}, /* the jump */
        {27 * S - 1, 7},
        {27 * S, 3},
        {28 * S - 1, 3},
        {28 * S, 0},
    };
    check(&l, points, COUNT(points));
    assert_int_equal(load_duration(&l), 28 * S);
    assert_int_equal(load_users_max(&l), 20);
    assert_int_equal(load_next_change(&l, 10 * S), 15 * S + 1);
    assert_int_equal(load_next_change(&l, 25 * S - 100 * MS), 25 * S);
    assert_int_equal(load_next_change(&l, 27 * S), 28 * S);
}

static void test_stage_ends(void **state) {
    (void)state;
    /* A target that only the very end would reach, and one that a jump replaces, are never active.
     * */
    struct load_stage never[] = {{S, 5, 0}, {0, 2, 0}, {S, 9, 0}};
    struct load l = {.kind = LOAD_STAGES, .start_users = 1, .stages = never, .stage_count = 3};
    assert_int_equal(load_users(&l, S - 1), 4);
    assert_int_equal(load_users(&l, S), 2);
    assert_int_equal(load_users_max(&l), 8);
    /* A change across flat stages, and none where a jump leads back to the same number. */
    struct load_stage flat[] = {{S, 3, 0}, {0, 9, 0}, {0, 3, 0}, {S, 3, 0}, {S, 4, 0}, {S, 4, 0}};
    struct load f = {.kind = LOAD_STAGES, .start_users = 3, .stages = flat, .stage_count = 6};
    assert_int_equal(load_next_change(&f, 0), 3 * S);
    assert_int_equal(load_users_max(&f), 4);
    /* Ten years and a million users do not overflow. */
    struct load_stage vast[] = {{INT64_C(315360000) * S, LOAD_USERS_MAX, 0}};
    struct load v = {.kind = LOAD_STAGES, .stages = vast, .stage_count = 1};
    assert_int_equal(load_users(&v, INT64_C(157680000) * S), LOAD_USERS_MAX / 2);
    assert_int_equal(load_users(&v, INT64_C(315360000) * S - 1), LOAD_USERS_MAX - 1);
    assert_int_equal(load_next_change(&v, 0), INT64_C(315360) * S / 10000);
}

static void test_done(void **state) {
    (void)state;
    struct load l = {
        .kind = LOAD_STAGES, .stages = calloc(2, sizeof(struct load_stage)), .stage_count = 2};
    assert_int_equal(load_users(&l, 0), 0);
    assert_int_equal(load_next_change(&l, 0), -1);
    load_done(&l);
    assert_null(l.stages);
    load_done(&l);
}

/* From before the start to the end: nothing changes before the time that load_next_change() gives,
 * something does at it, and the most that is seen is load_users_max(). */
static void walk(const struct load *l, struct rng *r) {
    uint32_t most = 0;
    int steps = 0;
    for (int64_t t = -3;;) {
        int64_t next = load_next_change(l, t);
        uint32_t now = load_users(l, t);
        most = now > most ? now : most;
        if (next == -1) {
            assert_int_equal(now, 0);
            assert_int_equal(load_users(l, load_duration(l)), 0);
            break;
        }
        assert_true(next > t);
        assert_int_not_equal(load_users(l, next), now);
        assert_int_equal(load_users(l, next - 1), now);
        int64_t between = t + (int64_t)rng_below(r, (uint64_t)(next - t));
        assert_int_equal(load_users(l, between), now);
        assert_int_equal(load_next_change(l, between), next);
        t = next;
        assert_true(++steps < 100000);
    }
    assert_int_equal(most, load_users_max(l));
}

static void test_property(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 9, 0);
    for (int i = 0; i < 3000; i++) {
        struct load_stage stages[6];
        struct load l = {.kind = LOAD_STAGES,
                         .start_users = (uint32_t)rng_below(&r, 8),
                         .stages = stages,
                         .stage_count = 1 + rng_below(&r, 6)};
        /* Durations from 0 and some ns, where rounding shows, to minutes. */
        static const uint64_t scale[] = {1, 5, 30, 1000, 1000000007, 60000000000};
        for (size_t k = 0; k < l.stage_count; k++) {
            stages[k].duration_ns = (int64_t)rng_below(&r, scale[rng_below(&r, 6)]);
            stages[k].users = (uint32_t)rng_below(&r, rng_below(&r, 2) ? 5 : 60);
        }
        walk(&l, &r);
        struct load u = {.kind = LOAD_USERS,
                         .users = 1 + (uint32_t)rng_below(&r, 200),
                         .spawn_rate = rng_below(&r, 4) == 0 ? 3e8 : 0.01 + rng_unit(&r) * 50,
                         .duration_ns = 1 + (int64_t)rng_below(&r, (uint64_t)(20 * S))};
        walk(&u, &r);
    }
}

/* The share of a part changes at the same times, whether it looks at each change of the load or
 * only at those that concern it. */
static void follow(const struct load *l, struct part p) {
    int64_t own = load_users(l, 0) > 0 ? 0 : load_next_change(l, 0), every = own;
    while (own >= 0) {
        uint32_t share = part_share(p, load_users(l, own));
        uint32_t next_user = p.index + p.count * share;
        int64_t next =
            load_next_crossing(l, own, share == 0 ? 0 : next_user - p.count + 1, next_user + 1);
        do
            every = load_next_change(l, every);
        while (every >= 0 && part_share(p, load_users(l, every)) == share);
        /* At the end nobody is active, which is a change even for a part without a user. */
        if (every < 0 && next >= 0) {
            assert_int_equal(part_share(p, load_users(l, next)), share);
            next = -1;
        }
        assert_int_equal(next, every);
        own = next;
    }
}

static void test_parts_see_what_concerns_them(void **state) {
    (void)state;
    struct rng r;
    rng_seed(&r, 11, 0);
    for (int i = 0; i < 3000; i++) {
        struct load_stage stages[6];
        struct load l = {.kind = LOAD_STAGES,
                         .start_users = (uint32_t)rng_below(&r, 20),
                         .stages = stages,
                         .stage_count = 1 + rng_below(&r, 6)};
        struct part p = {.count = 1 + (uint32_t)rng_below(&r, 12)};
        p.index = (uint32_t)rng_below(&r, p.count);
        for (size_t k = 0; k < l.stage_count; k++) {
            stages[k].duration_ns = (int64_t)rng_below(&r, 1000000007) * (rng_below(&r, 4) != 0);
            stages[k].users = (uint32_t)rng_below(&r, 60);
        }
        follow(&l, p);
        struct load u = {.kind = LOAD_USERS,
                         .users = 1 + (uint32_t)rng_below(&r, 200),
                         .spawn_rate = rng_below(&r, 4) == 0 ? 3e8 : 0.01 + rng_unit(&r) * 50,
                         .duration_ns = 1 + (int64_t)rng_below(&r, (uint64_t)(20 * S))};
        follow(&u, p);
    }
}

/* Ten million users in ten seconds: user k starts at k microseconds. Part 9999 of 10000 has 1000 of
 * them, one each 10 ms, and looks a thousand times. */
static void test_the_largest_ramp_in_parts(void **state) {
    (void)state;
    struct load l = {
        .kind = LOAD_USERS, .users = LOAD_USERS_MAX, .spawn_rate = 1e6, .duration_ns = 20 * S};
    struct part p = {9999, 10000};
    int64_t t = 0;
    for (uint32_t share = 0; share < 1000; share++) {
        uint32_t user = p.index + p.count * share;
        t = load_next_crossing(&l, t, share == 0 ? 0 : user - p.count + 1, user + 1);
        assert_int_equal(t, (int64_t)user * 1000);
        assert_int_equal(part_share(p, load_users(&l, t)), share + 1);
    }
    assert_int_equal(load_next_crossing(&l, t, LOAD_USERS_MAX, LOAD_USERS_MAX + 1), 20 * S);
}

/* Stages of 10 s up to 100 and 10 s at 100, cut at 7.5 s: the line is the same, it only ends. */
static void test_cut(void **state) {
    (void)state;
    struct load_stage stages[] = {{10 * S, 100, 0}, {10 * S, 100, 0}};
    struct load l = {.kind = LOAD_STAGES, .stages = stages, .stage_count = 2, .cut_ns = 7500 * MS};
    static const struct point points[] = {
        {5 * S, 50}, {7500 * MS - 1, 74}, {7500 * MS, 0}, {12 * S, 0}};
    check(&l, points, COUNT(points));
    assert_int_equal(load_duration(&l), 7500 * MS);
    assert_int_equal(load_users_max(&l), 74);
    assert_int_equal(load_next_change(&l, 7400 * MS), 7500 * MS);
    assert_int_equal(load_next_change(&l, 7500 * MS), -1);
    l.cut_ns = 30 * S; /* beyond the end: no cut */
    assert_int_equal(load_duration(&l), 20 * S);
    assert_int_equal(load_users_max(&l), 100);
}

static void test_stage_at(void **state) {
    (void)state;
    struct load_stage stages[] = {{10 * S, 100, 0}, {0, 5, 0}, {10 * S, 100, 0}};
    struct load l = {.kind = LOAD_STAGES, .stages = stages, .stage_count = 3};
    assert_int_equal(load_stage_at(&l, 0), 0);
    assert_int_equal(load_stage_at(&l, 10 * S - 1), 0);
    assert_int_equal(load_stage_at(&l, 10 * S), 2); /* a jump takes no time */
    assert_int_equal(load_stage_at(&l, 20 * S), 3);
}

/* ---- changes ---- */

static void change(struct load *l, double at_s, uint32_t users, double spawn_rate) {
    struct err e = {""};
    const struct load_change c = {
        .at_ns = (int64_t)(at_s * 1e9), .users = users, .spawn_rate = spawn_rate};
    if (load_change(l, &c, &e) != 0)
        fail_msg("%s", e.text);
}

static void a_change_moves_users_one_by_one_and_keeps_the_past(void **state) {
    (void)state;
    struct load l = {.kind = LOAD_USERS, .users = 10, .spawn_rate = 1, .duration_ns = 60 * S};
    change(&l, 4.5, 8, 2); /* five are there: 6 at 4.5 s, 7 at 5 s, 8 at 5.5 s */
    change(&l, 20, 2, 4);  /* 7 at 20 s, 2 at 21.25 s */
    change(&l, 30, 2, 1);  /* nothing */
    change(&l, 40, 0, 1000);
    change(&l, 50, 3, 1);
    static const struct {
        double at_s;
        uint32_t users;
    } want[] = {{0, 1},    {3.9, 4},    {4.49, 5},  {4.5, 6},   {4.99, 6}, {5, 7},     {5.5, 8},
                {19.9, 8}, {20, 7},     {20.24, 7}, {20.25, 6}, {21, 3},   {21.25, 2}, {39.9, 2},
                {40, 1},   {40.001, 0}, {49.9, 0},  {50, 1},    {52, 3},   {59.9, 3},  {60, 0}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        if (load_users(&l, (int64_t)(want[i].at_s * 1e9)) != want[i].users)
            fail_msg("%g s: %u", want[i].at_s, load_users(&l, (int64_t)(want[i].at_s * 1e9)));
    assert_int_equal(load_users_max(&l), 8);
    load_done(&l);
}

/* Each step is seen by who follows load_next_change(), and nothing else is. */
static void the_next_change_leads_through_all_of_them(void **state) {
    (void)state;
    struct load l = {.kind = LOAD_USERS, .users = 3, .spawn_rate = 7, .duration_ns = 30 * S};
    change(&l, 0.2, 11, 3);
    change(&l, 1.1, 2, 9); /* while the one before is in progress */
    change(&l, 1.15, 2, 1);
    change(&l, 9, 40, 100);
    change(&l, 9.1, 0, 0.1);
    uint32_t users = load_users(&l, 0), changes = 0;
    for (int64_t t = 0, next; (next = load_next_change(&l, t)) >= 0; t = next, changes++) {
        assert_true(next > t);
        assert_int_equal(load_users(&l, next - 1), users);
        assert_int_not_equal(load_users(&l, next), users);
        users = load_users(&l, next);
        assert_true(changes < 1000);
    }
    assert_int_equal(users, 0);
    assert_true(changes > 20);
    load_done(&l);
}

/* Who looks only at his part's crossings misses none. */
static void parts_see_the_changes_that_concern_them(void **state) {
    (void)state;
    struct load l = {.kind = LOAD_USERS, .users = 5, .spawn_rate = 4, .duration_ns = 30 * S};
    change(&l, 0.7, 23, 11);
    change(&l, 1.9, 4, 7);
    change(&l, 6, 4, 1);
    change(&l, 8, 31, 100);
    change(&l, 20, 0, 3);
    for (uint32_t n = 1; n <= 7; n++)
        for (uint32_t index = 0; index < n; index++) {
            struct part p = {index, n};
            uint32_t seen = part_share(p, load_users(&l, 0)), wakes = 0;
            int64_t t = 0;
            for (;; wakes++) {
                uint32_t first = seen == 0 ? 0 : (seen - 1) * n + index + 1;
                int64_t next = load_next_crossing(&l, t, first, seen * n + index + 1);
                int64_t to = next < 0 ? load_duration(&l) : next;
                for (int64_t x = t; x < to; x += 10 * MS) /* nothing in between */
                    assert_int_equal(part_share(p, load_users(&l, x)), seen);
                if (next < 0 || next >= load_duration(&l))
                    break;
                assert_true(next > t);
                t = next;
                seen = part_share(p, load_users(&l, t));
                assert_true(wakes < 200);
            }
        }
    load_done(&l);
}

static void what_cannot_be_changed_is_refused(void **state) {
    (void)state;
    struct load stages = {.kind = LOAD_STAGES},
                l = {.kind = LOAD_USERS, .users = 1, .spawn_rate = 1, .duration_ns = 10 * S};
    struct err e = {""};
    assert_non_null(load_no_change(&stages));
    assert_int_equal(load_change(&stages, &(struct load_change){.at_ns = 1, .spawn_rate = 1}, &e),
                     -1);
    assert_string_equal(e.text, "this load cannot be changed: its stages say how the load changes");
    change(&l, 5, 2, 1);
    static const int64_t bad[] = {-1, 0, 5 * S, 4 * S, 10 * S, INT64_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(
            load_change(&l, &(struct load_change){.at_ns = bad[i], .spawn_rate = 1}, &e), -1);
    assert_int_equal(l.change_count, 1);
    struct load copy;
    assert_int_equal(load_copy(&l, &copy, &e), 0);
    change(&copy, 6, 9, 1);
    assert_int_equal(l.change_count, 1);
    assert_int_equal(load_users(&copy, 8 * S), 5);
    load_done(&copy);
    load_done(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_moves_users_one_by_one_and_keeps_the_past),
        cmocka_unit_test(the_next_change_leads_through_all_of_them),
        cmocka_unit_test(parts_see_the_changes_that_concern_them),
        cmocka_unit_test(what_cannot_be_changed_is_refused),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_stage_at),
        cmocka_unit_test(test_even_ramp),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_stage_ends),
        cmocka_unit_test(test_done),
        cmocka_unit_test(test_property),
        cmocka_unit_test(test_parts_see_what_concerns_them),
        cmocka_unit_test(test_the_largest_ramp_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
