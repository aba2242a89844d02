/* draft_fit: what a scenario cannot hold is written another way, or left out with a comment; the
 * loader takes all that is made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "convert/convert.h"
#include "scenario/scenario.h"

static const char *any_value(const char *name, void *context) {
    (void)name;
    (void)context;
    return "1";
}

/* Converts a text and loads what is made of it; the comments must hold `note`. */
static struct scenario *made(enum convert_from from, const struct buf *source, const char *note) {
    struct convert_options o = {.from = from};
    struct convert_result r = {0};
    struct scenario *s = NULL;
    struct err e = {""};
    assert_true(buf_ok(source));
    if (convert_text(&o, "source", buf_text(source), source->len, &r, &e) != 0)
        fail_msg("%.300s: %s", buf_text(source), e.text);
    if (scenario_parse("made", "/", r.scenario, r.bytes, any_value, NULL, &s, &e) != 0)
        fail_msg("%s\n%.2000s", e.text, r.scenario);
    if (strstr(r.scenario, note) == NULL)
        fail_msg("no \"%s\" in\n%.2000s", note, r.scenario);
    convert_done(&r);
    return s;
}

static struct scenario *made_of(enum convert_from from, const char *text, const char *note) {
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_str(&b, text);
    struct scenario *s = made(from, &b, note);
    buf_done(&b);
    return s;
}

static const char *header(const struct scenario_request *q, const char *name) {
    for (size_t i = 0; i < q->header_count; i++)
        if (strcmp(q->headers[i].name, name) == 0)
            return q->headers[i].value == NULL ? "(varies)" : q->headers[i].value;
    return NULL;
}

static void add_many(struct buf *b, const char *text, size_t times) {
    for (size_t i = 0; i < times; i++)
        buf_str(b, text);
}

static void test_fields_whose_names_are_written_alike_are_one(void **state) {
    (void)state;
    /* Two names of one byte each that is not UTF-8; "password" makes pairs of the text. */
    struct scenario *s = made_of(CONVERT_CURL, "curl http://h/ -d '\xcd=1&\xcf=2&password=x'",
                                 "not UTF-8 are sent as U+FFFD");
    assert_string_equal(s->requests[0].body, "%EF%BF%BD=1&%EF%BF%BD=2&password=1");
    scenario_free(s);
    s = made_of(CONVERT_CURL, "curl http://h/ -d '$$\xcd=1&$$\xcf=2&password=x'", "U+FFFD");
    assert_string_equal(s->requests[0].body, "%24%24%EF%BF%BD=1&%24%24%EF%BF%BD=2&password=1");
    scenario_free(s);
}

static void test_a_long_form_is_sent_as_it_is(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_str(&b, "curl http://h/ -d 'a=1");
    add_many(&b, "&a=1", 50000);
    buf_str(&b, "'");
    struct scenario *s = made(CONVERT_CURL, &b, "\"body\": ");
    assert_int_equal(s->requests[0].body_bytes, 3 + 4 * 50000);
    scenario_free(s);
    buf_done(&b);
}

static void test_deep_json_is_sent_as_text(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t depth = 55; depth <= 64; depth++) {
        buf_clear(&b);
        buf_str(&b, "curl http://h/ --json '");
        add_many(&b, "[", depth);
        add_many(&b, "]", depth);
        buf_str(&b, "'");
        struct scenario *s = made(CONVERT_CURL, &b, depth < 58 ? "\"json\": " : "\"body\": ");
        assert_int_equal(s->requests[0].body_bytes, 2 * depth);
        assert_string_equal(header(&s->requests[0], "Content-Type"), "application/json");
        scenario_free(s);
    }
    buf_done(&b);
}

static void test_long_headers_and_too_many_are_left_out(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 8 << 20);
    buf_str(&b, "curl http://h/ -H 'X-Long: ");
    add_many(&b, "aaaaaaaa", 200000);
    buf_str(&b, "'");
    for (int i = 0; i < 256; i++)
        buf_printf(&b, " -H 'X-%d: v'", i);
    buf_str(&b, " -H 'Authorization: Digest username=a'");
    struct scenario *s = made(CONVERT_CURL, &b, "left out: header X-Long, whose value is too long");
    assert_null(header(&s->requests[0], "X-Long"));
    assert_int_equal(s->requests[0].header_count, 256);
    scenario_free(s);
    s = made_of(CONVERT_CURL, "curl http://h/ -H 'Host: a b'",
                "left out: header Host, whose value is not a host");
    assert_null(header(&s->requests[0], "Host"));
    scenario_free(s);
    buf_done(&b);
}

