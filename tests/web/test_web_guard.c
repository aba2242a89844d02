/* web_guard: who may read and who may change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/web_guard.h"

#define COUNT(x) (sizeof(x) / sizeof *(x))
#define TOKEN "0123456789abcdef"

static unsigned check(const char *token, struct web_guard_request r) {
    const struct web_guard g = {.token = token};
    return web_guard_check(&g, &r).status;
}

static void without_a_token_only_own_names_are_answered(void **state) {
    (void)state;
    static const char *const own[] = {"127.0.0.1:8089", "127.0.0.1", "localhost:1", "LOCALHOST",
                                      "[::1]:8089",     "[::1]",     "10.1.2.3:80"};
    static const char *const others[] = {"evil.example",          "evil.example:8089",
                                         "127.0.0.1.nip.example", "localhost.evil.example",
                                         "localhost:x",           "[::1",
                                         "[::1]evil.example",     "",
                                         "127.0.0.1:80:90",       "127.0.0.1@evil.example"};
    for (size_t i = 0; i < COUNT(own); i++)
        assert_int_equal(check(NULL, (struct web_guard_request){.host = own[i]}), 0);
    for (size_t i = 0; i < COUNT(others); i++)
        if (check(NULL, (struct web_guard_request){.host = others[i]}) != 421)
            fail_msg("answered to \"%s\"", others[i]);
    assert_int_equal(check(NULL, (struct web_guard_request){.host = NULL}), 0);
}

static void another_site_changes_nothing(void **state) {
    (void)state;
    static const struct {
        const char *origin, *site;
        unsigned status;
    } cases[] = {
        {NULL, NULL, 0}, /* a program */
        {"http://127.0.0.1:8089", NULL, 0},
        {"http://127.0.0.1:8089", "same-origin", 0},
        {"https://127.0.0.1:8089", NULL, 0}, /* a proxy speaks TLS */
        {NULL, "none", 0},                   /* typed into the address bar */
        {"http://evil.example", NULL, 403},
        {"http://127.0.0.1:8090", NULL, 403}, /* another port */
        {"http://127.0.0.1", NULL, 403},
        {"null", NULL, 403},
        {"", NULL, 403},
        {"127.0.0.1:8089", NULL, 403},
        {NULL, "cross-site", 403},
        {NULL, "same-site", 403},
        {"http://127.0.0.1:8089", "cross-site", 403},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct web_guard_request r = {.changes = true,
                                      .host = "127.0.0.1:8089",
                                      .origin = cases[i].origin,
                                      .fetch_site = cases[i].site};
        if (check(NULL, r) != cases[i].status)
            fail_msg("case %zu", i);
        r.changes = false; /* reading is not: no other site gets the answer */
        assert_int_equal(check(NULL, r), 0);
    }
}

static void a_token_opens_any_name_and_nothing_else_does(void **state) {
    (void)state;
    const struct web_guard_request ways[] = {{.authorization = "Bearer " TOKEN},
                                             {.authorization = "bearer " TOKEN},
                                             {.cookie_token = TOKEN},
                                             {.query_token = TOKEN}};
    const struct web_guard_request wrong[] = {{.changes = false},
                                              {.authorization = TOKEN},
                                              {.authorization = "Basic " TOKEN},
                                              {.authorization = "Bearer " TOKEN "0"},
                                              {.authorization = "Bearer "},
                                              {.cookie_token = "0123456789abcdeg"},
                                              {.cookie_token = ""},
                                              {.query_token = "0123456789abcde"}};
    for (size_t i = 0; i < COUNT(ways); i++) {
        struct web_guard_request r = ways[i];
        r.host = "load.example";
        assert_int_equal(check(TOKEN, r), 0);
        r.changes = true;
        r.origin = "https://load.example";
        assert_int_equal(check(TOKEN, r), 0);
        r.origin = "https://evil.example";
        assert_int_equal(check(TOKEN, r), 403);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct web_guard_request r = wrong[i];
        r.host = "127.0.0.1:8089";
        if (check(TOKEN, r) != 401)
            fail_msg("case %zu", i);
    }
}

static void a_token_is_safe_in_a_header_and_a_cookie(void **state) {
    (void)state;
    assert_true(web_guard_may_be_token(TOKEN));
    assert_true(web_guard_may_be_token("A-._~z0123456789"));
    static const char *const bad[] = {"",
                                      "short",
                                      "0123456789abcde;",
                                      "0123456789abcdef\r\nX: y",
                                      "0123456789 abcdef",
                                      "0123456789abcd\"f"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(web_guard_may_be_token(bad[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_token_only_own_names_are_answered),
        cmocka_unit_test(another_site_changes_nothing),
        cmocka_unit_test(a_token_opens_any_name_and_nothing_else_does),
        cmocka_unit_test(a_token_is_safe_in_a_header_and_a_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
