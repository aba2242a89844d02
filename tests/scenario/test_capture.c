/* capture: values of responses, and the reason where there are none. */
#include "scenario/reading.h"

#include <time.h>

#include "scenario/capture.h"

static const char head[] = "HTTP/1.1 201 Created\r\n"
                           "Location:   /items/42?x=1 \r\n"
                           "X-Twice: one\r\n"
                           "x-twice: two\r\n"
                           "Empty:\r\n"
                           "Set-Cookie: sid=a=b; Path=/; HttpOnly\r\n"
                           "Set-Cookie: theme=\"dark\"\r\n"
                           "set-cookie: sid=second\r\n"
                           "Set-Cookie: broken\r\n"
                           "\r\n";
static const char body[] =
    "{\"data\": {\"token\": \"t\\u00e4\\nx\", \"n\": 12.50, \"null\": null, \"list\": [1, {\"id\": "
    "\"i1\"}, {\"id\": \"i2\"}], \"yes\": true}, \"csrf\": \"<input name='csrf' value='abc'>\"}";

static const struct response answer = {.status = 201,
                                       .head = {head, sizeof head - 1},
                                       .body = {body, sizeof body - 1},
                                       .body_bytes = sizeof body - 1,
                                       .time_ns = 5000000};

static int take(const char *capture, const struct response *a, struct buf *out, struct err *why) {
    struct reading x;
    struct scope scope = {0};
    struct capture_list l = {0};
    struct capture_work w = {0};
    struct buf json;
    buf_init(&json, 2 << 20);
    buf_printf(&json, "{\"c\": {%s}}", capture);
    reading_init(&x, buf_text(&json));
    if (captures_read(&x.r, json_root(x.doc), &scope, &l) != 0)
        fail_msg("%s: %s", capture, x.e.text);
    assert_int_equal(l.count, 1);
    assert_string_equal(l.items[0].name, "c");
    assert_string_equal(scope.variables[l.items[0].slot], "c");
    int result = capture_take(&l.items[0], a, &w, out, why);
    capture_work_done(&w);
    captures_done(&l);
    scope_done(&scope);
    buf_done(&json);
    reading_done(&x);
    return result;
}

static void takes_bytes(const char *capture, const struct response *a, const char *expected,
                        size_t n) {
    struct buf out;
    struct err why = {"untouched"};
    buf_init(&out, CAPTURE_VALUE_MAX);
    buf_str(&out, "what was there before");
    if (take(capture, a, &out, &why) != 0)
        fail_msg("%s: %s", capture, why.text);
    assert_string_equal(why.text, "untouched");
    if (out.len != n || memcmp(buf_text(&out), expected, n) != 0)
        fail_msg("%s takes %s, not %s", capture, buf_text(&out), expected);
    buf_done(&out);
}

static void takes(const char *capture, const char *expected) {
    takes_bytes(capture, &answer, expected, strlen(expected));
}

static void misses(const char *capture, const struct response *a, const char *expected) {
    struct buf out;
    struct err why = {""};
    buf_init(&out, CAPTURE_VALUE_MAX);
    assert_int_equal(take(capture, a, &out, &why), -1);
    assert_string_equal(why.text, expected);
    assert_int_equal(out.len, 0);
    buf_done(&out);
}

static void test_sources(void **state) {
    (void)state;
    takes("\"json\": \"/data/token\"", "t\xc3\xa4\nx");
    takes("\"json\": \"/data/n\"", "12.50");
    takes("\"json\": \"/data/yes\"", "true");
    takes("\"json\": \"/data/list\"", "[1, {\"id\": \"i1\"}, {\"id\": \"i2\"}]");
    takes("\"jsonpath\": \"$..id\"", "i1");
    takes("\"jsonpath\": \"$.data.list[-1].id\"", "i2");
    takes("\"header\": \"location\"", "/items/42?x=1");
    takes("\"header\": \"X-Twice\"", "one");
    takes("\"header\": \"Empty\"", "");
    takes("\"cookie\": \"sid\"", "second");
    takes("\"cookie\": \"theme\"", "\"dark\"");
    takes("\"status\": true", "201");
    takes("\"body\": true", body);
    takes("\"regex\": \"value='(.*?)'\"", "abc");
    takes("\"regex\": \"csrf\"", "csrf");
    takes("\"regex\": \"(name)='(csrf)'\", \"group\": 2", "csrf");
    takes("\"regex\": \"(name)='(csrf)'\", \"group\": 0", "name='csrf'");
    takes("\"regex\": \"(?<a>n)ame=(?<what>'.)\", \"group\": \"what\"", "'c");
    takes("\"header\": \"Location\", \"regex\": \"/([0-9]+)\"", "42");
    takes("\"jsonpath\": \"$.csrf\", \"regex\": \"value='(.)\"", "a");
    takes("\"regex\": \"(?i)TOKEN\"", "token");
}

