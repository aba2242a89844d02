/* target: what may stand behind --host. */
#include "scenario/helpers.h"

static void test_good(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
        {"https://example.org/", "https://example.org"},
        {"HTTPS://Example.org//", "https://Example.org"},
        {"localhost", "http://localhost"},
        {"localhost:8080", "http://localhost:8080"},
        {"localhost:8080/v1/x/", "http://localhost:8080/v1/x"},
        {"http://[::1]:8080/a", "http://[::1]:8080/a"},
        {"http://my_host.internal:65535", "http://my_host.internal:65535"},
        {"http://b\xc3\xbc"
         "cher.example",
         "http://xn--bcher-kva.example"},
        /* Capitals, a full-width dot, percent-encoding (RFC 3986 3.2.2). */
        {"http://B\xc3\x9c"
         "CHER\xe3\x80\x82"
         "example:80/x",
         "http://xn--bcher-kva.example:80/x"},
        {"http://b%C3%BCcher.example", "http://xn--bcher-kva.example"},
        /* From right to left; the A-label is that of Python's codec "idna". */
        {"http://\xd7\xa2\xd7\x91.example", "http://xn--5db7a.example"},
        {"http://[::1%25lo]:80", "http://[::1%25lo]:80"},
        {"http://[::1%lo]", "http://[::1%25lo]"},
        {"http://[::ffff:1.2.3.4]", "http://[::ffff:1.2.3.4]"},
    };
    struct scenario *s = must_parse_task("");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {"untouched"};
        if (scenario_set_target(s, cases[i][0], &e) != 0)
            fail_msg("%s: %s", cases[i][0], e.text);
        assert_string_equal(s->target, cases[i][1]);
        assert_string_equal(s->target_source, cases[i][0]);
        assert_string_equal(e.text, "untouched");
    }
    scenario_free(s);
}

static void test_bad(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "it is empty; write it like http://127.0.0.1:8080"},
        {"http://", "it has no host; write it like http://127.0.0.1:8080"},
        {"http:///x", "it has no host; write it like http://127.0.0.1:8080"},
        {":8080", "it has no host; write it like http://127.0.0.1:8080"},
        {"ftp://h", "only http:// and https:// are supported"},
        {"httpx://h", "only http:// and https:// are supported"},
        {"http://h:0", "the port after ':' must be a number from 1 to 65535"},
        {"http://h:65536", "the port after ':' must be a number from 1 to 65535"},
        {"http://h:18446744073709551696", "the port after ':' must be a number from 1 to 65535"},
        {"http://h:", "the port after ':' must be a number from 1 to 65535"},
        {"http://h:80x", "the port after ':' must be a number from 1 to 65535"},
        {"mailto:x", "the port after ':' must be a number from 1 to 65535"},
        {"http://u:p@h", "it cannot contain a user and password; give them in \"auth\""},
        {"http://h?x",
         "it cannot contain a query or fragment; give them in the \"path\" of a task"},
        {"http://h/a#b",
         "it cannot contain a query or fragment; give them in the \"path\" of a task"},
        {"http://h/a b", "its path contains a character that must be percent-encoded"},
        {"http://a b", "the host name contains an invalid character"},
        {"http://h\n", "it contains a control character (a line end?)"},
        {"http://[::1", "the text in [ ] must be an IPv6 address"},
        {"http://[x]", "the text in [ ] must be an IPv6 address"},
        {"http://[1.2.3.4]", "the text in [ ] must be an IPv6 address"},
        {"http://[::1:::2]", "the text in [ ] must be an IPv6 address"},
        {"http://[fe80::1%25nope0]", "this machine has no network interface \"nope0\""},
        {"http://a%2fb", "the host name contains an invalid character"},
        {"http://$a", "the host name contains an invalid character"},
        {"http://*", "the host name contains an invalid character"},
        {"http://a,b", "the host name contains an invalid character"},
        {"http://a=b;c", "the host name contains an invalid character"},
        {"http://(a)!'+&", "the host name contains an invalid character"},
        {"http://-\xc3\xbc.example", "the host \"-\xc3\xbc.example\" is not a valid international "
                                     "name: string start/ends with forbidden hyphen"},
        {"http://[::1]x", "only a port can follow the host; write it like http://127.0.0.1:8080"},
    };
    struct scenario *s = must_parse_task("");
    struct err e;
    assert_int_equal(scenario_set_target(s, "http://before", &e), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[512];
        snprintf(expected, sizeof expected, "\"%s\" cannot be the target: %s", cases[i][0],
                 cases[i][1]);
        assert_int_equal(scenario_set_target(s, cases[i][0], &e), -1);
        assert_string_equal(e.text, expected);
        assert_string_equal(s->target, "http://before");
    }
    scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
