#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "engine/pacer.h"
#include "util/clock.h"
#include "util/rng.h"

#define ITEMS 2000

struct bench {
    uv_loop_t loop;
    struct pacer pacer;
    struct pacer_item items[ITEMS];
    size_t order[ITEMS]; /* indexes in the order they came due */
    int64_t late_ns[ITEMS];
    size_t seen, expected;
    void (*hook)(struct bench *b, size_t index);
};

static void on_due(void *context, struct pacer_item *item, int64_t now_ns) {
    struct bench *b = context;
    size_t index = (size_t)(item - b->items);
    assert_int_equal(item->slot, 0);
    b->late_ns[index] = now_ns - item->due_ns;
    b->order[b->seen++] = index;
    if (b->hook != NULL)
        b->hook(b, index);
    if (b->seen == b->expected)
        uv_stop(&b->loop);
}

static void setup(struct bench *b, size_t expected) {
    struct err e;
    memset(b, 0, sizeof *b);
    b->expected = expected;
    uv_loop_init(&b->loop);
    assert_int_equal(pacer_init(&b->pacer, &b->loop, on_due, b, &e), 0);
    assert_int_equal(pacer_reserve(&b->pacer, ITEMS, &e), 0);
}

static void finish(struct bench *b) {
    if (b->seen < b->expected)
        uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(b->seen, b->expected);
    pacer_done(&b->pacer);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
}

static struct bench bench;

static void wakes_in_order_of_time_never_early(void **state) {
    (void)state;
    struct bench *b = &bench;
    struct rng r;
    setup(b, ITEMS);
    rng_seed(&r, 1, 2);
    int64_t now = clock_mono_ns();
    for (size_t i = 0; i < ITEMS; i++)
        pacer_add(&b->pacer, &b->items[i], now + (int64_t)rng_below(&r, 50) * NS_PER_MS);
    finish(b);
    for (size_t i = 1; i < ITEMS; i++) {
        const struct pacer_item *before = &b->items[b->order[i - 1]],
                                *after = &b->items[b->order[i]];
        assert_true(before->due_ns <= after->due_ns);
        /* Ties in the order they were added. */
        if (before->due_ns == after->due_ns)
            assert_true(b->order[i - 1] < b->order[i]);
    }
    for (size_t i = 0; i < ITEMS; i++)
        assert_true(b->late_ns[i] >= 0);
}

static void removed_items_stay_silent(void **state) {
    (void)state;
    struct bench *b = &bench;
    struct rng r;
    bool removed[ITEMS] = {false};
    size_t left = ITEMS;
    setup(b, 0);
    rng_seed(&r, 3, 4);
    int64_t now = clock_mono_ns();
    for (size_t i = 0; i < ITEMS; i++)
        pacer_add(&b->pacer, &b->items[i],
                  now + NS_PER_MS + (int64_t)rng_below(&r, 20000) * NS_PER_US);
    for (size_t k = 0; k < ITEMS / 2; k++) {
        size_t i = rng_below(&r, ITEMS);
        left -= removed[i] ? 0 : 1;
        removed[i] = true;
        pacer_remove(&b->pacer, &b->items[i]); /* a second time does nothing */
    }
    b->expected = left;
    finish(b);
    for (size_t i = 0; i < b->seen; i++) {
        assert_false(removed[b->order[i]]);
        if (i > 0)
            assert_true(b->items[b->order[i - 1]].due_ns <= b->items[b->order[i]].due_ns);
    }
}

static int io_turns;

static void count_turn(uv_check_t *check) {
    (void)check;
    io_turns++;
}

static void add_again(struct bench *b, size_t index) {
    if (b->seen < b->expected)
        pacer_add(&b->pacer, &b->items[index], 0);
}

/* An item that is due again at once must not keep the loop from the network. */
static void an_item_that_is_always_due_leaves_turns_to_the_loop(void **state) {
    (void)state;
    struct bench *b = &bench;
    uv_check_t check;
    setup(b, 100);
    io_turns = 0;
    uv_check_init(&b->loop, &check);
    uv_check_start(&check, count_turn);
    b->hook = add_again;
    pacer_add(&b->pacer, &b->items[0], 0);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&check, NULL);
    finish(b);
    assert_true(io_turns >= 99);
}

static void earlier_item_added_later_comes_first(void **state) {
    (void)state;
    struct bench *b = &bench;
    setup(b, 2);
    int64_t now = clock_mono_ns();
    pacer_add(&b->pacer, &b->items[0], now + 60 * NS_PER_MS);
    pacer_add(&b->pacer, &b->items[1], now + 2 * NS_PER_MS);
    finish(b);
    assert_int_equal(b->order[0], 1);
}

/* What was late already when it was added is not the pacer's lag; what the loop made wait is. */
static void lag_is_what_the_loop_was_late(void **state) {
    (void)state;
    struct bench *b = &bench;
    struct pacer_lag lag;
    setup(b, 2);
    int64_t before = clock_mono_ns();
    pacer_add(&b->pacer, &b->items[0], before - 3600 * NS_PER_S);
    b->expected = 1;
    uv_run(&b->loop, UV_RUN_DEFAULT);
    pacer_lag(&b->pacer, &lag);
    assert_int_equal(lag.wakes, 1);
    assert_true(lag.most_ns >= 0 && lag.most_ns <= clock_mono_ns() - before);
    assert_int_equal(lag.late_ns, lag.most_ns);

    b->expected = 2;
    int64_t first_ns = lag.late_ns, added = clock_mono_ns();
    pacer_add(&b->pacer, &b->items[1], added + 5 * NS_PER_MS);
    usleep(45000);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    pacer_lag(&b->pacer, &lag);
    assert_int_equal(lag.wakes, 2);
    assert_true(lag.most_ns >= 40 * NS_PER_MS);
    assert_int_equal(lag.late_ns, first_ns + lag.most_ns);
    pacer_lag(&b->pacer, &lag);
    assert_int_equal(lag.most_ns, 0);
    finish(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wakes_in_order_of_time_never_early),
        cmocka_unit_test(removed_items_stay_silent),
        cmocka_unit_test(an_item_that_is_always_due_leaves_turns_to_the_loop),
        cmocka_unit_test(earlier_item_added_later_comes_first),
        cmocka_unit_test(lag_is_what_the_loop_was_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