static void test_what_is_missing(void **state) {
    (void)state;
    misses("\"json\": \"/data/x\"", &answer, "capture c: nothing at /data/x");
    misses("\"json\": \"/data/null\"", &answer, "capture c: /data/null is null");
    misses("\"jsonpath\": \"$..none\"", &answer, "capture c: nothing at $..none");
    misses("\"header\": \"X\"", &answer, "capture c: the response has no header X");
    misses("\"header\": \"X-Twic\"", &answer, "capture c: the response has no header X-Twic");
    misses("\"cookie\": \"SID\"", &answer, "capture c: the response sets no cookie SID");
    misses("\"cookie\": \"broken\"", &answer, "capture c: the response sets no cookie broken");
    misses("\"regex\": \"nope(.)\"", &answer, "capture c: nothing matches nope(.)");
    misses("\"regex\": \"(x)?data\"", &answer, "capture c: nothing matches (x)?data");
    takes("\"json\": \"/data/x\", \"default\": \"d\"", "d");
    takes("\"json\": \"/data/null\", \"default\": \"\"", "");
    takes("\"cookie\": \"x\", \"default\": 1.50", "1.50");
    takes("\"regex\": \"nope\", \"default\": true", "true");
    takes("\"json\": \"/data/n\", \"default\": 7", "12.50");
    static const struct response none = {.status = 0};
    misses("\"json\": \"/a\"", &none, "capture c: there is no body");
    misses("\"header\": \"a\"", &none, "capture c: the response has no header a");
    misses("\"regex\": \"a\"", &none, "capture c: nothing matches a");
    takes_bytes("\"body\": true", &none, "", 0);
    static const struct response html = {.body = {"<html>", 6}, .body_bytes = 6};
    misses("\"json\": \"/a\"", &html, "capture c: the body is not JSON");
}

static void test_binary_bodies(void **state) {
    (void)state;
    static const struct response binary = {.body = {"\0\xff\xfe=k\0y;\x80", 9}, .body_bytes = 9};
    takes_bytes("\"body\": true", &binary, "\0\xff\xfe=k\0y;\x80", 9);
    takes_bytes("\"regex\": \"=(.*?);\"", &binary, "k\0y", 3);
    takes_bytes("\"regex\": \"\\\\x{0}(y)\"", &binary, "y", 1);
    struct buf large;
    buf_init(&large, 4 << 20);
    for (size_t i = 0; i < 3 << 20; i++)
        buf_char(&large, 'x');
    struct response a = {.body = {large.data, large.len}, .body_bytes = large.len};
    takes_bytes("\"body\": true", &a, large.data, large.len);
    takes_bytes("\"regex\": \"x+\"", &a, large.data, large.len);
    buf_done(&large);
}

static void test_catastrophic_patterns(void **state) {
    (void)state;
    static const char *const patterns[] = {"(a+)+$",
                                           "(a|aa)+$",
                                           "(.*)*b$",
                                           "(a*)*(a*)*(a*)*x",
                                           "^(([a-z])+.)+[A-Z]([a-z])+$",
                                           "(?:(?:a?){60}){60}y"};
    char text[4001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '!';
    struct response a = {.body = {text, sizeof text}, .body_bytes = sizeof text};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        char capture[100];
        struct buf out;
        struct err why = {""};
        struct timespec from, to;
        buf_init(&out, 1000);
        snprintf(capture, sizeof capture, "\"regex\": \"%s\"", patterns[i]);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        assert_int_equal(take(capture, &a, &out, &why), -1);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        if (strstr(why.text, "needs too many steps on this text;") == NULL &&
            strstr(why.text, "nothing matches") == NULL)
            fail_msg("%s: %s", patterns[i], why.text);
        /* Without a limit each of them takes years. */
        assert_true(to.tv_sec - from.tv_sec < 20);
        buf_done(&out);
    }
    struct buf out;
    struct err why = {""};
    buf_init(&out, 10);
    assert_int_equal(take("\"regex\": \"(a+)+$\"", &a, &out, &why), -1);
    assert_string_equal(why.text,
                        "capture c: the regular expression needs too many steps on this text; "
                        "write it without nested or overlapping repetitions");
    buf_done(&out);
}

