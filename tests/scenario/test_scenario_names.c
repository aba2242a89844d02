/* "resolve", "source" and "dns": what may stand there, and what it becomes. */
#include "scenario/helpers.h"

#define REST "},\n\"load\":{\"users\":1,\"duration\":1},\"tasks\":[{}]}"

static void test_good(void **state) {
    (void)state;
    struct scenario *s =
        must_parse("{\"http\":{\"resolve\":[\"b\xc3\xbc"
                   "cher.test:80:127.0.0.1,[::1],::1,[::1%25lo]\",\"*:443:10.0.0.1\"],"
                   "\"source\":[\"127.0.0.2\",\"::1\",\"[::1]\"],"
                   "\"dns\":{\"select\":\"first\",\"ttl\":\"250ms\"}" REST);
    assert_int_equal(s->http.resolve_count, 2);
    assert_string_equal(s->http.resolve[0], "xn--bcher-kva.test:80:127.0.0.1,[::1],::1,[::1%25lo]");
    assert_string_equal(s->http.resolve[1], "*:443:10.0.0.1");
    assert_int_equal(s->http.source_count, 3);
    assert_string_equal(s->http.source[2], "[::1]");
    assert_true(s->http.dns_first);
    assert_int_equal(s->http.dns_ttl_ns, 250000000);
    scenario_free(s);
    s = must_parse("{\"http\":{\"dns\":{\"ttl\":0}" REST);
    assert_int_equal(s->http.dns_ttl_ns, 0);
    assert_false(s->http.dns_first);
    scenario_free(s);
    s = must_parse_task("");
    assert_false(s->http.dns_first);
    assert_int_equal(s->http.dns_ttl_ns, 60000000000);
    assert_int_equal(s->http.source_count, 0);
    scenario_free(s);
}

static void test_bad(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"\"resolve\":[\"x:1:\"]", "1:21: write it like \"example.com:443:127.0.0.1\""},
        {"\"resolve\":[\"x:1:y\"]", "1:21: \"y\" is not an IPv4 or IPv6 address"},
        {"\"resolve\":[\"x:1:1.2.3.4,\"]", "1:21: \"\" is not an IPv4 or IPv6 address"},
        {"\"resolve\":[\"x:1:1.2.3.4,[1.2.3.4]\"]",
         "1:21: \"[1.2.3.4]\" is not an IPv4 or IPv6 address"},
        {"\"resolve\":[\"x:1:fe80::1%nope0\"]",
         "1:21: this machine has no network interface \"nope0\""},
        {"\"resolve\":[\"+x:1:1.2.3.4\"]", "1:21: write it like \"example.com:443:127.0.0.1\""},
        {"\"source\":\"127.0.0.1\"", "1:19: \"source\" must be an array, not a string"},
        {"\"source\":[]", "1:19: \"source\" must hold 1 to 1000 addresses of this machine"},
        {"\"source\":[\"127.0.0.1\",\"eth0\"]", "1:32: \"eth0\" is not an IPv4 or IPv6 address; "
                                                "\"source\" takes addresses of this machine"},
        {"\"source\":[\"127.0.0.256\"]", "1:20: \"127.0.0.256\" is not an IPv4 or IPv6 address; "
                                         "\"source\" takes addresses of this machine"},
        {"\"source\":[\"127.0.0.1:80\"]", "1:20: \"127.0.0.1:80\" is not an IPv4 or IPv6 address; "
                                          "\"source\" takes addresses of this machine"},
        {"\"source\":[\"::1\"],\"unix_socket\":\"/s\"",
         "1:19: \"source\" cannot be combined with \"unix_socket\", which has no address; remove "
         "one of them"},
        {"\"dns\":{\"select\":\"random\"}",
         "1:26: \"select\" must be \"round-robin\" or \"first\""},
        {"\"dns\":{\"ttl\":\"-1s\"}", "1:23: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512], expected[512];
        struct scenario *s = NULL;
        struct err e = {""};
        snprintf(text, sizeof text, "{\"http\":{%s" REST, cases[i][0]);
        snprintf(expected, sizeof expected, "s.json:%s", cases[i][1]);
        assert_int_equal(scenario_parse("s.json", "", text, strlen(text), test_env, NULL, &s, &e),
                         -1);
        if (strncmp(e.text, expected, strlen(expected)) != 0)
            fail_msg("%s: %s", cases[i][0], e.text);
    }
}

static void test_option(void **state) {
    (void)state;
    struct scenario *s = must_parse("{\"http\":{\"source\":[\"127.0.0.9\"]" REST);
    struct err e = {""};
    const char *good[] = {"127.0.0.2,127.0.0.3", "::1"}, *bad[] = {"127.0.0.2,x"}, *empty[] = {""};
    assert_int_equal(scenario_set_source(s, good, 2, &e), 0);
    assert_int_equal(s->http.source_count, 3);
    assert_string_equal(s->http.source[1], "127.0.0.3");
    assert_string_equal(s->http.source[2], "::1");
    assert_int_equal(scenario_set_source(s, bad, 1, &e), -1);
    assert_string_equal(e.text, "\"x\" is not an IPv4 or IPv6 address");
    assert_int_equal(scenario_set_source(s, empty, 1, &e), -1);
    assert_int_equal(s->http.source_count, 3);
    scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
