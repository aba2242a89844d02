/* check: what holds, what does not and why, and what each is called. */
#include "scenario/reading.h"

#include "scenario/check.h"

static const char head[] = "HTTP/1.1 200 OK\r\nX-Kind: abc\r\nX-Count: 17\r\n";
static const char body[] =
    "{\"n\": 7, \"s\": \"7\", \"f\": 7.5, \"yes\": true, \"null\": null, \"big\": "
    "12345678901234567891, \"list\": [1, 2], \"text\": \"caf\\u00e9\"}";

static const struct response answer = {.status = 204,
                                       .head = {head, sizeof head - 1},
                                       .body = {body, sizeof body - 1},
                                       .body_bytes = 5000,
                                       .time_ns = 250000000};

static char seen[4000]; /* by the last check */

static bool holds(const char *check, const struct response *a, char name[300], struct err *why) {
    struct reading x;
    struct check_list l = {0};
    struct capture_work w = {0};
    struct buf json;
    buf_init(&json, 1 << 20);
    buf_printf(&json, "[{%s}]", check);
    reading_init(&x, buf_text(&json));
    if (checks_read(&x.r, json_root(x.doc), &l) != 0)
        fail_msg("%s: %s", check, x.e.text);
    assert_int_equal(l.count, 1);
    snprintf(name, 300, "%s", l.items[0].name);
    bool result = check_holds(&l.items[0], a, &w, why);
    assert_true(w.seen.len < sizeof seen && (!result || w.seen.len == 0));
    snprintf(seen, sizeof seen, "%s", buf_text(&w.seen));
    capture_work_done(&w);
    checks_done(&l);
    buf_done(&json);
    reading_done(&x);
    return result;
}

static void passes(const char *check, const char *name) {
    struct err why = {"untouched"};
    char called[300];
    if (!holds(check, &answer, called, &why))
        fail_msg("%s: %s", check, why.text);
    assert_string_equal(why.text, "untouched");
    assert_string_equal(called, name);
}

/* `reason` is the same for whatever was found, which is told apart. */
static void fails_with(const char *check, const struct response *a, const char *reason,
                       const char *found) {
    struct err why = {""};
    char called[300];
    if (holds(check, a, called, &why))
        fail_msg("holds: %s", check);
    assert_string_equal(why.text, reason);
    assert_string_equal(seen, found);
}

static void fails(const char *check, const char *reason, const char *found) {
    fails_with(check, &answer, reason, found);
}

static void test_status(void **state) {
    (void)state;
    passes("\"status\": 204", "status is 204");
    passes("\"status\": \"2xx\"", "status is 2xx");
    passes("\"status\": [200, \"204-206\"]", "status is 200 or 204-206");
    passes("\"status\": [\"1xx\", 404, \"2xx\"], \"name\": \"good\"", "good");
    fails("\"status\": 200", "status is 200: a different status", "204");
    fails("\"status\": [\"205-299\", \"100-203\"]",
          "status is 205-299 or 100-203: a different status", "204");
    fails("\"status\": \"4xx\", \"name\": \"refused\"", "refused: a different status", "204");
}

