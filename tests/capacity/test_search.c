/* The search against services whose every step is certain, or deliberately not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "capacity/search.h"
#include "near.h"
#include "util/clock.h"

#define STEPS_MAX 400

/* A service that fails above its capacity. A load within `unsure` of it is never certain. */
struct certain {
    double capacity, unsure;
    double worse_to; /* also fails up to this load */
    unsigned slow;   /* other loads are certain only after this many steps */
    double lies_at;  /* the first step with a load of at least this one says the opposite */
    bool lied;
    double lied_at;
    double loads[STEPS_MAX];
    unsigned units[STEPS_MAX];
    unsigned steps;
};

static struct search_look look_at(struct certain *c, double load) {
    double excess = log(load / c->capacity);
    if (load <= c->worse_to)
        excess = 0.5;
    bool unsure = fabs(load / c->capacity - 1) <= c->unsure;
    bool fails = excess > 0;
    unsigned before = 0;
    for (unsigned i = 0; i < c->steps; i++)
        before += c->loads[i] == load;
    unsure = unsure || (load > c->worse_to && before < c->slow);
    if (c->lies_at > 0 && load >= c->lies_at && !c->lied) {
        c->lied = true;
        c->lied_at = load;
        fails = !fails;
        excess = -excess;
    }
    return (struct search_look){unsure  ? EVIDENCE_OPEN
                                : fails ? EVIDENCE_FAILS
                                        : EVIDENCE_HOLDS,
                                fmax(fmin(excess, 1.5), -1.5)};
}

static struct search_plan plan(double from, double to) {
    return (struct search_plan){.from = from,
                                .to = to,
                                .precision = 0.05,
                                .step_ns = 20 * NS_PER_S,
                                .overhead_ns = NS_PER_S};
}

static struct search_answer run(struct certain *c, const struct search_plan *p) {
    struct search s;
    struct search_ask ask;
    struct search_answer answer;
    struct err e = {""};
    assert_int_equal(search_init(&s, p, &e), 0);
    while (search_next(&s, &ask)) {
        struct search_look look = look_at(c, ask.load);
        assert_true(c->steps < STEPS_MAX);
        c->loads[c->steps] = ask.load;
        c->units[c->steps++] = ask.units;
        assert_int_equal(search_tell(&s, &ask, &look, 20 * NS_PER_S * ask.units, &e), 0);
    }
    search_answer(&s, &answer);
    search_done(&s);
    return answer;
}

static void finds_any_capacity_within_the_precision(void **state) {
    (void)state;
    for (double capacity = 11; capacity < 4500; capacity *= 1.037) {
        struct certain c = {.capacity = capacity};
        const struct search_plan p = plan(10, 5000);
        struct search_answer a = run(&c, &p);
        assert_int_equal(a.kind, SEARCH_FOUND);
        assert_int_equal(a.end, SEARCH_DECIDED);
        assert_true(a.low <= capacity && capacity <= a.high);
        assert_true(a.high <= a.low * 1.05 / 0.95 * 1.0001);
        assert_true(a.low <= a.value && a.value <= a.high);
        assert_true(c.steps <= 20);
    }
}

static void tries_loads_upwards_then_between(void **state) {
    (void)state;
    struct certain c = {.capacity = 100};
    const struct search_plan p = plan(10, 5000);
    run(&c, &p);
    const double first[] = {10, 20, 40, 80, 160};
    for (int i = 0; i < 5; i++)
        assert_near(c.loads[i], first[i], 1e-9);
    for (unsigned i = 5; i < c.steps; i++)
        assert_true(c.loads[i] > 80 && c.loads[i] < 160);
}

/* Loads near the capacity cannot be decided: the interval ends at those that can, and is as narrow
 * as they allow. */
static void repeats_what_is_uncertain_and_goes_around_it(void **state) {
    (void)state;
    struct certain c = {.capacity = 100, .unsure = 0.08};
    const struct search_plan p = plan(10, 5000);
    struct search_answer a = run(&c, &p);
    assert_int_equal(a.kind, SEARCH_FOUND);
    assert_int_equal(a.end, SEARCH_UNRESOLVED);
    assert_true(a.low <= 92.001 && a.low > 75);
    assert_true(a.high >= 107.999 && a.high < 130);
    unsigned longest = 0;
    for (unsigned i = 0; i < c.steps; i++)
        longest = c.units[i] > longest ? c.units[i] : longest;
    assert_true(longest > 1);
}

