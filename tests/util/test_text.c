/* text: suggestions, terminal-safe text, columns, code points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <locale.h>

#include "support/skip.h"
#include "util/text.h"

static void test_nearest(void **state) {
    (void)state;
    static const char *const keys[] = {"name", "weight",    "method",
                                       "path", "multipart", "body_file"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {{"wieght", "weight"},
                 {"Weight", "weight"},
                 {"nmae", "name"},
                 {"paths", "path"},
                 {"weight", "weight"},
                 {"x", NULL},
                 {"", NULL},
                 {"frequency", NULL},
                 {"multi_part", "multipart"},
                 {"bodyfile", "body_file"},
                 {"metod", "method"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *found = text_nearest(cases[i].word, keys, sizeof keys / sizeof *keys);
        if (cases[i].nearest == NULL)
            assert_null(found);
        else {
            assert_non_null(found);
            assert_string_equal(found, cases[i].nearest);
        }
    }
    char lengthy[1000];
    memset(lengthy, 'a', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    assert_null(text_nearest(lengthy, keys, sizeof keys / sizeof *keys));
    assert_null(text_nearest("name", keys, 0));
}

static void printable(const char *text, size_t n, const char *expected) {
    struct buf b;
    buf_init(&b, 1000);
    text_printable(&b, text, n);
    assert_string_equal(buf_text(&b), expected);
    buf_done(&b);
}

static void test_printable(void **state) {
    (void)state;
    printable("plain \xc3\xa4\xf0\x9f\x98\x80", 12, "plain \xc3\xa4\xf0\x9f\x98\x80");
    printable("\x1b[31mred\n\t\x7f", 11, "\\x1b[31mred\\x0a\\x09\\x7f");
    printable("\xc2\x9b", 2, "\\xc2\\x9b");          /* C1: a one-character escape sequence */
    printable("\xe2\x80\xae", 3, "\\xe2\\x80\\xae"); /* right-to-left override */
    printable("\xff\xc3", 2, "\\xff\\xc3");          /* no UTF-8, and cut in the middle */
    printable("\xed\xa0\x80", 3, "\\xed\\xa0\\x80"); /* a surrogate */
    printable("a\0b", 3, "a\\x00b");
}

static void test_point(void **state) {
    (void)state;
    uint32_t c = 0;
    assert_int_equal(text_point("A", 1, &c), 1);
    assert_int_equal(c, 'A');
    assert_int_equal(text_point("\xe2\x82\xac!", 4, &c), 3);
    assert_int_equal(c, 0x20ac);
    assert_int_equal(text_point("\xf0\x9f\x98\x80", 4, &c), 4);
    assert_int_equal(c, 0x1f600);
    assert_int_equal(text_point("", 0, &c), 0);
    assert_int_equal(text_point("\xe2\x82", 2, &c), 0);
    assert_int_equal(text_point("\xc1\x81", 2, &c), 0);
    assert_int_equal(text_point("\xf5\x80\x80\x80", 4, &c), 0);
    assert_int_equal(text_point("\x80", 1, &c), 0);
}

static void test_columns(void **state) {
    (void)state;
    assert_int_equal(text_columns(""), 0);
    assert_int_equal(text_columns("abc"), 3);
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        SKIP("there is no locale C.UTF-8");
    assert_int_equal(text_columns("\xc3\xa4"), 1);
    assert_int_equal(text_columns("\xe6\xbc\xa2\xe5\xad\x97"), 4); /* two wide characters */
    assert_int_equal(text_columns("e\xcc\x81"), 1);                /* a combining accent */
}

/* Python's chr(c).encode(). */
static void test_put_point(void **state) {
    (void)state;
    static const struct {
        uint32_t point;
        const char *utf8;
    } cases[] = {
        {0x24, "\x24"},
        {0x7f, "\x7f"},
        {0x80, "\xc2\x80"},
        {0x7ff, "\xdf\xbf"},
        {0x800, "\xe0\xa0\x80"},
        {0xfffd, "\xef\xbf\xbd"},
        {0xffff, "\xef\xbf\xbf"},
        {0x10000, "\xf0\x90\x80\x80"},
        {0x1f600, "\xf0\x9f\x98\x80"},
        {0x10ffff, "\xf4\x8f\xbf\xbf"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char to[TEXT_POINT_BYTES];
        uint32_t back = 0;
        size_t n = text_put_point(cases[i].point, to);
        assert_int_equal(n, strlen(cases[i].utf8));
        assert_memory_equal(to, cases[i].utf8, n);
        assert_int_equal(text_point(to, n, &back), n);
        assert_int_equal(back, cases[i].point);
    }
}

static void test_hex(void **state) {
    (void)state;
    static const char digits[] = "0123456789abcdefABCDEF";
    for (int c = 0; c < 256; c++) {
        const char *at = c == 0 ? NULL : strchr(digits, c);
        int expected = at == NULL         ? -1
                       : at - digits < 16 ? (int)(at - digits)
                                          : (int)(at - digits) - 6;
        assert_int_equal(text_hex((char)c), expected);
    }
    assert_int_equal(text_hex4("20aC", 4), 0x20ac);
    assert_int_equal(text_hex4("ffffg", 5), 0xffff);
    assert_int_equal(text_hex4("20aC", 3), -1);
    assert_int_equal(text_hex4("20gC", 4), -1);
    assert_int_equal(text_hex4("+123", 4), -1);
}

static void test_a_cut_splits_no_character(void **state) {
    (void)state;
    const char *text = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80z"; /* 1 + 2 + 3 + 4 + 1 bytes */
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    for (size_t max = 0; max < sizeof cuts / sizeof *cuts; max++)
        assert_int_equal(text_cut(text, 11, max), cuts[max]);
    assert_int_equal(text_characters(text, 11), 5);
    assert_int_equal(text_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5); /* no UTF-8 */
    assert_true(text_is_utf8(text, 11));
    assert_true(text_is_utf8("", 0));
    assert_false(text_is_utf8(text, 2));
    assert_false(text_is_utf8("\xed\xa0\x80", 3)); /* a surrogate */
}

static void test_rounded(void **state) {
    (void)state;
    static const struct {
        double value;
        int digits;
        const char *text;
    } cases[] = {
        {0, 3, "0"},
        {1, 3, "1"},
        {1.25, 3, "1.25"},
        {0.00123456, 3, "0.00123"},
        {99.96, 3, "100"},
        {999.4, 3, "999"},
        {999.7, 3, "1000"},
        {-999.7, 3, "-1000"},
        {3600, 3, "3600"},
        {-12345.6, 4, "-12346"},
        {9999.4, 4, "9999"},
        {9999.6, 4, "10000"},
        {1500000, 4, "1500000"},
        {0.1, 9, "0.1"},
        {1e9, 9, "1000000000"},
        {12.345678, 9, "12.345678"},
        {1e21, 3, "1e+21"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_rounded(cases[i].value, cases[i].digits).text, cases[i].text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_cut_splits_no_character),
        cmocka_unit_test(test_put_point),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_rounded),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_point),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
