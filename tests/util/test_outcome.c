/* outcome: the words and numbers that stand in run files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "util/outcome.h"

static void test_contract(void **state) {
    (void)state;
    /* In the order of their stored numbers. */
    static const struct {
        const char *text;
        bool timed, failure, sent;
    } words[] = {{"ok", true, false, true},
                 {"http_error", true, true, true},
                 {"check_failed", true, true, true},
                 {"timeout", true, true, true},
                 {"dns_error", true, true, true},
                 {"connect_error", true, true, true},
                 {"tls_error", true, true, true},
                 {"reset", true, true, true},
                 {"protocol_error", true, true, true},
                 {"not_sent", false, false, false},
                 {"cancelled", false, false, true},
                 {"unsendable", false, true, false},
                 {"stream_cut", true, true, true},
                 {"stream_error", true, true, true},
                 {"no_tokens", true, true, true},
                 {"stream_idle", true, true, true},
                 {"grpc_error", true, true, true}};
    assert_int_equal(OUTCOME_COUNT, sizeof words / sizeof *words);
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        assert_string_equal(outcome_text(i), words[i].text);
        assert_int_equal(outcome_is_timed(i), words[i].timed);
        assert_int_equal(outcome_is_failure(i), words[i].failure);
        assert_int_equal(outcome_is_sent(i), words[i].sent);
    }
    assert_string_equal(outcome_text(-1), "unknown");
    assert_string_equal(outcome_text(OUTCOME_COUNT), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
