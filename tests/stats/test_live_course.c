/* live_course: a long run in few points, which keep its peaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stats/live_course.h"

static struct live_course course; /* too large for a stack */

static void add(int64_t second, uint64_t requests, int64_t p95_us) {
    uint32_t bands[LIVE_COURSE_BANDS] = {0};
    struct live_second s = {.requests = requests,
                            .response = {p95_us / 2, p95_us, p95_us * 2},
                            .ttft = {LIVE_NO_VALUE, LIVE_NO_VALUE, LIVE_NO_VALUE}};
    bands[3] = (uint32_t)requests;
    live_course_add(&course, second, (uint32_t)second % 7, &s, bands);
}

static void a_short_run_has_a_point_for_each_second(void **state) {
    (void)state;
    live_course_init(&course);
    for (int64_t s = 0; s < LIVE_COURSE_POINTS; s++)
        add(s, (uint64_t)s, 1000 + s);
    assert_int_equal(course.step_s, 1);
    assert_int_equal(course.count, LIVE_COURSE_POINTS);
    assert_int_equal(course.points[17].requests, 17);
    assert_int_equal(course.points[17].response.p95_us, 1017);
    assert_int_equal(course.points[0].response.p95_us, LIVE_NO_VALUE); /* no request */
}

static void a_day_keeps_its_peaks_and_all_its_requests(void **state) {
    (void)state;
    const int64_t peak = 50001;
    uint64_t sum = 0, highest = 0, in_bands = 0;
    int64_t slowest = 0;
    live_course_init(&course);
    for (int64_t s = 0; s < 86400; s++) {
        add(s, s == peak ? 9999 : 10, s == peak ? 7000000 : 5000);
        sum += s == peak ? 9999 : 10;
    }
    assert_true(course.count <= LIVE_COURSE_POINTS);
    assert_int_equal(course.step_s, 256);
    assert_int_equal(course.count, (86400 + 255) / 256);
    for (size_t i = 0; i < course.count; i++) {
        const struct live_point *p = &course.points[i];
        highest = p->requests > highest ? p->requests : highest;
        slowest = p->response.p95_us > slowest ? p->response.p95_us : slowest;
        in_bands += p->bands[3];
        assert_int_equal(p->requests == 9999, (int64_t)i == peak / 256);
        assert_int_equal(p->users, 6);
    }
    assert_int_equal(highest, 9999);
    assert_int_equal(slowest, 7000000);
    assert_int_equal(in_bands, sum);
}

static void seconds_that_nobody_saw_are_unknown(void **state) {
    (void)state;
    live_course_init(&course);
    add(0, 5, 1000);
    add(9, 5, 1000);
    assert_int_equal(course.count, 10);
    assert_int_equal(course.points[0].seconds, 1);
    assert_int_equal(course.points[4].seconds, 0);
    add(LIVE_COURSE_POINTS * 4, 5, 1000); /* 0 to 3, 4 to 7, 8 to 11 */
    assert_int_equal(course.step_s, 8);
    assert_int_equal(course.points[0].seconds, 1);
    assert_int_equal(course.points[1].seconds, 1);
    assert_int_equal(course.points[2].seconds, 0);
}

static void bands_begin_with_decades(void **state) {
    (void)state;
    assert_int_equal(live_course_band(0), 0);
    assert_int_equal(live_course_band(100), 0);
    assert_int_equal(live_course_band(999), 7);
    assert_int_equal(live_course_band(1000), 8);
    assert_int_equal(live_course_band(9999), 15);
    assert_int_equal(live_course_band(10000), 16);
    assert_int_equal(live_course_band(INT64_MAX), LIVE_COURSE_BANDS - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_run_has_a_point_for_each_second),
        cmocka_unit_test(a_day_keeps_its_peaks_and_all_its_requests),
        cmocka_unit_test(seconds_that_nobody_saw_are_unknown),
        cmocka_unit_test(bands_begin_with_decades),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