static void test_json(void **state) {
    (void)state;
    passes("\"json\": \"/n\", \"equals\": 7", "/n equals 7");
    passes("\"json\": \"/n\", \"equals\": 7.0", "/n equals 7.0");
    passes("\"json\": \"/n\", \"equals\": 70e-1", "/n equals 70e-1");
    passes("\"json\": \"/s\", \"equals\": \"7\"", "/s equals 7");
    passes("\"json\": \"/yes\", \"equals\": true", "/yes equals true");
    passes("\"json\": \"/null\", \"equals\": null", "/null equals null");
    passes("\"json\": \"/null\", \"exists\": true", "/null exists");
    passes("\"json\": \"/x\", \"exists\": false", "/x is absent");
    passes("\"json\": \"/text\", \"equals\": \"caf\xc3\xa9\"", "/text equals caf\xc3\xa9");
    passes("\"json\": \"/text\", \"matches\": \"^c.f.$\"", "/text matches ^c.f.$");
    passes("\"json\": \"/text\", \"contains\": \"af\", \"not\": \"x\"",
           "/text is not x contains af");
    passes("\"jsonpath\": \"$.list[1]\", \"greater\": 1.5, \"less\": 3",
           "$.list[1] is less than 3 is greater than 1.5");
    passes("\"json\": \"/big\", \"equals\": 12345678901234567891",
           "/big equals 12345678901234567891");
    passes("\"json\": \"\", \"exists\": true", "json exists");
    fails("\"json\": \"/n\", \"equals\": 8", "/n equals 8: not equal to 8", "7");
    fails("\"json\": \"/n\", \"equals\": \"7\"", "/n equals 7: not equal to \"7\"", "7");
    fails("\"json\": \"/s\", \"equals\": 7", "/s equals 7: not equal to 7", "\"7\"");
    fails("\"json\": \"/yes\", \"equals\": false", "/yes equals false: not equal to false", "true");
    fails("\"json\": \"/null\", \"equals\": false", "/null equals false: not equal to false",
          "null");
    fails("\"json\": \"/n\", \"not\": 7.0", "/n is not 7.0: equal to 7.0", "7");
    fails("\"json\": \"/n\", \"less\": 7", "/n is less than 7: not less than 7", "7");
    fails("\"json\": \"/n\", \"greater\": 7", "/n is greater than 7: not greater than 7", "7");
    fails("\"json\": \"/s\", \"greater\": 1", "/s is greater than 1: not a number", "\"7\"");
    fails("\"json\": \"/list\", \"greater\": 1", "/list is greater than 1: not a number", "[1, 2]");
    fails("\"json\": \"/n\", \"exists\": false", "/n is absent: it exists", "7");
    fails("\"json\": \"/x\", \"exists\": true", "/x exists: nothing at /x", "");
    fails("\"json\": \"/x\", \"not\": 1", "/x is not 1: nothing at /x", "");
    /* Doubles cannot tell these two apart. */
    fails("\"json\": \"/big\", \"equals\": 12345678901234567890",
          "/big equals 12345678901234567890: not equal to 12345678901234567890",
          "12345678901234567891");
    static const struct response html = {.status = 200, .body = {"<p>", 3}, .body_bytes = 3};
    fails_with("\"json\": \"/n\", \"equals\": 7", &html, "/n equals 7: the body is not JSON", "");
    /* What cannot be read does not prove that something is absent. */
    fails_with("\"json\": \"/n\", \"exists\": false", &html, "/n is absent: the body is not JSON",
               "");
}

static void test_header(void **state) {
    (void)state;
    passes("\"header\": \"x-kind\", \"equals\": \"abc\"", "header x-kind equals abc");
    passes("\"header\": \"X-Kind\", \"exists\": true", "header X-Kind exists");
    passes("\"header\": \"X-Nope\", \"exists\": false", "header X-Nope is absent");
    passes("\"header\": \"X-Kind\", \"matches\": \"^a\"", "header X-Kind matches ^a");
    passes("\"header\": \"X-Count\", \"greater\": 16, \"less\": 18",
           "header X-Count is less than 18 is greater than 16");
    fails("\"header\": \"X-Kind\", \"equals\": \"ABC\"",
          "header X-Kind equals ABC: not equal to \"ABC\"", "abc");
    fails("\"header\": \"X-Kind\", \"matches\": \"^b\"",
          "header X-Kind matches ^b: it does not match", "abc");
    fails("\"header\": \"X-Kind\", \"less\": 3", "header X-Kind is less than 3: not a number",
          "abc");
    fails("\"header\": \"X-Nope\", \"not\": \"a\"",
          "header X-Nope is not a: the response has no such header", "");
    fails("\"header\": \"X-Kind\", \"exists\": false", "header X-Kind is absent: it exists", "abc");
}