static void below_the_lowest_load(void **state) {
    (void)state;
    struct certain c = {.capacity = 3};
    const struct search_plan p = plan(10, 5000);
    struct search_answer a = run(&c, &p);
    assert_int_equal(a.kind, SEARCH_BELOW);
    assert_near(a.high, 10, 0);
    assert_true(isnan(a.value));
}

static void above_the_highest_load(void **state) {
    (void)state;
    struct certain c = {.capacity = 1e6};
    const struct search_plan p = plan(10, 75);
    struct search_answer a = run(&c, &p);
    assert_int_equal(a.kind, SEARCH_ABOVE);
    assert_near(a.low, 75, 0);
    assert_true(isinf(a.high));
}

/* The limit is the value of each load: no number of steps tells. */
static void a_flat_service_at_its_limit_is_not_known(void **state) {
    (void)state;
    struct certain c = {.capacity = 100, .unsure = (double)INFINITY};
    const struct search_plan p = plan(10, 5000);
    struct search_answer a = run(&c, &p);
    assert_int_equal(a.kind, SEARCH_UNKNOWN);
    assert_int_equal(a.end, SEARCH_UNRESOLVED);
}

static void users_are_whole(void **state) {
    (void)state;
    for (int capacity = 1; capacity < 60; capacity++) {
        struct certain c = {.capacity = capacity + 0.5};
        struct search_plan p = plan(1, 100);
        p.whole = true;
        struct search_answer a = run(&c, &p);
        assert_int_equal(a.kind, SEARCH_FOUND);
        for (unsigned i = 0; i < c.steps; i++)
            assert_near(c.loads[i], floor(c.loads[i]), 0);
        assert_true(a.low <= capacity && a.high >= capacity + 1);
        assert_true(a.high - a.low <= 1 || a.high / a.low <= 1.1053);
        assert_near(a.value, floor(a.value), 0);
    }
}

/* A cold service that is worse at less load: its capacity is above, and the answer says so. */
static void a_service_that_is_worse_at_less_load(void **state) {
    (void)state;
    struct certain c = {.capacity = 300, .worse_to = 15};
    const struct search_plan p = plan(10, 5000);
    struct search_answer a = run(&c, &p);
    assert_int_equal(a.kind, SEARCH_FOUND);
    assert_true(a.contradicts);
    assert_near(a.worse, 10, 0);
    assert_true(a.low <= 300 && 300 <= a.high && a.high <= a.low * 1.1053);
}

/* The same, if one step is not enough to say that the good loads hold. It never goes below the
 * lowest load that was allowed. */
static void worse_at_less_load_and_slow_to_tell(void **state) {
    (void)state;
    struct certain c = {.capacity = 300, .worse_to = 15, .slow = 3};
    const struct search_plan p = plan(10, 5000);
    struct search_answer a = run(&c, &p);
    assert_int_equal(a.kind, SEARCH_FOUND);
    assert_true(a.contradicts);
    assert_true(a.low <= 300 && 300 <= a.high && a.high <= a.low * 1.1053);
    for (unsigned i = 0; i < c.steps; i++)
        assert_true(c.loads[i] >= 10);
}

/* The evidence of a load says one thing, then, with more of it, another. */
static void a_wrong_step_is_corrected_by_its_repeat(void **state) {
    (void)state;
    for (double at = 20; at < 300; at *= 1.31) {
        struct certain c = {.capacity = 100, .lies_at = at};
        const struct search_plan p = plan(10, 5000);
        struct search_answer a = run(&c, &p);
        /* It may stay wrong if nothing contradicts it; it never ends without an interval. */
        assert_true(a.kind == SEARCH_FOUND);
        assert_true(a.low < a.high);
        /* One step that fails, as if the service had restarted in it, is no capacity. */
        assert_true(c.lied_at > 100 || (a.low <= 100 && 100 <= a.high));
    }
}

static void what_fails_is_tried_twice(void **state) {
    (void)state;
    struct certain c = {.capacity = 100};
    const struct search_plan p = plan(10, 5000);
    struct search_answer a = run(&c, &p);
    unsigned tried = 0;
    for (unsigned i = 0; i < c.steps; i++)
        tried += c.loads[i] == a.high;
    assert_int_equal(tried, 2);
}

static void a_sweep_knows_how_many_steps_are_left(void **state) {
    static const double loads[] = {5, 10, 20};
    const struct search_look holds = {EVIDENCE_HOLDS, -1};
    struct search_plan p = plan(10, 5000);
    struct search s;
    struct search_ask ask;
    struct err e = {""};
    (void)state;
    p.loads = loads;
    p.load_count = 3;
    assert_int_equal(search_init(&s, &p, &e), 0);
    for (unsigned left = 3; search_next(&s, &ask); left--) {
        assert_int_equal(search_left(&s), left);
        assert_int_equal(search_tell(&s, &ask, &holds, 1, &e), 0);
    }
    assert_int_equal(search_left(&s), 0);
    search_done(&s);
}

