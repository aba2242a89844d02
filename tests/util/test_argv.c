/* argv: words of a command line, as they are made and taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "util/argv.h"

static void words_come_out_as_they_went_in(void **state) {
    struct buf words;
    struct err e = {""};
    size_t n = 0;
    (void)state;
    buf_init(&words, 1000);
    argv_add(&words, "run");
    argv_option(&words, "out", "a b\nc");
    argv_option(&words, "quiet", "");
    argv_add(&words, "");
    char **argv = argv_split(&words, &n, &e);
    assert_non_null(argv);
    assert_int_equal(n, 4);
    assert_string_equal(argv[0], "run");
    assert_string_equal(argv[1], "--out=a b\nc");
    assert_string_equal(argv[2], "--quiet");
    assert_string_equal(argv[3], "");
    assert_null(argv[4]);
    free(argv);
    buf_done(&words);
}

static void none_is_an_empty_list_and_a_full_buffer_an_error(void **state) {
    struct buf words;
    struct err e = {""};
    size_t n = 7;
    (void)state;
    buf_init(&words, 8);
    char **argv = argv_split(&words, &n, &e);
    assert_non_null(argv);
    assert_int_equal(n, 0);
    assert_null(argv[0]);
    free(argv);
    argv_add(&words, "much too long");
    assert_null(argv_split(&words, &n, &e));
    assert_string_equal(e.text, "out of memory for a command line");
    buf_done(&words);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_come_out_as_they_went_in),
        cmocka_unit_test(none_is_an_empty_list_and_a_full_buffer_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