static void test_body_size_time(void **state) {
    (void)state;
    static const struct response binary = {
        .body = {"a\0b\xff", 4}, .body_bytes = 4, .time_ns = 500000001};
    static const struct response none = {.status = 200};
    struct err why;
    char name[300];
    passes("\"body\": {\"contains\": \"\\\"n\\\": 7\"}", "body contains \"n\": 7");
    passes("\"body\": {\"matches\": \"caf\"}", "body matches caf");
    assert_true(holds("\"body\": {\"equals\": \"\"}", &none, name, &why));
    assert_true(holds("\"body\": {\"contains\": \"\\u0000b\"}", &binary, name, &why));
    assert_string_equal(name, "body contains  b");
    assert_true(holds("\"body\": {\"matches\": \"^a\\\\x00b\"}", &binary, name, &why));
    fails_with("\"body\": {\"equals\": \"a\"}", &binary, "body equals a: not equal to \"a\"", "");
    fails_with("\"body\": {\"contains\": \"x\"}", &none,
               "body contains x: it does not contain \"x\"", "");
    fails_with("\"body\": {\"matches\": \"x\"}", &none, "body matches x: it does not match", "");
    char text[4001];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '!';
    struct response a = {.body = {text, sizeof text}, .body_bytes = sizeof text};
    fails_with("\"body\": {\"matches\": \"(a+)+$\"}", &a,
               "body matches (a+)+$: the regular expression needs too many steps on this text; "
               "write it without nested or overlapping repetitions",
               "");

    passes("\"size\": {\"max\": 5000}", "size up to 5000 bytes");
    passes("\"size\": {\"min\": \"4k\", \"max\": \"1M\"}", "size from 4096 up to 1048576 bytes");
    fails("\"size\": {\"max\": 4999}", "size up to 4999 bytes: more than 4999 bytes", "5000 bytes");
    fails("\"size\": {\"min\": 5001}", "size from 5001 bytes: less than 5001 bytes", "5000 bytes");
    passes("\"time\": {\"max\": \"250ms\"}", "time up to 250ms");
    fails("\"time\": {\"max\": \"249ms\"}", "time up to 249ms: it took longer than 249ms", "250ms");
    assert_false(holds("\"time\": {\"max\": 0.5}", &binary, name, &why));
    assert_string_equal(name, "time up to 500ms");
}

static void refuses(const char *checks, const char *error) {
    struct reading x;
    struct check_list l = {0};
    reading_init(&x, checks);
    if (checks_read(&x.r, json_root(x.doc), &l) == 0)
        fail_msg("accepted: %s", checks);
    assert_int_equal(l.count, 0);
    if (strcmp(x.e.text, error) != 0)
        fail_msg("%s\n gives %s\n not   %s", checks, x.e.text, error);
    reading_done(&x);
}

