/* clock: dates as text, and clocks that go forward. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/clock.h"

static void test_dates(void **state) {
    (void)state;
    static const struct {
        int64_t ns;
        const char *utc, *compact;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z", "19700101T000000Z"},
        {INT64_C(1795488636123999999), "2026-11-24T02:50:36.123Z", "20261124T025036Z"},
        {INT64_C(951782400000000000), "2000-02-29T00:00:00.000Z", "20000229T000000Z"},
        {-1, "1969-12-31T23:59:59.999Z", "19691231T235959Z"},
        {-NS_PER_S, "1969-12-31T23:59:59.000Z", "19691231T235959Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_UTC_BYTES];
        clock_utc(cases[i].ns, text);
        assert_string_equal(text, cases[i].utc);
        clock_utc_compact(cases[i].ns, text);
        assert_string_equal(text, cases[i].compact);
    }
}

static void test_a_moment_is_between_what_the_clocks_say_before_and_after(void **state) {
    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t mono_ns = clock_mono_ns(), real_ns = clock_real_ns();
        struct clock_moment now = clock_moment();
        assert_in_range(now.mono_ns, mono_ns, clock_mono_ns());
        assert_in_range(now.real_ns, real_ns, clock_real_ns());
    }
}

static void test_reading_back(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "2026-11-24",
                                        "2026-11-24T02:50:36Z",
                                        "2026-11-24T02:50:36.12Z",
                                        "2026-11-24T02:50:36.1234Z",
                                        "2026-11-24T02:50:36.123",
                                        "2026-11-24T02:50:36.123+01:00",
                                        "x"};
    int64_t ns = 7;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(clock_read_utc(wrong[i], &ns));
    assert_int_equal(ns, 7);
    assert_true(
        clock_read_utc("2026-11-24T02:50:36.123Z", &ns)); /* date -u -d ... +%s: 1795488636 */
    assert_int_equal(ns, INT64_C(1795488636123) * NS_PER_MS);
}

static void test_forward(void **state) {
    (void)state;
    int64_t mono = clock_mono_ns(), cpu = clock_thread_cpu_ns();
    for (int i = 0; i < 1000; i++) {
        int64_t m = clock_mono_ns(), c = clock_thread_cpu_ns();
        assert_true(m >= mono && c >= cpu);
        mono = m;
        cpu = c;
    }
    /* After 2020 and before 2100. */
    assert_true(clock_real_ns() > INT64_C(1577836800) * NS_PER_S);
    assert_true(clock_real_ns() < INT64_C(4102444800) * NS_PER_S);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_a_moment_is_between_what_the_clocks_say_before_and_after),
        cmocka_unit_test(test_reading_back),
        cmocka_unit_test(test_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
