/* trace_value: numbers and times as traces write them. The expected times were calculated with
 * Python's datetime and fractions. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scenario/trace_value.h"

static struct bytes b(const char *text) {
    return (struct bytes){text, strlen(text)};
}

static void test_counts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value; /* -1: wrong */
        const char *wrong;
    } cases[] = {
        {"0", 0, NULL},
        {"4808", 4808, NULL},
        {" 4808\t", 4808, NULL},
        {"4,808", 4808, NULL},
        {"1,234,567", 1234567, NULL},
        {"374.0", 374, NULL},
        {"1,374.00", 1374, NULL},
        {"7.", 7, NULL},
        {"1000000000", 1000000000, NULL},
        {"", -1, "is missing"},
        {"  ", -1, "is missing"},
        {"-1", -1, "is negative"},
        {"-0.5", -1, "is negative"},
        {"1000000001", -1, "is more than 1000000000"},
        {"99999999999999999999999", -1, "is more than 1000000000"},
        {"1.5", -1, "is not a whole number"},
        {"12a", -1, "is not a whole number"},
        {"a", -1, "is not a whole number"},
        {",", -1, "is not a whole number"},
        {",123", -1, "is not a whole number"},
        {"1,23", -1, "is not a whole number"},
        {"1234,567", -1, "is not a whole number"},
        {"1,2345", -1, "is not a whole number"},
        {"1,,234", -1, "is not a whole number"},
        {"nan", -1, "is not a whole number"},
        {"-", -1, "is not a whole number"},
        {".5", -1, "is not a whole number"},
        {"1e3", -1, "is not a whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t n = 77;
        const char *wrong = trace_count(b(cases[i].text), &n);
        if (cases[i].value < 0) {
            if (wrong == NULL || strcmp(wrong, cases[i].wrong) != 0 || n != 77)
                fail_msg("\"%s\": %s", cases[i].text, wrong == NULL ? "accepted" : wrong);
        } else if (wrong != NULL || n != cases[i].value)
            fail_msg("\"%s\": %u, %s", cases[i].text, n, wrong == NULL ? "" : wrong);
    }
}

static void test_decimals(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int power;
        int64_t ns;
        const char *wrong;
    } cases[] = {
        {"0", 6, 0, NULL},
        {"105", 6, 105000000, NULL},
        {"105.5", 6, 105500000, NULL},
        {"5", 9, 5000000000, NULL},
        {"19440110.0", 9, INT64_C(19440110000000000), NULL},
        {"0.0000014", 6, 1, NULL},
        {"0.0000015", 6, 2, NULL},
        {"1e-05", 6, 10, NULL},
        {"1.05e2", 6, 105000000, NULL},
        {"1.05E+2", 6, 105000000, NULL},
        {"1e-999", 6, 0, NULL},
        {"0e999", 9, 0, NULL},
        {".5", 9, 500000000, NULL},
        {"1700000000123.456789", 6, INT64_C(1700000000123456789), NULL},
        {"0.1000000000000000055511151231257827021181583404541015625", 9, 100000000, NULL},
        {"9223372036.854775807", 9, INT64_MAX, NULL},
        {"9223372036.854775808", 9, 0, "is too large"},
        {"99999999999999999999999999999999999999999", 9, 0, "is too large"},
        {"1e300", 9, 0, "is too large"},
        {"", 9, 0, "is missing"},
        {"-1", 9, 0, "is negative"},
        {"-0.1", 9, 0, "is negative"},
        {"1.2.3", 9, 0, "is not a number"},
        {".", 9, 0, "is not a number"},
        {"1e", 9, 0, "is not a number"},
        {"1e+", 9, 0, "is not a number"},
        {"0x10", 9, 0, "is not a number"},
        {"inf", 9, 0, "is not a number"},
        {"1,5", 9, 0, "is not a number"},
        {"5 6", 9, 0, "is not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ns = -7;
        const char *wrong = trace_decimal(b(cases[i].text), cases[i].power, &ns);
        if (cases[i].wrong != NULL) {
            if (wrong == NULL || strcmp(wrong, cases[i].wrong) != 0 || ns != -7)
                fail_msg("\"%s\": %s", cases[i].text, wrong == NULL ? "accepted" : wrong);
        } else if (wrong != NULL || ns != cases[i].ns)
            fail_msg("\"%s\": %" PRId64 ", %s", cases[i].text, ns, wrong == NULL ? "" : wrong);
    }
}

static void test_dates(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ns; /* -1: wrong */
    } cases[] = {
        {"1970-01-01 00:00:00", 0},
        {"2023-11-16 18:15:46.6805900", INT64_C(1700158546680590000)},
        {"2023-11-16T18:15:46.6805900Z", INT64_C(1700158546680590000)},
        {"2024-05-10 00:00:00.009930+00:00", INT64_C(1715299200009930000)},
        {"2024-05-10 02:00:00.009930+02:00", INT64_C(1715299200009930000)},
        {"2024-05-09 17:00:00.009930-0700", INT64_C(1715299200009930000)},
        {"2024-05-12 00:00:10+00", INT64_C(1715472010000000000)},
        {"2024-02-29 12:00:00", INT64_C(1709208000000000000)},
        {"2000-02-29 00:00:00", INT64_C(951782400000000000)},
        {"2100-03-01 00:00:00", INT64_C(4107542400000000000)},
        {"2023-01-01 00:00:00.1234567894", INT64_C(1672531200123456789)},
        {"2023-01-01 00:00:00.1234567895", INT64_C(1672531200123456790)},
        {"2023-01-01 00:00:00.9999999999", INT64_C(1672531201000000000)},
        {"2023-02-29 00:00:00", -1},
        {"2100-02-29 00:00:00", -1},
        {"2023-13-01 00:00:00", -1},
        {"2023-00-01 00:00:00", -1},
        {"2023-01-32 00:00:00", -1},
        {"2023-01-01 24:00:00", -1},
        {"2023-01-01 00:60:00", -1},
        {"2023-01-01", -1},
        {"2023-01-01 00:00", -1},
        {"2023-01-01 00:00:00.", -1},
        {"2023-01-01 00:00:00 UTC", -1},
        {"2023-01-01 00:00:00+1", -1},
        {"2023-01-01 00:00:00+25:00", -1},
        {"2023-01-01 00:00:00Zz", -1},
        {"23-01-01 00:00:00", -1},
        {"1969-12-31 23:59:59", -1},
        {"9999-12-31 23:59:59", -1},
        {"-023-01-01 00:00:00", -1},
        {"1700158546", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ns = -7;
        const char *wrong = trace_date(b(cases[i].text), &ns);
        if (cases[i].ns < 0 ? wrong == NULL || ns != -7 : wrong != NULL || ns != cases[i].ns)
            fail_msg("\"%s\": %" PRId64 ", %s", cases[i].text, ns, wrong == NULL ? "" : wrong);
    }
    int64_t ns;
    assert_string_equal(trace_date(b(""), &ns), "is missing");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
