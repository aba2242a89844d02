/* buf, err and file: ceilings, and failures that are remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <stdio.h>

#include <unistd.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/file.h"

static void test_grow(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    assert_string_equal(buf_text(&b), "");
    for (int i = 0; i < 10000; i++)
        buf_printf(&b, "%04d,", i);
    assert_true(buf_ok(&b));
    assert_int_equal(b.len, 50000);
    assert_memory_equal(b.data + 49990, "9998,9999,", 11);
    buf_add(&b, "a\0b", 3);
    assert_int_equal(b.len, 50003);
    assert_memory_equal(b.data + 50000, "a\0b", 4);
    char *taken = buf_take(&b);
    assert_memory_equal(taken, "0000,0001,", 10);
    assert_int_equal(b.len, 0);
    free(taken);
    taken = buf_take(&b);
    assert_string_equal(taken, ""); /* empty is not failed */
    free(taken);
    buf_done(&b);
}

static void test_ceiling(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_str(&b, "abc");
    buf_str(&b, "def");
    assert_false(buf_ok(&b));
    assert_string_equal(buf_text(&b), "abc"); /* what it had stays */
    buf_char(&b, 'x');
    assert_string_equal(buf_text(&b), "abc"); /* and nothing comes after a gap */
    buf_clear(&b);
    assert_true(buf_ok(&b));
    buf_printf(&b, "%d", 12345);
    assert_true(buf_ok(&b));
    assert_string_equal(buf_text(&b), "12345");
    buf_printf(&b, "%d", 6);
    assert_false(buf_ok(&b));
    assert_null(buf_take(&b));
    buf_done(&b);
    buf_done(&b);
}

static void test_err(void **state) {
    (void)state;
    struct err e = {""};
    assert_int_equal(err_set(&e, "no %s", "luck"), -1);
    assert_string_equal(e.text, "no luck");
    assert_int_equal(err_prefix(&e, "file %d", 3), -1);
    assert_string_equal(e.text, "file 3: no luck");
    assert_int_equal(err_set(NULL, "dropped"), -1);
    char lengthy[3000];
    memset(lengthy, 'a', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    err_set(&e, "%s", lengthy);
    assert_int_equal(strlen(e.text), sizeof e.text - 1);
    err_prefix(&e, "%s", lengthy);
    assert_int_equal(strlen(e.text), sizeof e.text - 1);
}

static void test_file(void **state) {
    (void)state;
    char path[] = "/tmp/coldswarm-test-XXXXXX";
    int fd = mkstemp(path);
    struct buf b;
    struct err e = {""};
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a\0b\n", 4), 4);
    close(fd);
    buf_init(&b, 4);
    assert_int_equal(file_read(path, &b, &e), 0);
    assert_int_equal(b.len, 4);
    assert_memory_equal(b.data, "a\0b\n", 4);
    buf_done(&b);
    buf_init(&b, 3);
    assert_int_equal(file_read(path, &b, &e), -1);
    assert_non_null(strstr(e.text, "is larger than the limit of 3 bytes"));
    assert_non_null(strstr(e.text, path));
    unlink(path);
    assert_int_equal(file_read(path, &b, &e), -1);
    assert_non_null(strstr(e.text, "No such file"));
    assert_int_equal(file_read("/", &b, &e), -1);
    assert_non_null(strstr(e.text, "directory"));
    buf_done(&b);
}

static void test_whole_numbers(void **state) {
    (void)state;
    static const int64_t values[] = {0, 1, 9, 10, 99, 100, 1234567890123, INT64_MAX, -1, INT64_MIN};
    struct buf b;
    buf_init(&b, 1000);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char want[32];
        snprintf(want, sizeof want, "%lld", (long long)values[i]);
        buf_clear(&b);
        buf_int(&b, values[i]);
        assert_string_equal(buf_text(&b), want);
    }
    buf_clear(&b);
    buf_uint(&b, UINT64_MAX);
    assert_string_equal(buf_text(&b), "18446744073709551615");
    buf_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_numbers), cmocka_unit_test(test_grow),
        cmocka_unit_test(test_ceiling),       cmocka_unit_test(test_err),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
