/* Hosts, paths and what counts as secure, as cookies see a request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "transport/place.h"

static struct bytes text(const char *s) {
    return (struct bytes){s, strlen(s)};
}

static void assert_bytes(struct bytes found, const char *wanted) {
    if (found.len != strlen(wanted) ||
        (found.len > 0 && memcmp(found.data, wanted, found.len) != 0)) /* nothing may be NULL */
        fail_msg("\"%.*s\", not \"%s\"", (int)found.len, found.data, wanted);
}

static void hosts_lose_port_and_brackets(void **state) {
    (void)state;
    assert_bytes(place_host(text("example.com")), "example.com");
    assert_bytes(place_host(text("example.com:8080")), "example.com");
    assert_bytes(place_host(text("[::1]:8080")), "::1");
    assert_bytes(place_host(text("[fe80::1%25eth0]")), "fe80::1%25eth0");
    assert_bytes(place_host(text("[::1")), "::1");
    assert_bytes(place_host(text("")), "");
    assert_bytes(place_host(text(":80")), "");
    assert_bytes(place_host((struct bytes){NULL, 0}), "");
}

static void paths_lose_query_and_fragment(void **state) {
    (void)state;
    assert_bytes(place_path(text("/a/b?c=/d#e")), "/a/b");
    assert_bytes(place_path(text("/a#e?x")), "/a");
    assert_bytes(place_path(text("/")), "/");
    assert_bytes(place_path(text("?q")), "");
}

static void tls_and_this_machine_are_secure(void **state) {
    (void)state;
    static const char *const own[] = {"127.0.0.1",       "127.255.255.254", "::1",
                                      "0:0:0:0:0:0:0:1", "localhost",       "LOCALHOST",
                                      "localhost.",      "app.localhost",   "a.b.localhost."};
    static const char *const other[] = {"",
                                        "128.0.0.1",
                                        "0.0.0.0",
                                        "10.0.0.1",
                                        "::",
                                        "::2",
                                        "::ffff:10.0.0.1",
                                        "example.com",
                                        "127.0.0.1.example.com",
                                        "localhost.example.com",
                                        "mylocalhost",
                                        ".",
                                        "127.1.example",
                                        "127.0.0"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!place_is_secure(false, text(own[i])))
            fail_msg("%s", own[i]);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        if (place_is_secure(false, text(other[i])))
            fail_msg("%s", other[i]);
        assert_true(place_is_secure(true, text(other[i])));
    }
}

static void addresses_are_no_names(void **state) {
    (void)state;
    assert_true(place_is_address(text("10.1.2.3")));
    assert_true(place_is_address(text("fe80::1%eth0")));
    assert_false(place_is_address(text("10.1.2.3.example")));
    assert_false(place_is_address(text("1.2.3")));
    assert_false(place_is_address(text("")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_lose_port_and_brackets),
        cmocka_unit_test(paths_lose_query_and_fragment),
        cmocka_unit_test(tls_and_this_machine_are_secure),
        cmocka_unit_test(addresses_are_no_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