static void a_search_never_says_more_steps_than_are_left(void **state) {
    (void)state;
    for (int whole = 0; whole < 2; whole++)
        for (double capacity = 11.5; capacity < 4000; capacity *= 1.7) {
            struct certain c = {.capacity = capacity};
            unsigned least[STEPS_MAX];
            struct search_plan p = plan(10, 5000);
            struct search s;
            struct search_ask ask;
            struct err e = {""};
            p.whole = whole != 0;
            assert_int_equal(search_init(&s, &p, &e), 0);
            while (search_next(&s, &ask)) {
                struct search_look look = look_at(&c, ask.load);
                assert_int_equal(search_tell(&s, &ask, &look, 1, &e), 0);
                least[c.steps++] = search_left(&s);
            }
            for (unsigned i = 0; i + 1 < c.steps; i++) {
                assert_true(least[i] >= 1);
                if (least[i] > c.steps - 1 - i)
                    fail_msg("capacity %g: %u left after step %u of %u", capacity, least[i], i + 1,
                             c.steps);
            }
            search_done(&s);
        }
}

static void the_time_ends_the_search(void **state) {
    (void)state;
    struct certain c = {.capacity = 100};
    struct search_plan p = plan(10, 5000);
    p.max_ns = 130 * NS_PER_S;
    struct search_answer a = run(&c, &p);
    assert_int_equal(a.end, SEARCH_TIME);
    assert_int_equal(a.kind, SEARCH_FOUND);
    assert_near(a.low, 80, 0);
    assert_near(a.high, 113.1, 0.1);
    assert_int_equal(c.steps, 6);
}

static void a_sweep_tries_each_load_once(void **state) {
    (void)state;
    const double loads[] = {10, 20, 50, 80};
    struct certain c = {.capacity = 40};
    struct search_plan p = plan(10, 80);
    p.loads = loads;
    p.load_count = 4;
    struct search_answer a = run(&c, &p);
    assert_int_equal(c.steps, 4);
    for (int i = 0; i < 4; i++)
        assert_near(c.loads[i], loads[i], 0);
    assert_int_equal(a.kind, SEARCH_FOUND);
    assert_near(a.low, 20, 0);
    assert_near(a.high, 50, 0);
}

static void stopping_keeps_what_is_known(void **state) {
    (void)state;
    struct search s;
    struct search_ask ask;
    struct search_answer a;
    struct err e = {""};
    const struct search_plan p = plan(10, 5000);
    struct certain c = {.capacity = 100};
    assert_int_equal(search_init(&s, &p, &e), 0);
    for (int i = 0; i < 3; i++) {
        assert_true(search_next(&s, &ask));
        struct search_look look = look_at(&c, ask.load);
        assert_int_equal(search_tell(&s, &ask, &look, NS_PER_S, &e), 0);
    }
    search_stop(&s, SEARCH_CLIENT);
    assert_false(search_next(&s, &ask));
    search_answer(&s, &a);
    assert_int_equal(a.kind, SEARCH_ABOVE);
    assert_int_equal(a.end, SEARCH_CLIENT);
    assert_near(a.low, 40, 0);
    search_done(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_any_capacity_within_the_precision),
        cmocka_unit_test(tries_loads_upwards_then_between),
        cmocka_unit_test(repeats_what_is_uncertain_and_goes_around_it),
        cmocka_unit_test(below_the_lowest_load),
        cmocka_unit_test(above_the_highest_load),
        cmocka_unit_test(a_flat_service_at_its_limit_is_not_known),
        cmocka_unit_test(users_are_whole),
        cmocka_unit_test(a_service_that_is_worse_at_less_load),
        cmocka_unit_test(worse_at_less_load_and_slow_to_tell),
        cmocka_unit_test(a_wrong_step_is_corrected_by_its_repeat),
        cmocka_unit_test(what_fails_is_tried_twice),
        cmocka_unit_test(a_sweep_knows_how_many_steps_are_left),
        cmocka_unit_test(a_search_never_says_more_steps_than_are_left),
        cmocka_unit_test(the_time_ends_the_search),
        cmocka_unit_test(a_sweep_tries_each_load_once),
        cmocka_unit_test(stopping_keeps_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
