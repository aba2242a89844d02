/* web_start: what a body asks of a new run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/web_start.h"

static struct web_start s;

static const char *refusal(const char *body, bool locust) {
    static struct err e;
    e.text[0] = '\0';
    return web_start_read(body, strlen(body), locust, &s, &e) == 0 ? NULL : e.text;
}

static void json_and_forms_mean_the_same(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "{\"scenario\": \"a b.json\", \"host\": \"http://h:1/?x=1&y\", \"users\": 12, "
        "\"spawn_rate\": 0.50, \"run_time\": \"1m30s\", \"seed\": 9007199254740993}",
        "scenario=a+b.json&host=http%3A%2F%2Fh%3A1%2F%3Fx%3D1%26y&users=12&spawn_rate=0.50&"
        "run_time=1m30s&seed=9007199254740993",
        " \r\n {\"user_count\": 12, \"scenario\": \"a b.json\", \"host\": "
        "\"http://h:1/?x=1\\u0026y\", \"spawn_rate\": \"0.50\", \"run_time\": \"1m30s\", "
        "\"seed\": \"9007199254740993\"}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_null(refusal(bodies[i], false));
        assert_string_equal(s.field[WEB_FIELD_SCENARIO], "a b.json");
        assert_string_equal(s.field[WEB_FIELD_HOST], "http://h:1/?x=1&y");
        assert_string_equal(s.field[WEB_FIELD_USERS], "12");
        assert_string_equal(s.field[WEB_FIELD_SPAWN_RATE], "0.50"); /* every digit, as written */
        assert_string_equal(s.field[WEB_FIELD_RATE], "");
        assert_string_equal(s.field[WEB_FIELD_RUN_TIME], "1m30s");
        assert_string_equal(s.field[WEB_FIELD_SEED], "9007199254740993");
    }
    assert_null(refusal("", false));
    assert_string_equal(s.field[WEB_FIELD_SCENARIO], ""); /* nothing of the last one is left */
}

static void what_is_not_understood_is_refused_except_from_locust(void **state) {
    (void)state;
    assert_string_equal(refusal("{\"user\": 1}", false),
                        "unknown key \"user\"; did you mean users?");
    assert_non_null(refusal("user_classes=A&users=1", false));
    assert_null(refusal("user_classes=A&shape_class=&users=1", true));
    assert_string_equal(s.field[WEB_FIELD_USERS], "1");
    assert_string_equal(refusal("{\"host\": [1]}", true), "host must be a text or a number");
    assert_non_null(refusal("{\"users\": 1, \"users\": 2}", false));
    assert_non_null(refusal("{\"users\": 1", false));
    assert_non_null(refusal("{\"host\": \"a\\u0000b\"}", false));
    assert_non_null(refusal("host=a%00b", false));
    char body[WEB_FIELD_BYTES + 16] = "host=";
    memset(body + 5, 'x', WEB_FIELD_BYTES - 1);
    assert_null(refusal(body, false));
    body[5 + WEB_FIELD_BYTES - 1] = 'x';
    assert_string_equal(refusal(body, false), "host is too long");
}

static void a_body_that_is_neither_an_object_nor_a_form_is_refused(void **state) {
    (void)state;
    static const char *const bodies[] = {"[]",
                                         "null",
                                         "5",
                                         "true",
                                         "\"a\"",
                                         "hello",
                                         "&&&",
                                         " ",
                                         "=",
                                         "=5",
                                         "users",
                                         "users=1&x",
                                         "{}x",
                                         "[{}]",
                                         "\xef\xbb\xbf[]",
                                         "\xef\xbb\xbfhello"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        for (int locust = 0; locust < 2; locust++)
            if (refusal(bodies[i], locust) == NULL)
                fail_msg("\"%s\" is taken", bodies[i]);
    assert_string_equal(refusal("[1]", true),
                        "the body must be a JSON object such as {\"users\": 5}, not an array");
    assert_string_equal(refusal("hello", true),
                        "\"hello\" is no KEY=VALUE; send a form, or JSON such as {\"users\": 5}");
}

static void what_real_clients_add_changes_nothing(void **state) {
    (void)state;
    assert_null(refusal("\xef\xbb\xbf{\"users\": 12}", false)); /* PowerShell, Notepad */
    assert_string_equal(s.field[WEB_FIELD_USERS], "12");
    assert_null(refusal("&users=13&&host=h&", false));
    assert_string_equal(s.field[WEB_FIELD_USERS], "13");
    assert_null(refusal("{}", false));
    assert_null(refusal("", true));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_and_forms_mean_the_same),
        cmocka_unit_test(what_is_not_understood_is_refused_except_from_locust),
        cmocka_unit_test(a_body_that_is_neither_an_object_nor_a_form_is_refused),
        cmocka_unit_test(what_real_clients_add_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
