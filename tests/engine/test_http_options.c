/* http_options: each key of "http" reaches the transports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/http_options.h"
#include "util/clock.h"

static struct scenario *parse(const char *more) {
    char text[2048];
    struct scenario *s = NULL;
    struct err e = {0};
    snprintf(text, sizeof text,
             "{\"target\":\"https://h\",\"load\":{\"users\":1,\"duration\":1},"
             "\"tasks\":[{\"path\":\"/\"}]%s}",
             more);
    if (scenario_parse("s.json", ".", text, strlen(text), NULL, NULL, &s, &e) != 0)
        fail_msg("%s", e.text);
    return s;
}

/* None is as without it, so a key that is lost is seen. Only the existence of the files matters. */
static void test_every_key(void **state) {
    (void)state;
    struct scenario *s = parse(
        ",\"timeout\":\"7s\",\"connect_timeout\":\"3s\",\"http\":{\"version\":\"2\",\"streams\":4,"
        "\"verify\":false,\"ca\":\"/etc/passwd\",\"cert\":\"/etc/group\",\"key\":\"/etc/hosts\","
        "\"resolve\":[\"h:443:127.0.0.2\"],\"dns\":{\"select\":"
        "\"first\",\"ttl\":\"9s\"},"
        "\"unix_socket\":\"/"
        "u\",\"quickack\":true,\"retry\":\"safe\",\"follow_redirects\":true,\"compressed\":true,"
        "\"cookies\":false}");
    const struct transport_options o = http_options(s);
    assert_int_equal(o.version, TRANSPORT_HTTP_2);
    assert_int_equal(o.streams, 4);
    assert_false(o.verify);
    assert_string_equal(o.ca, "/etc/passwd");
    assert_string_equal(o.cert, "/etc/group");
    assert_string_equal(o.key, "/etc/hosts");
    assert_int_equal(o.resolve_count, 1);
    assert_string_equal(o.resolve[0], "h:443:127.0.0.2");
    assert_true(o.dns_first);
    assert_int_equal(o.dns_ttl_ns, 9 * NS_PER_S);
    assert_string_equal(o.unix_socket, "/u");
    assert_true(o.quickack);
    assert_int_equal(o.retry, TRANSPORT_RETRY_SAFE);
    assert_true(o.follow_redirects);
    assert_true(o.compressed);
    assert_false(o.cookies);
    assert_int_equal(o.connect_timeout_ns, 3 * NS_PER_S);
    assert_int_equal(o.timeout_ns, 7 * NS_PER_S);
    const struct fetch_options here = http_fetch_options(s, true);
    assert_false(here.verify);
    assert_string_equal(here.ca, "/etc/passwd");
    assert_string_equal(here.cert, "/etc/group");
    assert_string_equal(here.key, "/etc/hosts");
    assert_int_equal(here.resolve_count, 1);
    assert_string_equal(here.resolve[0], "h:443:127.0.0.2");
    assert_string_equal(here.unix_socket, "/u");
    /* Another server is not behind the target's socket. */
    assert_null(http_fetch_options(s, false).unix_socket);
    scenario_free(s);
}

/* What cannot be combined with the keys above, and the values of those that are not given. */
static void test_what_is_not_said(void **state) {
    (void)state;
    struct scenario *s = parse(
        ",\"http\":{\"source\":[\"127.0.0.3\"],\"keepalive\":false,\"proxy\":\"http://p:1\"}");
    const struct transport_options o = http_options(s);
    assert_int_equal(o.version, TRANSPORT_HTTP_1_1);
    assert_true(o.verify);
    assert_false(o.keepalive);
    assert_true(o.cookies);
    assert_int_equal(o.retry, TRANSPORT_RETRY_UNSEEN);
    assert_int_equal(o.connect_timeout_ns, 10 * NS_PER_S);
    assert_int_equal(o.timeout_ns, 60 * NS_PER_S);
    assert_int_equal(o.source_count, 1);
    assert_string_equal(o.source[0], "127.0.0.3");
    assert_string_equal(o.proxy, "http://p:1");
    assert_null(o.ca);
    assert_null(o.user_agent); /* the run's */
    scenario_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_key),
                                       cmocka_unit_test(test_what_is_not_said)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
