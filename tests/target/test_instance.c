/* The pretended container, in a time of our own: cold, warm, idle, places and queue. Times are in
 * whole units, 1 = 1 ns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "target/instance.h"
#include "util/rng.h"

static void start(struct instance *i, int64_t cold, int64_t idle, size_t places) {
    struct err e = {""};
    struct instance_spec spec = {cold, idle, places};
    assert_int_equal(instance_init(i, &spec, &e), 0);
}

/* Takes all that is over at `now`; returns how many. */
static int serve(struct instance *i, int64_t now) {
    int n = 0;
    for (; instance_take(i, now) != NULL; n++)
        instance_leave(i, now);
    return n;
}

static void a_request_takes_its_service_time(void **state) {
    (void)state;
    struct instance i;
    struct instance_job v = {.service_ns = 20};
    start(&i, 0, 0, 10);
    assert_int_equal(instance_next_ns(&i), INSTANCE_NEVER);
    instance_enter(&i, &v, 100);
    assert_int_equal(instance_next_ns(&i), 120);
    assert_null(instance_take(&i, 119));
    assert_ptr_equal(instance_take(&i, 120), &v);
    instance_leave(&i, 120);
    assert_int_equal(instance_next_ns(&i), INSTANCE_NEVER);
    instance_done(&i);
}

static void places_are_given_first_come_first_served(void **state) {
    (void)state;
    struct instance i;
    struct instance_job v[5];
    start(&i, 0, 0, 2);
    for (int k = 0; k < 5; k++) {
        v[k] = (struct instance_job){.service_ns = 10};
        instance_enter(&i, &v[k], k);
    }
    /* Two at once: 0 is in from 0 to 10, 1 from 1 to 11, 2 from 10 to 20, 3 from 11 to 21, 4 from
     * 20 to 30. */
    static const int64_t due[] = {10, 11, 20, 21, 30};
    for (int k = 0; k < 5; k++) {
        assert_int_equal(instance_next_ns(&i), due[k]);
        assert_null(instance_take(&i, due[k] - 1));
        assert_ptr_equal(instance_take(&i, due[k]), &v[k]);
        instance_leave(&i, due[k]);
    }
    instance_done(&i);
}

static void a_taken_request_keeps_its_place_until_it_leaves(void **state) {
    (void)state;
    struct instance i;
    struct instance_job a = {.service_ns = 10}, b = {.service_ns = 10};
    start(&i, 0, 0, 1);
    instance_enter(&i, &a, 0);
    instance_enter(&i, &b, 0);
    assert_ptr_equal(instance_take(&i, 10), &a);
    assert_null(instance_take(&i, 1000)); /* a still works */
    assert_int_equal(instance_next_ns(&i), INSTANCE_NEVER);
    instance_leave(&i, 50);
    assert_int_equal(instance_next_ns(&i), 60);
    assert_ptr_equal(instance_take(&i, 60), &b);
    instance_leave(&i, 60);
    instance_done(&i);
}

static void a_short_request_overtakes_a_long_one_and_equal_ones_keep_their_order(void **state) {
    (void)state;
    struct instance i;
    struct instance_job slow = {.service_ns = 100}, a = {.service_ns = 5}, b = {.service_ns = 5};
    start(&i, 0, 0, 3);
    instance_enter(&i, &slow, 0);
    instance_enter(&i, &a, 0);
    instance_enter(&i, &b, 0);
    assert_ptr_equal(instance_take(&i, 200), &a);
    assert_ptr_equal(instance_take(&i, 200), &b);
    assert_ptr_equal(instance_take(&i, 200), &slow);
    instance_done(&i);
}

static void all_who_come_during_a_start_wait_for_the_same_start(void **state) {
    (void)state;
    struct instance i;
    struct instance_job a = {.service_ns = 20}, b = {.service_ns = 20};
    start(&i, 3000, 0, 10);
    instance_enter(&i, &a, 100);
    instance_enter(&i, &b, 2500);
    assert_int_equal(instance_next_ns(&i), 3100);
    assert_int_equal(serve(&i, 3099), 0);
    assert_int_equal(serve(&i, 3100), 0); /* they start now */
    assert_int_equal(instance_next_ns(&i), 3120);
    assert_int_equal(serve(&i, 3120), 2);
    assert_int_equal(i.cold_starts, 1);
    instance_done(&i);
}

static void it_is_cold_again_after_the_idle_timeout_and_not_before(void **state) {
    (void)state;
    struct instance i;
    struct instance_job v = {.service_ns = 0};
    start(&i, 100, 1000, 1);
    instance_enter(&i, &v, 0);
    assert_int_equal(serve(&i, 100), 1);
    instance_enter(&i, &v, 1099); /* idle for 999 */
    assert_int_equal(serve(&i, 1099), 1);
    assert_int_equal(i.cold_starts, 1);
    instance_enter(&i, &v, 2099); /* idle for 1000 */
    assert_int_equal(instance_next_ns(&i), 2199);
    assert_int_equal(serve(&i, 2199), 1);
    assert_int_equal(i.cold_starts, 2);
    instance_done(&i);
}

static void a_request_inside_keeps_it_warm(void **state) {
    (void)state;
    struct instance i;
    struct instance_job slow = {.service_ns = 5000}, quick = {.service_ns = 0};
    start(&i, 100, 1000, 2);
    instance_enter(&i, &slow, 0);
    assert_int_equal(serve(&i, 100), 0);
    instance_enter(&i, &quick, 4000);
    assert_int_equal(serve(&i, 4000), 1);
    assert_int_equal(serve(&i, 5100), 1);
    assert_int_equal(i.cold_starts, 1);
    instance_done(&i);
}

