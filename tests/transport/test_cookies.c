/* RFC 6265, case by case: what a Set-Cookie leads to in the next request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "transport/cookies.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */

struct jar {
    struct cookies *cookies;
    struct buf out;
};

static int open_jar(void **state) {
    static struct jar jar;
    jar.cookies = cookies_new();
    buf_init(&jar.out, 65536);
    *state = &jar;
    return jar.cookies == NULL;
}

static int close_jar(void **state) {
    struct jar *j = *state;
    cookies_free(j->cookies);
    buf_done(&j->out);
    return 0;
}

static void set(struct jar *j, const char *path, const char *value) {
    cookies_set(j->cookies, "www.example.com", path, true, value, strlen(value), NOW);
}

static const char *sent(struct jar *j, const char *path, bool secure, time_t now) {
    buf_clear(&j->out);
    cookies_header(j->cookies, path, secure, now, &j->out);
    return buf_text(&j->out);
}

#define assert_sent(path, text) assert_string_equal(sent(j, path, true, NOW), text)

static void pairs_come_back_as_they_were_named(void **state) {
    struct jar *j = *state;
    set(j, "/", "SID=31d4d96e407aad42");
    set(j, "/", "lang = en-US ; HttpOnly; SameSite=Lax; unknown=x");
    set(j, "/", "empty=");
    set(j, "/", "quoted=\"a b\"");
    set(j, "/", "twice=a=b");
    assert_sent("/", "SID=31d4d96e407aad42; lang=en-US; empty=; quoted=\"a b\"; twice=a=b");
    set(j, "/", "lang=de"); /* in its place, not at the end */
    assert_sent("/x", "SID=31d4d96e407aad42; lang=de; empty=; quoted=\"a b\"; twice=a=b");
}

static void what_is_no_cookie_is_ignored(void **state) {
    struct jar *j = *state;
    set(j, "/", "");
    set(j, "/", "name without a value");
    set(j, "/", "=value");
    set(j, "/", "a=1\r\nX-Evil: 1");
    set(j, "/", "b=\x7f");
    assert_sent("/", "");
}

static void paths_decide_which_and_in_what_order(void **state) {
    struct jar *j = *state;
    set(j, "/a/b", "default=1"); /* the folder of the request: /a */
    set(j, "/a/b", "root=2; Path=/");
    set(j, "/a/b", "deep=3; Path=/a/b/c");
    set(j, "/a/b", "odd=4; Path=relative"); /* not a path: the default */
    assert_sent("/", "root=2");
    assert_sent("/a", "default=1; odd=4; root=2");
    assert_sent("/ab", "root=2");
    assert_sent("/a/b/c/d", "deep=3; default=1; odd=4; root=2");
    assert_sent("/a/b/cd", "default=1; odd=4; root=2");
}

static void they_end_when_they_should(void **state) {
    struct jar *j = *state;
    set(j, "/", "age=1; Max-Age=100");
    set(j, "/", "date=2; Expires=Fri, 15 Jan 2027 08:01:00 GMT");
    set(j, "/", "both=3; Expires=Fri, 15 Jan 2021 08:01:00 GMT; Max-Age=200"); /* Max-Age wins */
    set(j, "/", "session=4");
    set(j, "/", "past=5; Expires=Wed, 21 Oct 2015 07:28:00 GMT");
    set(j, "/", "zero=6; Max-Age=0");
    assert_sent("/", "age=1; date=2; both=3; session=4");
    assert_string_equal(sent(j, "/", true, NOW + 61), "age=1; both=3; session=4");
    assert_string_equal(sent(j, "/", true, NOW + 101), "both=3; session=4");
    assert_string_equal(sent(j, "/", true, NOW + 201), "session=4");
    set(j, "/", "session=; Max-Age=-1"); /* how a server takes one back */
    assert_sent("/", "");
}

static void they_stay_with_their_host_and_scheme(void **state) {
    struct jar *j = *state;
    set(j, "/", "own=1; Domain=www.example.com");
    set(j, "/", "parent=2; Domain=.example.com");
    set(j, "/", "foreign=3; Domain=other.example");
    set(j, "/", "child=4; Domain=a.www.example.com");
    set(j, "/", "suffix=5; Domain=ample.com");
    set(j, "/", "locked=6; Secure");
    cookies_set(j->cookies, "www.example.com", "/", false, "insecure=7; Secure", 18, NOW);
    cookies_set(j->cookies, "10.1.2.3", "/", true, "address=8; Domain=2.3", 21, NOW);
    assert_sent("/", "own=1; parent=2; locked=6");
    assert_string_equal(sent(j, "/", false, NOW), "own=1; parent=2");
}

static void a_jar_has_a_bottom(void **state) {
    struct jar *j = *state;
    char line[32];
    for (int i = 0; i < COOKIES_MAX + 10; i++) {
        snprintf(line, sizeof line, "c%d=%d", i, i);
        set(j, "/", line);
    }
    int n = 0;
    const char *text = sent(j, "/", true, NOW);
    for (const char *at = text; at != NULL; at = strstr(at + 1, "; "))
        n++;
    assert_int_equal(n, COOKIES_MAX);
    assert_int_equal(strncmp(text, "c10=10; ", 8), 0); /* the oldest went */
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_jar, close_jar)
    const struct CMUnitTest tests[] = {
        TEST(pairs_come_back_as_they_were_named),   TEST(what_is_no_cookie_is_ignored),
        TEST(paths_decide_which_and_in_what_order), TEST(they_end_when_they_should),
        TEST(they_stay_with_their_host_and_scheme), TEST(a_jar_has_a_bottom),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
