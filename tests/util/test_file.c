#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "support/scratch.h"
#include "util/file.h"

static void a_folder_is_made_with_all_above_it(void **state) {
    (void)state;
    struct err e = {""};
    struct stat s;
    assert_int_equal(file_make_folder(in_dir("a/b//c/"), &e), 0);
    assert_int_equal(stat(in_dir("a/b/c"), &s), 0);
    assert_true(S_ISDIR(s.st_mode));
    assert_int_equal(file_make_folder(in_dir("a/b"), &e), 0); /* there already */
    assert_string_equal(e.text, "");
    assert_int_equal(file_make_folder("/proc/no/such", &e), -1);
    assert_non_null(strstr(e.text, "cannot create the directory /proc/no: "));
}

static void a_file_is_read_up_to_its_ceiling(void **state) {
    (void)state;
    struct err e = {""};
    struct buf b;
    FILE *f = fopen(in_dir("ten"), "w");
    assert_non_null(f);
    fputs("0123456789", f);
    fclose(f);
    buf_init(&b, 10);
    assert_int_equal(file_read(in_dir("ten"), &b, &e), 0);
    assert_string_equal(buf_text(&b), "0123456789");
    buf_done(&b);
    buf_init(&b, 9);
    assert_int_equal(file_read(in_dir("ten"), &b, &e), -1);
    assert_non_null(strstr(e.text, "larger than the limit of 9 bytes"));
    buf_done(&b);
    assert_int_equal(file_read(in_dir("absent"), &b, &e), -1);
    assert_non_null(strstr(e.text, "No such file"));
    assert_int_equal(file_read(dir, &b, &e), -1);
    assert_non_null(strstr(e.text, "Is a directory"));
    buf_done(&b);
}

static void test_base(void **state) {
    (void)state;
    assert_string_equal(file_base("a.db"), "a.db");
    assert_string_equal(file_base("/x/y/a.db"), "a.db");
    assert_string_equal(file_base("x/"), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base),
        cmocka_unit_test(a_folder_is_made_with_all_above_it),
        cmocka_unit_test(a_file_is_read_up_to_its_ceiling),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
