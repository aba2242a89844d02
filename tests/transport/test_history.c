/* history: how long a server keeps a connection, and what is told of the last one. Expected values
 * by hand. */
#include "transport/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "util/clock.h"

static int64_t keep_of(const char *value) {
    struct history h = {0};
    history_keep_alive(&h, value, strlen(value));
    return h.keep_ns;
}

static void test_keep_alive_values(void **state) {
    (void)state;
    assert_int_equal(keep_of("timeout=5"), 5 * NS_PER_S);
    assert_int_equal(keep_of("timeout=5, max=100"), 5 * NS_PER_S);
    assert_int_equal(keep_of("max=100, timeout=72"), 72 * NS_PER_S);
    assert_int_equal(keep_of("max=100,Timeout = \"15\""), 15 * NS_PER_S);
    assert_int_equal(keep_of("timeout=0"), 0); /* no limit that anybody could keep */
    assert_int_equal(keep_of("timeout="), 0);
    assert_int_equal(keep_of("timeout"), 0);
    assert_int_equal(keep_of("xtimeout=5"), 0);
    assert_int_equal(keep_of("timeouts=5"), 0);
    assert_int_equal(keep_of("timeout=-5"), 0);
    assert_int_equal(keep_of("timeout=99999999999999999999999"), 0);
    assert_int_equal(keep_of("15"), 0);
    assert_int_equal(keep_of(""), 0);
    assert_int_equal(keep_of(",,, ,"), 0);
}

static void test_a_connection_expires_a_little_early(void **state) {
    (void)state;
    struct history h = {0};
    int64_t s = NS_PER_S;
    history_keep_alive(&h, "timeout=5", 9);
    assert_false(history_expired(&h, 1000 * s)); /* nothing was answered on it */
    history_answered(&h, 100 * s);
    assert_false(history_expired(&h, 100 * s + 4499 * NS_PER_MS));
    assert_true(history_expired(&h, 100 * s + 4500 * NS_PER_MS));
    history_answered(&h, 104 * s);
    assert_false(history_expired(&h, 108 * s));
    history_keep_alive(&h, "timeout=1", 9);
    assert_false(history_expired(&h, 104 * s + 499 * NS_PER_MS));
    assert_true(history_expired(&h, 104 * s + 500 * NS_PER_MS));
    struct history none = {0};
    history_answered(&none, s);
    assert_false(history_expired(&none, 1000 * s));
}

static void test_an_end_is_told_once(void **state) {
    (void)state;
    struct history h = {0};
    struct transport_result r = {0};
    history_begin(&h, &r);
    assert_int_equal(r.previous_end, CONNECTION_END_NONE);
    history_keep_alive(&h, "timeout=5", 9);
    history_answered(&h, 10);
    history_ended(&h, CONNECTION_END_IDLE, 25);
    assert_false(history_expired(&h, 100 * NS_PER_S)); /* of the old one nothing is left */
    history_begin(&h, &r);
    assert_int_equal(r.previous_end, CONNECTION_END_IDLE);
    assert_int_equal(r.previous_idle_ns, 15);
    history_begin(&h, &r);
    assert_int_equal(r.previous_end, CONNECTION_END_NONE);
    assert_int_equal(r.previous_idle_ns, 0);
    /* One that never answered was never idle. */
    history_ended(&h, CONNECTION_END_LOST, 50);
    history_begin(&h, &r);
    assert_int_equal(r.previous_end, CONNECTION_END_LOST);
    assert_int_equal(r.previous_idle_ns, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_alive_values),
        cmocka_unit_test(test_a_connection_expires_a_little_early),
        cmocka_unit_test(test_an_end_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
