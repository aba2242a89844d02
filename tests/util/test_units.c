/* units: what people write, and what they are shown. Expected values by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "util/units.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)

static void test_duration(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } good[] = {
        {"250ms", 250 * MS},
        {"5s", 5 * S},
        {"2m", 120 * S},
        {"1h30m", 5400 * S},
        {"1.5s", 1500 * MS},
        {"97", 97 * S},
        {"0.25", 250 * MS},
        {"0", 0},
        {"0s", 0},
        {"100us", 100000},
        {".5s", 500 * MS},
        {"5.s", 5 * S},
        {"1h2m3s4ms5us", 3723 * S + 4 * MS + 5000},
        {"87600h", 315360000 * S},
        {"1m1ms", 60 * S + MS},
        {"0.000000001s", 1},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ns = -1;
        struct err e = {"untouched"};
        if (units_duration(good[i].text, &ns, &e) != 0 || ns != good[i].ns)
            fail_msg("%s: %lld ns, %s", good[i].text, (long long)ns, e.text);
        assert_string_equal(e.text, "untouched");
    }
    static const char *const bad[] = {
        "",       "s",    "5x",    "-5s",    "+5s",
        " 5s",    "5 s",  "5s ",   "1m2h",   "5s5s",
        "5s5",    "1e3",  "0x10s", "inf",    "nan",
        "..s",    "1m30", "5S",    "87601h", "99999999999999999999999999999999s",
        "1.2.3s", "5ss",  "5msms", "1m1h"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ns = -1;
        struct err e = {""};
        if (units_duration(bad[i], &ns, &e) == 0)
            fail_msg("%s is taken as %lld ns", bad[i], (long long)ns);
        assert_int_equal(ns, -1);
        assert_true(e.text[0] != '\0');
    }
}

static void test_seconds(void **state) {
    (void)state;
    int64_t ns = -1;
    assert_int_equal(units_duration_seconds(0.1, &ns, NULL), 0);
    assert_int_equal(ns, 100 * MS);
    assert_int_equal(units_duration_seconds(315360000, &ns, NULL), 0);
    assert_true(ns == UNITS_DURATION_MAX_NS);
    static const double bad[] = {-1, -1e-9, (double)NAN, (double)INFINITY, 315360001, 1e300};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(units_duration_seconds(bad[i], &ns, NULL), -1);
}

static void test_size(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0},         {"512", 512},      {"16k", 16384},
                {"2M", 2097152},  {"1GiB", 1 << 30}, {"1.5k", 1536},
                {"1KB", 1024},    {"10B", 10},       {"1t", UINT64_C(1) << 40},
                {"1mib", 1048576}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t bytes = 77;
        if (units_size(good[i].text, &bytes, NULL) != 0 || bytes != good[i].bytes)
            fail_msg("%s: %llu", good[i].text, (unsigned long long)bytes);
    }
    static const char *const bad[] = {"",    "k",    "-1",       "1x",  "1kk",
                                      "1 k", "1kBx", "2000000t", "1e3", "0x1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t bytes = 77;
        struct err e = {""};
        assert_int_equal(units_size(bad[i], &bytes, &e), -1);
        assert_int_equal(bytes, 77);
        assert_true(e.text[0] != '\0');
    }
}

static void test_text(void **state) {
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "0us"},
        {999, "0us"},
        {1000, "1us"},
        {999999, "999us"},
        {MS, "1ms"},
        {250 * MS, "250ms"},
        {999 * MS, "999ms"},
        {999600000, "1s"},
        {1500 * MS, "1.5s"},
        {97 * S, "97s"},
        {90 * S + 400 * MS, "90.4s"},
        {119 * S, "119s"},
        {120 * S, "2m"},
        {125 * S, "2m 5s"},
        {300 * S + 500 * MS, "5m"},
        {3599 * S, "59m 59s"},
        {3600 * S, "1h"},
        {3720 * S, "1h 2m"},
        {3725 * S, "1h 2m"},
        {UNITS_DURATION_MAX_NS, "87600h"},
        {INT64_MAX, "2562047h 47m"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[UNITS_BYTES];
        units_duration_text(cases[i].ns, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_exact_seconds(void **state) {
    (void)state;
    const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {1, "0.000000001s"},
        {1000, "0.000001s"},
        {250 * MS, "0.25s"},
        {90 * S, "90s"},
        {100 * S + 10 * MS, "100.01s"},
        {UNITS_DURATION_MAX_NS, "315360000s"},
        {INT64_MAX, "9223372036.854775807s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[UNITS_BYTES];
        int64_t again;
        struct err e;
        assert_string_equal(units_seconds_text(cases[i].ns, text), cases[i].text);
        if (cases[i].ns > UNITS_DURATION_MAX_NS)
            continue;
        assert_int_equal(units_duration(text, &again, &e), 0);
        assert_int_equal(again, cases[i].ns);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duration),      cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_size),          cmocka_unit_test(test_text),
        cmocka_unit_test(test_exact_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