static void test_a_request_with_a_long_path_is_left_out(void **state) {
    (void)state;
    struct convert_options o = {.from = CONVERT_CURL};
    struct convert_result r = {0};
    struct err e = {""};
    struct buf b;
    buf_init(&b, 8 << 20);
    buf_str(&b, "curl http://h/");
    add_many(&b, "aaaaaaaa", 200000);
    assert_int_equal(convert_text(&o, "source", buf_text(&b), b.len, &r, &e), -1);
    assert_non_null(strstr(e.text, "all paths are too long"));
    buf_str(&b, "\ncurl http://h/short");
    struct scenario *s = made(CONVERT_CURL, &b, "whose path has 1600001 bytes");
    assert_int_equal(s->request_count, 1);
    assert_string_equal(s->requests[0].path, "/short");
    scenario_free(s);
    buf_done(&b);
}

#define ITEM_OF(request)                                                                           \
    "{\"info\":{\"name\":\"n\"},\"item\":[{\"name\":\"r\",\"request\":" request "}]}"

static void test_odd_authentication_is_sent_as_it_is(void **state) {
    (void)state;
    /* A token that says "Bearer" itself, and a user that holds the colon: base64 of "a:1:p" by
     * base64(1). */
    struct scenario *s = made_of(
        CONVERT_POSTMAN,
        ITEM_OF(
            "{\"url\":\"http://h/\",\"auth\":{\"type\":\"bearer\",\"bearer\":[{\"key\":\"token\","
            "\"value\":\"Bearer {{x}}\"}]}}"),
        "");
    assert_string_equal(header(&s->requests[0], "Authorization"), "Bearer Bearer 1");
    scenario_free(s);
    s = made_of(CONVERT_POSTMAN,
                ITEM_OF("{\"url\":\"http://h/\",\"auth\":{\"type\":\"basic\",\"basic\":[{\"key\":"
                        "\"username\",\"value\":\"a:{{x}}\"},{\"key\":\"password\",\"value\":"
                        "\"{{p}}\"}]}}"),
                "");
    assert_string_equal(header(&s->requests[0], "Authorization"), "Basic YToxOjE=");
    scenario_free(s);
    s = made_of(CONVERT_POSTMAN,
                ITEM_OF("{\"url\":\"http://h/\",\"auth\":{\"type\":\"basic\",\"basic\":[{\"key\":"
                        "\"username\",\"value\":\"{{$guid}}\"},{\"key\":\"password\",\"value\":"
                        "\"p\"}]}}"),
                "left out: basic authentication with a value that changes every time");
    assert_null(header(&s->requests[0], "Authorization"));
    scenario_free(s);
}

static void test_a_key_in_the_query_is_escaped_around_its_variable(void **state) {
    (void)state;
    struct scenario *s = made_of(
        CONVERT_POSTMAN,
        ITEM_OF(
            "{\"url\":\"http://h/a\",\"auth\":{\"type\":\"apikey\",\"apikey\":[{\"key\":\"key\","
            "\"value\":\"k\"},{\"key\":\"value\",\"value\":\"5% {{x}}\"},{\"key\":\"in\","
            "\"value\":\"query\"}]}}"),
        "");
    assert_string_equal(s->requests[0].path, "/a?k=5%25%201");
    scenario_free(s);
}

static void test_hosts_made_of_variables(void **state) {
    (void)state;
    struct scenario *s =
        made_of(CONVERT_POSTMAN, ITEM_OF("{\"url\":\"http://{{host}}:{{port}}/a\"}"),
                "\"target\": \"http://${env.HOST}:${env.PORT}\"");
    assert_string_equal(s->target, "http://1:1");
    scenario_free(s);
    s = made_of(CONVERT_POSTMAN, ITEM_OF("{\"url\":\"http://{{$guid}}.example/a\"}"),
                "which changes every time");
    assert_null(s->target);
    assert_string_equal(s->requests[0].path, "/a");
    scenario_free(s);
    /* Not the first, and it only looks like a scheme. */
    s = made_of(
        CONVERT_POSTMAN,
        "{\"info\":{},\"item\":[{\"request\":{\"url\":\"http://h/\"}},{\"request\":{\"url\":"
        "\"httpx{{a}}/b\"}}]}",
        "assumed: httpx${env.A} is also the target");
    assert_string_equal(s->requests[1].path, "/b");
    scenario_free(s);
}

static void test_two_ways_of_authentication_and_two_cookies(void **state) {
    (void)state;
    static const char *const text =
        "{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{\"parameters\":[{\"in\":\"header\","
        "\"name\":\"Cookie\",\"required\":true,\"example\":\"a=b\"}],"
        "\"security\":[{\"k\":[],\"b\":[],\"c\":[]}]}}},"
        "\"components\":{\"securitySchemes\":{"
        "\"k\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"Authorization\"},"
        "\"c\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"sid\"},"
        "\"b\":{\"type\":\"http\",\"scheme\":\"bearer\"}}}}";
    struct scenario *s = made_of(CONVERT_OPENAPI, text,
                                 "header Authorization, because the request uses another kind of");
    assert_string_equal(header(&s->requests[0], "Authorization"), "Bearer 1");
    assert_string_equal(header(&s->requests[0], "Cookie"), "1; sid=1");
    scenario_free(s);
}

