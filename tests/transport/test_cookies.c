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

static struct bytes text(const char *s) {
    return (struct bytes){s, s == NULL ? 0 : strlen(s)};
}

static void set_at(struct jar *j, const char *host, const char *path, bool secure,
                   const char *value) {
    struct place from = {text(host), text(path), secure};
    cookies_set(j->cookies, &from, text(value), NOW);
}

static void set(struct jar *j, const char *path, const char *value) {
    set_at(j, "www.example.com", path, true, value);
}

static const char *sent_to(struct jar *j, const char *host, const char *path, bool secure,
                           const char *own, time_t now) {
    struct place to = {text(host), text(path), secure};
    buf_clear(&j->out);
    cookies_header(j->cookies, &to, text(own), now, &j->out);
    return buf_text(&j->out);
}

static const char *sent(struct jar *j, const char *path, bool secure, time_t now) {
    return sent_to(j, "www.example.com", path, secure, NULL, now);
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
    set_at(j, "www.example.com", "/", false, "insecure=7; Secure");
    set_at(j, "10.1.2.3", "/", true, "address=8; Domain=2.3");
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
    const char *line_sent = sent(j, "/", true, NOW);
    for (const char *at = line_sent; at != NULL; at = strstr(at + 1, "; "))
        n++;
    assert_int_equal(n, COOKIES_MAX);
    assert_int_equal(strncmp(line_sent, "c10=10; ", 8), 0); /* the oldest went */
}

/* A jar serves all hosts that a user meets (redirects, whole URLs). */
static void they_go_to_whom_they_are_for(void **state) {
    struct jar *j = *state;
    set_at(j, "a.example.com", "/", true, "own=1");
    set_at(j, "a.example.com", "/", true, "all=2; Domain=example.com");
    set_at(j, "A.Example.COM", "/", true, "case=3; Domain=.EXAMPLE.com");
    set_at(j, "10.0.0.1", "/", true, "address=4; Domain=10.0.0.1");
    set_at(j, "::1", "/", true, "six=5");
    set_at(j, "localhost", "/", true, "local=6; Domain=localhost");
    set_at(j, "a.example.com", "/", true, "top=7; Domain=com");
    set_at(j, "a.example.com", "/", true, "none=8; Domain="); /* as if it was not there */
    assert_string_equal(sent_to(j, "a.example.com", "/", true, NULL, NOW),
                        "own=1; all=2; case=3; none=8");
    assert_string_equal(sent_to(j, "b.example.com", "/", true, NULL, NOW), "all=2; case=3");
    assert_string_equal(sent_to(j, "EXAMPLE.com", "/", true, NULL, NOW), "all=2; case=3");
    assert_string_equal(sent_to(j, "c.a.example.com", "/", true, NULL, NOW), "all=2; case=3");
    assert_string_equal(sent_to(j, "badexample.com", "/", true, NULL, NOW), "");
    assert_string_equal(sent_to(j, "10.0.0.1", "/", true, NULL, NOW), "address=4");
    assert_string_equal(sent_to(j, "1.10.0.0.1", "/", true, NULL, NOW), "");
    assert_string_equal(sent_to(j, "::1", "/", true, NULL, NOW), "six=5");
    assert_string_equal(sent_to(j, "localhost", "/", true, NULL, NOW), "local=6");
    /* A cookie of the host alone and one of the domain are two. */
    set_at(j, "example.com", "/", true, "all=9");
    assert_string_equal(sent_to(j, "example.com", "/", true, NULL, NOW), "all=2; case=3; all=9");
}

static void prefixes_hold_what_they_promise(void **state) {
    struct jar *j = *state;
    set(j, "/", "__Secure-a=1; Secure");
    set(j, "/", "__Secure-b=1");
    set(j, "/", "__Host-c=1; Secure; Path=/");
    set(j, "/", "__Host-d=1; Secure");
    set(j, "/", "__Host-e=1; Secure; Path=/; Domain=www.example.com");
    set(j, "/", "__Host-f=1; Path=/");
    set(j, "/x/y", "__HOST-g=1; Secure; Path=/x");
    assert_sent("/x/y", "__Secure-a=1; __Host-c=1");
}

/* What came without TLS neither replaces a cookie for TLS nor stands beside it. */
static void a_secure_cookie_is_not_overlaid(void **state) {
    struct jar *j = *state;
    set(j, "/", "sid=good; Secure");
    set_at(j, "www.example.com", "/", false, "sid=bad");
    set_at(j, "www.example.com", "/", false, "sid=bad; Domain=example.com");
    set_at(j, "www.example.com", "/", false, "other=1");
    assert_sent("/", "sid=good; other=1");
}

static void ones_own_come_first_and_win(void **state) {
    struct jar *j = *state;
    set(j, "/", "sid=jar");
    set(j, "/", "lang=en");
    static const char *const cases[][2] = {
        {"sid=own", "sid=own; lang=en"},
        {"a=1; b=2", "a=1; b=2; sid=jar; lang=en"},
        {" x=1;lang=de; ", "x=1;lang=de; sid=jar"},
        {"sid", "sid; lang=en"}, /* a name without a value is a name */
        {"SID=other", "SID=other; sid=jar; lang=en"},
        {"q=\"sid=x\"", "q=\"sid=x\"; sid=jar; lang=en"},
        {"", "sid=jar; lang=en"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(sent_to(j, "www.example.com", "/", true, cases[i][0], NOW),
                            cases[i][1]);
    assert_string_equal(sent_to(j, "else.example", "/", true, "a=1", NOW), "a=1");
    cookies_free(j->cookies);
    j->cookies = NULL; /* no jar yet */
    assert_string_equal(sent_to(j, "www.example.com", "/", true, "a=1", NOW), "a=1");
}

/* RFC 6265 5.2.2 and 5.3: Max-Age before Expires wherever it stands, the last of each, and what is
 * neither is as if not there. */
static void the_end_is_what_the_last_valid_word_says(void **state) {
    struct jar *j = *state;
    set(j, "/", "a=1; Max-Age=100; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
    set(j, "/", "b=2; Max-Age=0; Max-Age=100");
    set(j, "/", "c=3; Max-Age=+0");
    set(j, "/", "d=4; Max-Age= 0x10; Max-Age=1.5; Max-Age=");
    set(j, "/", "e=5; Max-Age=99999999999999999999999999");
    set(j, "/", "f=6; Max-Age=-99999999999999999999999999");
    set(j, "/", "g=7; Expires=never; Expires=Thu, 01 Jan 2099 00:00:00 GMT; Expires=junk");
    set(j, "/", "h=8; expires=Thu, 01-Jan-70 00:00:01 GMT");
    set(j, "/", "i=9; MAX-AGE=100");
    assert_string_equal(sent(j, "/", true, NOW + 99), "a=1; b=2; c=3; d=4; e=5; g=7; i=9");
    assert_string_equal(sent(j, "/", true, NOW + 100), "c=3; d=4; e=5; g=7");
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_jar, close_jar)
    const struct CMUnitTest tests[] = {
        TEST(pairs_come_back_as_they_were_named),
        TEST(what_is_no_cookie_is_ignored),
        TEST(paths_decide_which_and_in_what_order),
        TEST(they_end_when_they_should),
        TEST(they_stay_with_their_host_and_scheme),
        TEST(a_jar_has_a_bottom),
        TEST(they_go_to_whom_they_are_for),
        TEST(prefixes_hold_what_they_promise),
        TEST(a_secure_cookie_is_not_overlaid),
        TEST(ones_own_come_first_and_win),
        TEST(the_end_is_what_the_last_valid_word_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
