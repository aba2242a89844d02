/* body and multipart: the bytes that are sent. */
#include "scenario/helpers.h"

static void body(const char *task, const char *type, const char *bytes, size_t n) {
    struct scenario *s = must_parse_task(task);
    const struct scenario_request *q = &s->requests[0];
    assert_string_equal(q->method, "POST");
    assert_string_equal(header(q, "Content-Type"), type);
    if (q->body_bytes != n || memcmp(q->body, bytes, n) != 0)
        fail_msg("%s\n gives %.*s\n not   %.*s", task, (int)q->body_bytes, q->body, (int)n, bytes);
    scenario_free(s);
}

#define BODY(task, type, bytes) body(task, type, bytes, sizeof bytes - 1)

static void test_kinds(void **state) {
    (void)state;
    BODY("\"body\":\"a\\u0000b ${env.TOKEN}\"", "text/plain; charset=utf-8", "a\0b s3cr3t/+\"x");
    BODY("\"body\":\"\"", "text/plain; charset=utf-8", "");
    BODY("\"body_file\":\"part.bin\"", "application/octet-stream", "a\0\xff\r\nb");
    BODY("\"body_file\":\"${env.FILE}\"", "application/octet-stream", "a\0\xff\r\nb");
    BODY("\"json\": { \"a\" : [ 12345678901234567890.00, \"${env.TOKEN}\" ], /* c */ \"$${\": null "
         "}",
         "application/json", "{\"a\":[12345678901234567890.00,\"s3cr3t/+\\\"x\"],\"${\":null}");
    BODY("\"json\": \"$${env.TOKEN} \\u0000\\n\"", "application/json",
         "\"${env.TOKEN} \\u0000\\n\"");
    BODY("\"json\": false", "application/json", "false");
    BODY("\"form\":{\"a b\":\"${env.PASSWORD}\",\"n\":-1.50,\"l\":[true,\"x=y\"],\"s\":\"*-._~\"}",
         "application/x-www-form-urlencoded",
         "a+b=p%26ss+w%C3%B6rd&n=-1.50&l=true&l=x%3Dy&s=*-._%7E");
    BODY("\"form\":{}", "application/x-www-form-urlencoded", "");
}

static void test_own_type(void **state) {
    (void)state;
    BODY("\"body\":\"<a/>\",\"headers\":{\"Content-Type\":\"text/xml\"}", "text/xml", "<a/>");
    struct scenario *s =
        must_parse("{\"load\":{\"users\":1,\"duration\":1},\"headers\":{\"content-type\":\"a/b\"},"
                   "\"tasks\":[{\"json\":1},{\"multipart\":[{\"name\":\"n\",\"value\":\"v\"}]},"
                   "{\"method\":\"GET\",\"body\":\"g\"},{\"method\":\"PUT\",\"body\":\"p\"}]}");
    assert_string_equal(header(&s->requests[0], "content-type"), "a/b");
    assert_null(header(&s->requests[0], "Content-Type"));
    /* The boundary must be told, so a multipart body sets its own. */
    assert_string_equal(header(&s->requests[1], "Content-Type"),
                        "multipart/form-data; boundary=coldswarm-boundary-0000000000000000");
    assert_string_equal(s->requests[2].method, "GET");
    assert_memory_equal(s->requests[2].body, "g", 1);
    assert_string_equal(s->requests[3].method, "PUT");
    scenario_free(s);
}

static void test_multipart(void **state) {
    (void)state;
    BODY("\"multipart\":[{\"name\":\"a\\\"b\",\"value\":\"${env.USER}\"},"
         "{\"name\":\"image\",\"file\":\"part.bin\"},"
         "{\"name\":\"p\",\"file\":\"cat.png\"},"
         "{\"name\":\"t\",\"value\":\"{}\",\"filename\":\"x\\r\\n.json\",\"type\":\"application/"
         "json\"}]",
         "multipart/form-data; boundary=coldswarm-boundary-0000000000000000",
         "--coldswarm-boundary-0000000000000000\r\n"
         "Content-Disposition: form-data; name=\"a%22b\"\r\n\r\nann\r\n"
         "--coldswarm-boundary-0000000000000000\r\n"
         "Content-Disposition: form-data; name=\"image\"; filename=\"part.bin\"\r\n"
         "Content-Type: application/octet-stream\r\n\r\na\0\xff\r\nb\r\n"
         "--coldswarm-boundary-0000000000000000\r\n"
         "Content-Disposition: form-data; name=\"p\"; filename=\"cat.png\"\r\n"
         "Content-Type: image/png\r\n\r\nPNG\r\n"
         "--coldswarm-boundary-0000000000000000\r\n"
         "Content-Disposition: form-data; name=\"t\"; filename=\"x%0D%0A.json\"\r\n"
         "Content-Type: application/json\r\n\r\n{}\r\n"
         "--coldswarm-boundary-0000000000000000--\r\n");
}