static void refuses(const char *captures, const char *error) {
    struct reading x;
    struct scope scope = {0};
    struct capture_list l = {0};
    reading_init(&x, captures);
    if (captures_read(&x.r, json_root(x.doc), &scope, &l) == 0)
        fail_msg("accepted: %s", captures);
    assert_int_equal(l.count, 0);
    assert_string_equal(x.e.text, error);
    scope_done(&scope);
    reading_done(&x);
}

static void test_wrong_captures(void **state) {
    (void)state;
    refuses("[]", "s.json:1:1: this must be an object, not an array");
    refuses("{\"c\": {}}",
            "s.json:1:7: the source of the value is missing here; write \"json\", \"jsonpath\", "
            "\"header\", \"cookie\", \"regex\", \"body\", \"text\" or \"status\"");
    refuses("{\"c\": {\"jsn\": \"/a\"}}",
            "s.json:1:8: unknown key \"jsn\" in a capture; did you mean \"json\"?");
    refuses("{\"c\": {\"json\": \"/a\", \"header\": \"X\"}}",
            "s.json:1:22: \"header\" cannot be combined with \"json\"; remove one of them");
    refuses("{\"c\": {\"json\": \"a\"}}",
            "s.json:1:16: \"json\": at character 1 of a: a JSON Pointer begins with '/', as in "
            "/data/0 (\"\" is the whole text)");
    refuses("{\"c\": {\"status\": false}}", "s.json:1:18: \"status\" must be true");
    refuses("{\"c\": {\"regex\": \"a(b\"}}",
            "s.json:1:17: invalid regular expression at character 4: missing closing parenthesis");
    refuses("{\"c\": {\"regex\": \"(a)\", \"group\": 2}}",
            "s.json:1:33: there is no group 2; the regular expression has 1");
    refuses("{\"c\": {\"regex\": \"(a)\", \"group\": \"x\"}}",
            "s.json:1:33: the regular expression has no group named \"x\"");
    refuses("{\"c\": {\"json\": \"/a\", \"group\": 1}}",
            "s.json:1:22: \"group\" applies only to \"regex\"; remove it");
    refuses("{\"c\": {\"json\": \"/a\", \"default\": null}}",
            "s.json:1:33: \"default\" must be a string, a number, true or false, not null");
    refuses("{\"c\": {\"json\": \"/a\", \"default\": \"${x}\"}}",
            "s.json:1:33: \"default\" is plain text; it cannot contain ${...}");
    refuses("{\"user\": {\"json\": \"/a\"}}",
            "s.json:1:2: the name \"user\" is reserved in ${...}; use a different one");
    refuses("{\"a\": {\"json\": \"/a\"}, \"b c\": {\"json\": \"/a\"}}",
            "s.json:1:23: \"b c\" cannot be a name in ${...}; use up to 100 letters, digits and _, "
            "not starting with a digit");
    refuses("{\"c\": {\"regex\": \"\\\\C\"}}",
            "s.json:1:17: invalid regular expression at character 3: using \\C is disabled by the "
            "application");
}

static void test_needs(void **state) {
    (void)state;
    struct reading x;
    struct scope scope = {0};
    struct capture_list l = {0};
    reading_init(&x, "{\"a\": {\"status\": true}}");
    assert_int_equal(captures_read(&x.r, json_root(x.doc), &scope, &l), 0);
    assert_false(captures_need_body(&l) || captures_need_head(&l));
    captures_done(&l);
    reading_done(&x);
    reading_init(&x, "{\"a\": {\"status\": true}, \"b\": {\"cookie\": \"x\"}}");
    assert_int_equal(captures_read(&x.r, json_root(x.doc), &scope, &l), 0);
    assert_true(!captures_need_body(&l) && captures_need_head(&l));
    captures_done(&l);
    reading_done(&x);
    reading_init(&x, "{\"a\": {\"regex\": \"x\"}}");
    assert_int_equal(captures_read(&x.r, json_root(x.doc), &scope, &l), 0);
    assert_true(captures_need_body(&l) && !captures_need_head(&l));
    captures_done(&l);
    scope_done(&scope);
    reading_done(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),        cmocka_unit_test(test_what_is_missing),
        cmocka_unit_test(test_binary_bodies),  cmocka_unit_test(test_catastrophic_patterns),
        cmocka_unit_test(test_wrong_captures), cmocka_unit_test(test_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
