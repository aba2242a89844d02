/* words: numbers of a line, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/words.h"

static void a_line_is_read_from_left_to_right(void **state) {
    (void)state;
    const char *at = "go 12 -7 4294967295 2.5e3 0\n";
    uint64_t u;
    int64_t i;
    uint32_t n;
    double x;
    assert_false(words_is(&at, "g"));
    assert_true(words_is(&at, "go"));
    assert_true(words_uint(&at, &u) && u == 12);
    assert_false(words_uint(&at, &u));
    assert_true(words_int(&at, &i) && i == -7);
    assert_true(words_uint32(&at, &n) && n == UINT32_MAX);
    assert_true(words_double(&at, &x) && x > 2499 && x < 2501);
    assert_true(words_int(&at, &i) && i == 0);
    assert_int_equal(*at, '\n');
}

static void what_is_no_number_moves_nothing(void **state) {
    (void)state;
    static const char *const all[] = {
        "",   "x",   "1x",  "--1", "- 1", "+1",   "12345678901234567890",
        " 1", "1,2", "0x1", "nan", "inf", "1.5.", "1e999"};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        const char *at = all[k];
        uint64_t u;
        int64_t i;
        uint32_t n;
        double x;
        assert_false(words_uint(&at, &u) || words_int(&at, &i) || words_uint32(&at, &n));
        assert_true(k == 6 || !words_double(&at, &x));
        assert_true(k == 6 || at == all[k]);
    }
    const char *at = "4294967296";
    uint32_t n;
    assert_false(words_uint32(&at, &n));
    at = "9999999999999999999";
    int64_t i;
    assert_false(words_int(&at, &i));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_from_left_to_right),
        cmocka_unit_test(what_is_no_number_moves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