static void nothing_passes_a_cold_instance_a_full_house_or_a_queue(void **state) {
    (void)state;
    const int64_t T = 1000000; /* much longer after 0 than the idle timeout, as a real clock is */
    struct instance i;
    struct instance_job a = {.service_ns = 50}, b = {.service_ns = 50};
    start(&i, 100, 1000, 1);
    assert_false(instance_pass(&i, T + 0)); /* starts it */
    assert_false(instance_pass(&i, T + 99));
    assert_int_equal(i.cold_starts, 1);
    assert_true(instance_pass(&i, T + 100));
    assert_int_equal(i.cold_starts, 1);
    instance_enter(&i, &a, T + 200);
    assert_false(instance_pass(&i, T + 210)); /* full */
    instance_enter(&i, &b, T + 220);
    assert_ptr_equal(instance_take(&i, T + 250), &a);
    instance_leave(&i, T + 250);
    assert_false(instance_pass(&i, T + 250)); /* b has the place */
    assert_int_equal(serve(&i, T + 300), 1);
    assert_true(instance_pass(&i, T + 1299));
    assert_true(instance_pass(&i, T + 2298)); /* the pass at 1299 kept it warm */
    assert_false(instance_pass(&i, T + 3298));
    assert_int_equal(i.cold_starts, 2);
    instance_done(&i);
}

static void eviction_empties_the_house(void **state) {
    (void)state;
    struct instance i;
    struct instance_job v[7];
    start(&i, 0, 0, 3);
    for (int k = 0; k < 7; k++) {
        v[k] = (struct instance_job){.service_ns = 10};
        instance_enter(&i, &v[k], 0);
    }
    int n = 0;
    while (instance_evict(&i, 5) != NULL)
        n++;
    assert_int_equal(n, 7);
    assert_int_equal(i.inside, 0);
    assert_int_equal(instance_next_ns(&i), INSTANCE_NEVER);
    instance_done(&i);
}

/* Against a model that looks at every place: with all requests known, the start of each is the
 * earliest time a place is free. */
static void a_busy_house_serves_as_a_plain_queue_model_says(void **state) {
    (void)state;
    enum { N = 2000, PLACES = 7 };
    static struct instance_job v[N];
    static int64_t arrival[N], expected[N];
    int64_t free_at[PLACES] = {0};
    struct instance i;
    struct rng r;
    rng_seed(&r, 5, 0);
    start(&i, 0, 0, PLACES);
    for (int k = 0; k < N; k++) {
        arrival[k] = (k > 0 ? arrival[k - 1] : 0) + (int64_t)rng_below(&r, 20);
        v[k] = (struct instance_job){.service_ns = (int64_t)rng_below(&r, 150)};
        int best = 0;
        for (int p = 1; p < PLACES; p++)
            best = free_at[p] < free_at[best] ? p : best;
        int64_t from = arrival[k] > free_at[best] ? arrival[k] : free_at[best];
        expected[k] = free_at[best] = from + v[k].service_ns;
    }
    int served = 0, come = 0;
    while (served < N) {
        int64_t next = instance_next_ns(&i);
        if (come < N && arrival[come] <= next) {
            serve(&i, arrival[come] - 1);
            instance_enter(&i, &v[come], arrival[come]);
            come++;
            continue;
        }
        struct instance_job *out = instance_take(&i, next);
        if (out == NULL)
            continue;
        assert_int_equal(next, expected[out - v]);
        instance_leave(&i, next);
        served++;
    }
    instance_done(&i);
}

/* As a stream does that does not count for the places: others are served, and the instance is not
 * idle. */
static void who_vacates_a_place_is_still_inside(void **state) {
    (void)state;
    struct instance i;
    struct instance_job a = {.service_ns = 10}, b = {.service_ns = 10}, c = {.service_ns = 10};
    start(&i, 100, 50, 1);
    instance_enter(&i, &a, 0);
    assert_ptr_equal(instance_take(&i, 100), NULL);
    assert_ptr_equal(instance_take(&i, 110), &a);
    instance_vacate(&i, 110);
    instance_enter(&i, &b, 110);
    assert_ptr_equal(instance_take(&i, 120), &b);
    instance_leave(&i, 120);
    instance_enter(&i, &c, 1000); /* long after b: but for a it would be cold again */
    assert_ptr_equal(instance_take(&i, 1010), &c);
    instance_leave(&i, 1010);
    assert_int_equal(i.cold_starts, 1);
    instance_depart(&i, 2000);
    assert_true(instance_pass(&i, 2049));
    assert_false(instance_pass(&i, 2100));
    assert_int_equal(i.cold_starts, 2);
    instance_done(&i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_vacates_a_place_is_still_inside),
        cmocka_unit_test(a_request_takes_its_service_time),
        cmocka_unit_test(places_are_given_first_come_first_served),
        cmocka_unit_test(a_taken_request_keeps_its_place_until_it_leaves),
        cmocka_unit_test(a_short_request_overtakes_a_long_one_and_equal_ones_keep_their_order),
        cmocka_unit_test(all_who_come_during_a_start_wait_for_the_same_start),
        cmocka_unit_test(it_is_cold_again_after_the_idle_timeout_and_not_before),
        cmocka_unit_test(a_request_inside_keeps_it_warm),
        cmocka_unit_test(nothing_passes_a_cold_instance_a_full_house_or_a_queue),
        cmocka_unit_test(eviction_empties_the_house),
        cmocka_unit_test(a_busy_house_serves_as_a_plain_queue_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
