/* url: the parts of RFC 3986's own examples and of odd ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/url.h"

static void test_origins(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t scheme, origin;
    } urls[] = {{"http://h:80/a?b#c", 7, 11},
                {"https://u:p@[::1]?q", 8, 17},
                {"HTTP://h", 7, 8},
                {"h:80/x", 0, 4},
                {"/a?u=http://b/c", 0, 0},
                {"", 0, 0},
                {"socks5h://p:1#f", 10, 13},
                {"://x", 0, 1},
                {"a b://c", 0, 4}};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        assert_int_equal(url_scheme(urls[i].text), urls[i].scheme);
        assert_int_equal(url_origin(urls[i].text), urls[i].origin);
    }
}

static void must_be(const char *part, size_t n, const char *expected) {
    if (expected == NULL) {
        assert_null(part);
        return;
    }
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(part, expected, n);
}

static void test_parts(void **state) {
    (void)state;
    static const struct {
        const char *text, *scheme, *user, *host, *path, *fragment;
    } urls[] = {
        {"http://example.com:8042/over/there?name=ferret#nose", "http", NULL, "example.com:8042",
         "/over/there?name=ferret", "nose"},
        {"HTTPS://u:p@h", "https", "u:p", "h", "", NULL},
        {"http://a@b@c/d@e", "http", "a@b", "c", "/d@e", NULL},
        {"h:1?q=http://x", "", NULL, "h:1", "?q=http://x", NULL},
        {"http://h#a/b?c@d#e", "http", NULL, "h", "", "a/b?c@d#e"},
        {"", "", NULL, "", "", NULL},
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct url u;
        assert_true(url_split(urls[i].text, strlen(urls[i].text), &u));
        assert_string_equal(u.scheme, urls[i].scheme);
        must_be(u.user, u.user_bytes, urls[i].user);
        must_be(u.host, u.host_bytes, urls[i].host);
        must_be(u.path, u.path_bytes, urls[i].path);
        must_be(u.fragment, u.fragment_bytes, urls[i].fragment);
    }
    struct url u;
    assert_false(url_split("ftp://h/", 8, &u));
    assert_false(url_split("wss://h/", 8, &u));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
