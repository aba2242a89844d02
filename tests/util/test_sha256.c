#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "support/scratch.h"
#include "util/sha256.h"

/* By sha256sum: of nothing, of "abc", and of "0123456789" a hundred thousand times. */
#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OF_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define OF_A_MILLION "ec21d64624228af3ecd4bdaa8239e32ed943b01e26934cd5610fddb361426dc6"

static void bytes_have_the_hash_that_sha256sum_prints(void **state) {
    (void)state;
    char hex[SHA256_HEX_BYTES];
    sha256_hex("abc", 3, hex);
    assert_string_equal(hex, OF_ABC);
    sha256_hex("", 0, hex);
    assert_string_equal(hex, OF_NOTHING);
}

static void a_file_of_any_size_has_it_too_and_its_position_stays(void **state) {
    (void)state;
    char hex[SHA256_HEX_BYTES], next[4] = "";
    FILE *f = fopen(in_dir("million"), "w");
    assert_non_null(f);
    for (int i = 0; i < 100000; i++)
        fputs("0123456789", f);
    fclose(f);
    int fd = open(in_dir("million"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(lseek(fd, 7, SEEK_SET), 7);
    assert_int_equal(sha256_file(fd, hex), 0);
    assert_string_equal(hex, OF_A_MILLION);
    assert_int_equal(read(fd, next, 3), 3);
    assert_string_equal(next, "789");
    close(fd);
    f = fopen(in_dir("nothing"), "w");
    assert_non_null(f);
    fclose(f);
    fd = open(in_dir("nothing"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(sha256_file(fd, hex), 0);
    assert_string_equal(hex, OF_NOTHING);
    close(fd);
    fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(sha256_file(fd, hex), -1);
    assert_int_equal(errno, EISDIR);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_have_the_hash_that_sha256sum_prints),
        cmocka_unit_test(a_file_of_any_size_has_it_too_and_its_position_stays),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
