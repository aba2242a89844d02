#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "report/csv_reader.h"

static void test_fields_come_out_unquoted(void **state) {
    (void)state;
    char text[] = "a,b\r\n\"x,y\",\"say \"\"hi\"\"\"\n\"two\nlines\",\n,\"\"\n\"q\"r,last";
    struct csv_reader r;
    struct err e = {.text = ""};
    char *f[2];
    static const struct {
        const char *first, *second;
        int64_t line;
    } rows[] = {{"a", "b", 1},
                {"x,y", "say \"hi\"", 2},
                {"two\nlines", "", 3},
                {"", "", 5},
                {"qr", "last", 6}};
    csv_reader_init(&r, text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(csv_reader_next(&r, f, 2, &e), 1);
        assert_string_equal(f[0], rows[i].first);
        assert_string_equal(f[1], rows[i].second);
        assert_int_equal(r.line, rows[i].line);
    }
    assert_int_equal(csv_reader_next(&r, f, 2, &e), 0);
    assert_string_equal(e.text, "");
}

static void test_no_text_has_no_rows(void **state) {
    (void)state;
    struct csv_reader r;
    struct err e;
    char *f[1];
    char nothing[] = "";
    csv_reader_init(&r, nothing);
    assert_int_equal(csv_reader_next(&r, f, 1, &e), 0);
    csv_reader_init(&r, NULL);
    assert_int_equal(csv_reader_next(&r, f, 1, &e), 0);
}

static void test_a_malformed_row_is_an_error_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"a\n", "line 1: 1 fields where 2 belong"},
        {"a,b,c", "line 1: 3 fields where 2 belong"},
        {"a,\"b", "line 1: a quoted field does not end"},
        {"a,\"b\"\"", "line 1: a quoted field does not end"},
        {"\"", "line 1: a quoted field does not end"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s", cases[i].text);
        struct csv_reader r;
        struct err e;
        char *f[2];
        csv_reader_init(&r, text);
        assert_int_equal(csv_reader_next(&r, f, 2, &e), -1);
        assert_string_equal(e.text, cases[i].error);
    }
}

static void test_numbers(void **state) {
    (void)state;
    struct csv_reader r = {.line = 4};
    struct err e;
    double v;
    assert_int_equal(csv_reader_number(&r, "12.5", &v, &e), 0);
    assert_true(v == 12.5);
    assert_int_equal(csv_reader_number(&r, "", &v, &e), 0);
    assert_true(isnan(v));
    static const char *const bad[] = {"1x", "x", "1 ", "inf", "nan", "1e999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(csv_reader_number(&r, bad[i], &v, &e), -1);
        assert_string_equal(e.text, "line 4: not a number");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_come_out_unquoted),
        cmocka_unit_test(test_no_text_has_no_rows),
        cmocka_unit_test(test_a_malformed_row_is_an_error_with_its_line),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
