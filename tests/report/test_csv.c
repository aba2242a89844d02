#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/csv.h"

static void test_texts(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"/predict", "/predict"},
        {"", ""},
        {"a,b", "\"a,b\""},
        {"say \"x\"", "\"say \"\"x\"\"\""},
        {"=1+1", "'=1+1"},
        {"=A1,B1", "\"'=A1,B1\""},
        {"-", "'-"},
        {"-5", "-5"},
        {"+5.25", "+5.25"},
        {"-1e-9", "-1e-9"},
        {".5", ".5"},
        {"-.", "'-."},
        {"-1e", "'-1e"},
        {"-5 ", "\"'-5 \""},
        {"+5|calc", "'+5|calc"},
        {"@x", "'@x"},
        {"\t=x", "\\x09=x"},
        {"a\r\nb", "a\\x0d\\x0ab"},
        {" lead", "\" lead\""},
        {"\xff", "\\xff"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b;
        buf_init(&b, 1000);
        csv_text(&b, cases[i][0]);
        assert_string_equal(buf_text(&b), cases[i][1]);
        buf_done(&b);
    }
}

static void test_numbers(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    csv_number(&b, 770.126);
    buf_char(&b, ' ');
    csv_number(&b, 0);
    buf_char(&b, ' ');
    csv_number(&b, (double)NAN);
    buf_char(&b, ' ');
    csv_number(&b, 12345678.001);
    assert_string_equal(buf_text(&b), "770.126 0  12345678.001");
    buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts),
                                       cmocka_unit_test(test_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
