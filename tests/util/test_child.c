/* child: with the system's own programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "util/child.h"
#include "util/clock.h"

static void test_both_outputs_and_code(void **state) {
    (void)state;
    const char *const arguments[] = {"sh", "-c", "cat; echo wrong >&2; exit 3", NULL};
    struct buf out, said;
    int status = 0;
    size_t n = 1 << 20; /* more than a pipe holds */
    char *input = malloc(n);
    assert_non_null(input);
    memset(input, 'x', n);
    buf_init(&out, n);
    buf_init(&said, 100);
    assert_int_equal(child_run(arguments, input, n, 60 * NS_PER_S, &out, &said, &status),
                     CHILD_ENDED);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_int_equal(out.len, n);
    assert_memory_equal(out.data, input, n);
    assert_string_equal(buf_text(&said), "wrong\n");
    free(input);
    buf_done(&out);
    buf_done(&said);
}

static void test_missing(void **state) {
    (void)state;
    const char *const arguments[] = {"no-such-program-anywhere", NULL};
    struct buf out, said;
    int status = 0;
    buf_init(&out, 100);
    buf_init(&said, 100);
    assert_int_equal(child_run(arguments, NULL, 0, NS_PER_S, &out, &said, &status), CHILD_MISSING);
    buf_done(&out);
    buf_done(&said);
}

/* A child that would go on for ever ends when its time or the room for its output is over. */
static void test_limits(void **state) {
    (void)state;
    const char *const sleeps[] = {"sleep", "3600", NULL}, *const talks[] = {"yes", NULL};
    struct buf out, said;
    int status = 0;
    buf_init(&out, 100000);
    buf_init(&said, 100);
    assert_int_equal(child_run(sleeps, NULL, 0, NS_PER_S / 20, &out, &said, &status), CHILD_LIMIT);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(child_run(talks, NULL, 0, 3600 * NS_PER_S, &out, &said, &status), CHILD_LIMIT);
    assert_true(WIFSIGNALED(status));
    buf_done(&out);
    buf_done(&said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_outputs_and_code),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
