/* timer: no timer is early, however old the loop's own time is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <uv.h>

#include "util/clock.h"
#include "util/timer.h"

struct wait {
    uv_timer_t timer;
    int64_t from_ns, passed_ns;
};

static void on_passed(uv_timer_t *timer) {
    struct wait *w = timer->data;
    w->passed_ns = clock_mono_ns();
}

/* Longer than a turn of the loop takes, so that its time is old. */
static void spin(int64_t ns) {
    int64_t from_ns = clock_mono_ns();
    while (clock_mono_ns() - from_ns < ns)
        continue;
}

static void waits(uv_loop_t *loop, int64_t wait_ns, int64_t old_ns) {
    struct wait w = {0};
    uv_timer_init(loop, &w.timer);
    w.timer.data = &w;
    uv_update_time(loop);
    spin(old_ns);
    w.from_ns = clock_mono_ns();
    timer_after(&w.timer, on_passed, wait_ns);
    assert_int_equal(w.passed_ns, 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_true(w.passed_ns - w.from_ns >= wait_ns);
    uv_close((uv_handle_t *)&w.timer, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
}

static void test_never_early(void **state) {
    (void)state;
    uv_loop_t loop;
    assert_int_equal(uv_loop_init(&loop), 0);
    for (int64_t old_us = 0; old_us < 5000; old_us += 130)
        waits(&loop, 2 * NS_PER_MS + old_us, old_us * NS_PER_US);
    waits(&loop, 0, 3 * NS_PER_MS);
    waits(&loop, -1, 3 * NS_PER_MS);
    waits(&loop, 1, 3 * NS_PER_MS);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_never_early)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