#define LOCUSTFILE "from locust import HttpUser, task, constant_pacing\n"

static void test_weights_and_classes_beyond_the_limits(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 8 << 20);
    buf_str(&b, LOCUSTFILE "class A(HttpUser):\n");
    for (int i = 0; i < 5000; i++)
        buf_printf(&b, "    @task(%d)\n    def t%d(self):\n        self.client.get('/%d')\n",
                   i == 0 ? 1 : 999999, i, i);
    struct scenario *s = made(CONVERT_LOCUST, &b, "the weights divided by 2");
    assert_int_equal(s->tasks[0].weight, 1);
    assert_int_equal(s->tasks[1].weight, 499999);
    scenario_free(s);
    buf_clear(&b);
    buf_str(&b, LOCUSTFILE);
    for (int i = 0; i < 1100; i++)
        buf_printf(&b,
                   "class A%d(HttpUser):\n    @task\n    def t(self):\n"
                   "        self.client.get('/%d')\n",
                   i, i);
    s = made(CONVERT_LOCUST, &b, "classes of users after the first 1000");
    assert_int_equal(s->class_count, 1000);
    scenario_free(s);
    buf_done(&b);
}

static void test_times_too_short_to_be_any(void **state) {
    (void)state;
    struct scenario *s =
        made_of(CONVERT_LOCUST,
                LOCUSTFILE "class A(HttpUser):\n    wait_time = constant_pacing(1e-12)\n"
                           "    @task\n    def t(self):\n        self.client.get('/')\n",
                "");
    scenario_free(s);
    s = made_of(CONVERT_CURL, "curl http://h/ -m 1e-12 --connect-timeout 0.0001",
                "which curl rounds to no limit");
    assert_int_equal(s->timeout_ns, INT64_C(60000000000));
    scenario_free(s);
}

static void test_how_requests_travel(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    struct scenario *s = made_of(CONVERT_CURL, "curl http://h/ --key /etc/passwd",
                                 "Left out: a key without a client certificate");
    assert_null(s->http.key);
    scenario_free(s);
    s = made_of(CONVERT_CURL, "curl http://h/ -x p:1 --unix-socket /s", "Left out: the proxy");
    assert_null(s->http.proxy);
    assert_string_equal(s->http.unix_socket, "/s");
    scenario_free(s);
    buf_str(&b, "curl http://h/");
    add_many(&b, " --resolve h:80:127.0.0.1", 1001);
    s = made(CONVERT_CURL, &b, "after the first 1000");
    assert_int_equal(s->http.resolve_count, 1000);
    scenario_free(s);
    buf_done(&b);
}

static void test_a_file_without_a_name(void **state) {
    (void)state;
    struct scenario *s = made_of(
        CONVERT_POSTMAN,
        "{\"info\":{},\"variable\":[{\"key\":\"e\",\"value\":\"{{f}}\"},{\"key\":\"f\",\"value\":"
        "\"{{e}}\"}],\"item\":[{\"request\":{\"method\":\"POST\",\"url\":\"http://h/"
        "\",\"body\":{\"mode\":\"formdata\","
        "\"formdata\":[{\"key\":\"f\",\"type\":\"file\",\"src\":\"{{e}}\"}]}}}]}",
        "left out: the file of field f, which has no name");
    assert_non_null(strstr(s->requests[0].body, "name=\"f\"\r\n"));
    scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_whose_names_are_written_alike_are_one),
        cmocka_unit_test(test_a_long_form_is_sent_as_it_is),
        cmocka_unit_test(test_deep_json_is_sent_as_text),
        cmocka_unit_test(test_long_headers_and_too_many_are_left_out),
        cmocka_unit_test(test_a_request_with_a_long_path_is_left_out),
        cmocka_unit_test(test_odd_authentication_is_sent_as_it_is),
        cmocka_unit_test(test_a_key_in_the_query_is_escaped_around_its_variable),
        cmocka_unit_test(test_hosts_made_of_variables),
        cmocka_unit_test(test_two_ways_of_authentication_and_two_cookies),
        cmocka_unit_test(test_weights_and_classes_beyond_the_limits),
        cmocka_unit_test(test_times_too_short_to_be_any),
        cmocka_unit_test(test_how_requests_travel),
        cmocka_unit_test(test_a_file_without_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