static void test_wrong_checks(void **state) {
    (void)state;
    refuses("{}", "s.json:1:1: this must be an array, not an object");
    refuses("[{}]", "s.json:1:2: the subject of the check is missing here; write \"status\", "
                    "\"grpc_status\", \"json\", \"jsonpath\", \"header\", \"body\", \"text\", "
                    "\"size\" or \"time\"");
    refuses("[{\"statsu\": 200}]",
            "s.json:1:3: unknown key \"statsu\" in a check; did you mean \"status\"?");
    refuses("[{\"status\": []}]", "s.json:1:13: \"status\" must hold 1 to 64 statuses, not 0");
    refuses("[{\"status\": 99}]",
            "s.json:1:13: \"status\" must be a whole number from 100 to 599, not 99");
    refuses("[{\"status\": \"6xx\"}]",
            "s.json:1:13: \"status\" must be a number from 100 to 599, \"2xx\" or \"200-299\"");
    refuses("[{\"status\": [\"299-200\"]}]",
            "s.json:1:14: a status must be a number from 100 to 599, \"2xx\" or \"200-299\"");
    refuses("[{\"status\": \"200-2999\"}]",
            "s.json:1:13: \"status\" must be a number from 100 to 599, \"2xx\" or \"200-299\"");
    refuses("[{\"status\": 200, \"json\": \"/a\"}]",
            "s.json:1:18: \"json\" cannot be combined with \"status\"; write a check for each");
    refuses("[{\"status\": 200, \"equals\": 200}]",
            "s.json:1:18: \"equals\" cannot be combined with \"status\"; remove it");
    refuses("[{\"body\": {\"contains\": \"a\"}, \"matches\": \"b\"}]",
            "s.json:1:30: \"matches\" cannot be combined with \"body\"; move it into \"body\"");
    refuses("[{\"body\": {}}]", "s.json:1:11: the condition is missing here; write \"equals\", "
                                "\"contains\" or \"matches\"");
    refuses("[{\"json\": \"/a\"}]",
            "s.json:1:2: the condition is missing here; write \"exists\", \"equals\", \"not\", "
            "\"contains\", \"matches\", \"less\" or \"greater\"");
    refuses("[{\"json\": \"/a\", \"equals\": []}]",
            "s.json:1:27: \"equals\" compares with a string, a number, true, false or null, not an "
            "array");
    refuses("[{\"json\": \"/a\", \"equals\": \"${x}\"}]",
            "s.json:1:27: \"equals\" of a check is plain text; it cannot contain ${...}");
    refuses("[{\"json\": \"/a\", \"exists\": false, \"equals\": 1}]",
            "s.json:1:27: \"exists\": false cannot be combined with other conditions; remove "
            "\"exists\" or the others");
    refuses("[{\"header\": \"X\", \"equals\": 7}]",
            "s.json:1:28: \"equals\" must be a string here, not a number");
    refuses("[{\"header\": \"X\", \"matches\": \"[\"}]",
            "s.json:1:29: invalid regular expression at character 2: missing terminating ] for "
            "character class");
    refuses("[{\"size\": {}}]", "s.json:1:11: the limit is missing here; write \"min\" or \"max\"");
    refuses("[{\"size\": {\"min\": 2, \"max\": 1}}]",
            "s.json:1:19: \"min\" is greater than \"max\", so nothing can pass");
    refuses("[{\"size\": {\"max\": -1}}]",
            "s.json:1:19: \"max\" must be a number of bytes or a size like \"4k\"");
    refuses("[{\"time\": {\"min\": 1}}]",
            "s.json:1:12: unknown key \"min\" in time; did you mean \"max\"?");
    refuses(
        "[{\"status\": 200, \"name\": \"${env.TOKEN}\"}]",
        "s.json:1:26: \"name\" is stored and shown, so it cannot contain ${...}; write plain text");
}

static void test_needs(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool status, head, body;
    } rows[] = {{"[]", false, false, false},
                {"[{\"status\": 200}, {\"time\": {\"max\": 1}}]", true, false, false},
                {"[{\"size\": {\"max\": 1}}]", false, false, false},
                {"[{\"header\": \"X\", \"exists\": true}]", false, true, false},
                {"[{\"status\": 200}, {\"json\": \"\", \"exists\": true}]", true, false, true},
                {"[{\"body\": {\"equals\": \"\"}}]", false, false, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reading x;
        struct check_list l = {0};
        reading_init(&x, rows[i].text);
        assert_int_equal(checks_read(&x.r, json_root(x.doc), &l), 0);
        assert_int_equal(checks_have_status(&l), rows[i].status);
        assert_int_equal(checks_need_head(&l), rows[i].head);
        assert_int_equal(checks_need_body(&l), rows[i].body);
        checks_done(&l);
        reading_done(&x);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),       cmocka_unit_test(test_json),
        cmocka_unit_test(test_header),       cmocka_unit_test(test_body_size_time),
        cmocka_unit_test(test_wrong_checks), cmocka_unit_test(test_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
