/* connection: the words are those that run files and reports have, and a number that is none of
 * ours has none. */
#include "util/connection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_words(void **state) {
    (void)state;
    static const char *const ends[] = {"announced", "idle",   "lost",    "cut",
                                       "reset",     "goaway", "expired", "client"};
    assert_null(http_version_text(HTTP_VERSION_NONE));
    assert_string_equal(http_version_text(HTTP_VERSION_1_0), "1.0");
    assert_string_equal(http_version_text(HTTP_VERSION_1_1), "1.1");
    assert_string_equal(http_version_text(HTTP_VERSION_2), "2");
    assert_null(http_version_text(HTTP_VERSION_COUNT));
    assert_null(http_version_text(-1));
    assert_null(connection_end_text(CONNECTION_END_NONE));
    for (int i = 0; i < 8; i++)
        assert_string_equal(connection_end_text(i + 1), ends[i]);
    assert_null(connection_end_text(CONNECTION_END_COUNT));
    assert_null(connection_end_text(-1));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
