/* The length that a body asks for. The keys are those of the servers' own API references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "stream/asked.h"

static int64_t of(const char *body) {
    return asked_tokens((struct bytes){body, strlen(body)});
}

static void each_servers_key(void **state) {
    (void)state;
    assert_int_equal(of("{\"model\": \"m\", \"max_tokens\": 12}"), 12);
    assert_int_equal(of("{\"max_completion_tokens\": 13, \"max_tokens\": 12}"), 13);
    assert_int_equal(of("{\"max_tokens\": 12, \"max_completion_tokens\": 13}"), 13);
    assert_int_equal(of("{\"max_output_tokens\": 14, \"input\": \"max_tokens\"}"), 14);
    assert_int_equal(of("{\"prompt\": \"x\", \"n_predict\": 15}"), 15);
    assert_int_equal(of("{\"inputs\": \"x\", \"parameters\": {\"max_new_tokens\": 16}}"), 16);
    assert_int_equal(of("{\"text_input\": \"x\", \"parameters\": {\"max_tokens\": 17}}"), 17);
    assert_int_equal(of(" \r\n\t{\"options\": {\"num_predict\": 18}, \"max_tokens\": null}"), 18);
}

static void no_length(void **state) {
    (void)state;
    static const char *const none[] = {
        "",
        " ",
        "max_tokens=12",
        "[{\"max_tokens\": 12}]",
        "{\"max_tokens\": \"12\"}",
        "{\"max_tokens\": 1.5}",
        "{\"n_predict\": -1}",
        "{\"max_tokens\": 0}",
        "{\"max_tokens\": 99999999999999999999}",
        "{\"options\": {\"max_tokens\": 12}}",
        "{\"messages\": [{\"content\": \"\\\"max_tokens\\\": 12\"}]}",
        "{\"max_tokens\": 12",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(of(none[i]), ASKED_NOTHING);
    assert_int_equal(asked_tokens((struct bytes){NULL, 0}), ASKED_NOTHING);
}

static void words(void **state) {
    (void)state;
    assert_int_equal(asked_words((struct bytes){"128", 3}), 128);
    assert_int_equal(asked_words((struct bytes){"0", 1}), ASKED_NOTHING);
    assert_int_equal(asked_words((struct bytes){"x", 1}), ASKED_NOTHING);
    assert_int_equal(asked_words((struct bytes){NULL, 0}), ASKED_NOTHING);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_servers_key),
        cmocka_unit_test(no_length),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