static void test_boundary_avoids_parts(void **state) {
    (void)state;
    BODY("\"multipart\":[{\"name\":\"a\",\"value\":\"--coldswarm-boundary-0000000000000000\"},"
         "{\"name\":\"b\",\"value\":\"xcoldswarm-boundary-0000000000000001x\"}]",
         "multipart/form-data; boundary=coldswarm-boundary-0000000000000002",
         "--coldswarm-boundary-0000000000000002\r\n"
         "Content-Disposition: form-data; "
         "name=\"a\"\r\n\r\n--coldswarm-boundary-0000000000000000\r\n"
         "--coldswarm-boundary-0000000000000002\r\n"
         "Content-Disposition: form-data; "
         "name=\"b\"\r\n\r\nxcoldswarm-boundary-0000000000000001x\r\n"
         "--coldswarm-boundary-0000000000000002--\r\n");
}

static void must_not_parse(const char *task, const char *expected) {
    char text[600];
    struct scenario *s = NULL;
    struct err e = {""};
    snprintf(text, sizeof text, "{\"tasks\":[{%s}],\"load\":{\"users\":1,\"duration\":1}}", task);
    if (scenario_parse("s.json", test_folder(), text, strlen(text), test_env, NULL, &s, &e) == 0)
        fail_msg("accepted: %s", task);
    assert_string_equal(e.text, expected);
}

/* Numbers, arrays and objects in a JSON body, without the quotes around "${value(...)}". */
static void test_values(void **state) {
    (void)state;
    BODY("\"json\":{\"a\":\"${value('[1, {\\\"b\\\": null}]')}\",\"b\":[\"${value('-7', '.50')}\","
         "\"${value('\\\"', env.USER, '\\\"')}\",\"${env.USER}\"],\"$${value(\":\"$${value(1)}\"}",
         "application/json",
         "{\"a\":[1, {\"b\": null}],\"b\":[-7.50,\"ann\",\"ann\"],\"${value(\":\"${value(1)}\"}");
    BODY("\"json\":\"${value('true')}\"", "application/json", "true");
    must_not_parse("\"json\":[\"${value('1 2')}\"]",
                   "s.json:1:21: the value of ${value('1 2')} is not a JSON value: a number, true, "
                   "false, null, a string in quotes, an array or an object");
    must_not_parse("\"json\":[\"${value('')}\"]",
                   "s.json:1:21: the value of ${value('')} is not a JSON value: a number, true, "
                   "false, null, a string in quotes, an array or an object");
    must_not_parse(
        "\"json\":[\"${value('1')}${value('2')}\"]",
        "s.json:1:34: value() must be the whole string; write the values as two strings");
    must_not_parse(
        "\"json\":[\"${value('1')} and ${value('2')}\"]",
        "s.json:1:34: value() must be the whole string; write the values as two strings");
    static const char alone[] = "value() must be a whole string of a \"json\" body, as in "
                                "\"max_tokens\": \"${value(n)}\"";
    static const struct {
        const char *task;
        int column;
    } elsewhere[] = {{"\"json\":[\"a${value('1')}\"]", 22},
                     {"\"json\":{\"${value('1')}\":2}", 21},
                     {"\"body\":\"${value('1')}\"", 20},
                     {"\"path\":\"/${value('1')}\"", 21}};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        char expected[300];
        snprintf(expected, sizeof expected, "s.json:1:%d: %s", elsewhere[i].column, alone);
        must_not_parse(elsewhere[i].task, expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_own_type),
        cmocka_unit_test(test_multipart),
        cmocka_unit_test(test_boundary_avoids_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
