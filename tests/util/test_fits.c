/* Why a buffer could not take all: texts by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/fits.h"
#include "util/memory.h"

static void a_limit_is_no_lack_of_memory(void **state) {
    struct buf b;
    struct err e = {"as before"};
    (void)state;
    buf_init(&b, 4);
    buf_str(&b, "four");
    assert_int_equal(buf_fits(&b, &e, "shorten it", "the name"), 0);
    assert_string_equal(e.text, "as before");
    buf_char(&b, 's');
    assert_int_equal(buf_fits(&b, &e, "shorten it", "name %d", 7), -1);
    assert_string_equal(e.text, "name 7 is larger than the limit of 4 bytes; shorten it");
    assert_int_equal(buf_fits(&b, &e, NULL, "the name"), -1);
    assert_string_equal(e.text, "the name is larger than the limit of 4 bytes");
    assert_int_equal(buf_fits(&b, NULL, NULL, "the name"), -1);
    assert_false(memory_ran_out());
    buf_done(&b);
}

static void a_lack_of_memory_is_one(void **state) {
    struct buf b;
    struct err e = {""};
    (void)state;
    buf_init(&b, 0);
    buf_char(&b, 'x');
    memory_note(); /* as a buffer does if it gets none */
    assert_int_equal(buf_fits(&b, &e, "shorten it", "name %d", 7), -1);
    assert_string_equal(e.text, "out of memory for name 7");
    assert_true(memory_ran_out());
    buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_no_lack_of_memory),
        cmocka_unit_test(a_lack_of_memory_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
