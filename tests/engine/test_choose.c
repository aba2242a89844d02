/* Which transport a scenario gets, and what is said of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/choose.h"
#include "transport/curl.h"
#include "transport/direct.h"

#define LOAD "\"load\":{\"users\":1,\"duration\":1}"

static const struct {
    const char *scenario;
    const char *why; /* what keeps `direct` away; NULL: nothing does */
} cases[] = {
    {"{\"target\":\"http://h:1\"," LOAD ",\"tasks\":[{\"path\":\"/a\"},{\"path\":\"/b\"}]}", NULL},
    {"{\"target\":\"https://h\"," LOAD
     ",\"tasks\":[{\"path\":\"https://h/x?y=a@b\"},{\"path\":\"/\"}]}",
     NULL},
    {"{\"target\":\"https://h\"," LOAD ",\"http\":{\"compressed\":true,\"keepalive\":false,\"unix_"
     "socket\":\"/s\"},\"tasks\":[{\"path\":"
     "\"/\"}]}",
     NULL},
    {"{\"target\":\"http://h\"," LOAD ",\"http\":{\"version\":\"2\"},\"tasks\":[{\"path\":\"/\"}]}",
     NULL},
    {"{\"target\":\"http://h\"," LOAD
     ",\"http\":{\"proxy\":\"http://p:3128\"},\"tasks\":[{\"path\":\"/\"}]}",
     "the scenario has a proxy"},
    {"{\"target\":\"http://h\"," LOAD
     ",\"http\":{\"follow_redirects\":true},\"tasks\":[{\"path\":\"/\"}]}",
     "the scenario follows redirects"},
    {"{\"target\":\"http://h\"," LOAD ",\"tasks\":[{\"path\":\"/\"},{\"path\":\"http://other/\"}]}",
     "the requests go to several servers"},
    {"{\"target\":\"http://h\"," LOAD ",\"tasks\":[{\"path\":\"/\"},{\"path\":\"https://h/\"}]}",
     "the requests go to several servers"},
    {"{\"target\":\"http://h\"," LOAD
     ",\"tasks\":[{\"path\":\"/\",\"headers\":{\"expect\":\"100-continue\"}}]}",
     "a request has the header Expect"},
    {"{\"target\":\"http://h\"," LOAD
     ",\"headers\":{\"Connection\":\"close\"},\"tasks\":[{\"path\":\"/\"}]}",
     "a request has the header Connection"},
};

/* Not ignored in silence. */
static const struct {
    enum choose_wish wish;
    const char *scenario, *error; /* NULL: it is good */
} quickack_cases[] = {
    {CHOOSE_AUTO,
     "{\"target\":\"http://h\"," LOAD ",\"http\":{\"quickack\":true},\"tasks\":[{\"path\":\"/\"}]}",
     NULL},
    {CHOOSE_CURL,
     "{\"target\":\"http://h\"," LOAD ",\"http\":{\"quickack\":true},\"tasks\":[{\"path\":\"/\"}]}",
     "\"quickack\" needs the transport direct, but this run uses curl: --transport selects it; "
     "remove \"quickack\" or --transport"},
    {CHOOSE_AUTO,
     "{\"target\":\"http://h\"," LOAD
     ",\"http\":{\"quickack\":true,\"version\":\"2\"},\"tasks\":[{\"path\":\"/\"}]}",
     NULL},
    {CHOOSE_CURL,
     "{\"target\":\"http://h\"," LOAD
     ",\"http\":{\"version\":\"2\",\"streams\":2},\"tasks\":[{\"path\":\"/\"}]}",
     "\"streams\" needs the transport direct, but this run uses curl: --transport selects it; "
     "remove \"streams\" or --transport"},
    {CHOOSE_AUTO,
     "{\"target\":\"http://h\"," LOAD
     ",\"http\":{\"quickack\":true,\"proxy\":\"http://p:1\"},\"tasks\":[{\"path\":\"/\"}]}",
     "\"quickack\" needs the transport direct, but this run uses curl: the scenario has a proxy; "
     "remove \"quickack\""},
};

static struct scenario *parse(const char *text) {
    struct scenario *s = NULL;
    struct err e = {0};
    if (scenario_parse("s.json", ".", text, strlen(text), NULL, NULL, &s, &e) != 0)
        fail_msg("%s", e.text);
    return s;
}

static void direct_is_taken_where_it_can(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario *s = parse(cases[i].scenario);
        const struct transport_ops *ops = NULL;
        char why[CHOOSE_WHY_BYTES];
        struct err e = {0};
        assert_int_equal(choose_transport(CHOOSE_AUTO, s, &ops, why, &e), 0);
        assert_ptr_equal(ops, cases[i].why == NULL ? &transport_direct : &transport_curl);
        assert_string_equal(why, cases[i].why != NULL                   ? cases[i].why
                                 : s->http.version == SCENARIO_HTTP_1_1 ? "HTTP/1.1 to one server"
                                                                        : "HTTP/2 to one server");
        assert_int_equal(choose_transport(CHOOSE_CURL, s, &ops, why, &e), 0);
        assert_ptr_equal(ops, &transport_curl);
        scenario_free(s);
    }
}

static void direct_is_refused_where_it_cannot(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scenario *s = parse(cases[i].scenario);
        const struct transport_ops *ops = NULL;
        char why[CHOOSE_WHY_BYTES], expected[256];
        struct err e = {0};
        int status = choose_transport(CHOOSE_DIRECT, s, &ops, why, &e);
        assert_int_equal(status, cases[i].why == NULL ? 0 : -1);
        snprintf(expected, sizeof expected,
                 "--transport direct does not support this: %s; use --transport auto, which uses "
                 "curl here",
                 cases[i].why == NULL ? "" : cases[i].why);
        assert_string_equal(status == 0 ? expected : e.text, expected);
        scenario_free(s);
    }
}

static void quickack_is_for_direct_only(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof quickack_cases / sizeof *quickack_cases; i++) {
        struct scenario *s = parse(quickack_cases[i].scenario);
        const struct transport_ops *ops = NULL;
        char why[CHOOSE_WHY_BYTES];
        struct err e = {0};
        int code = choose_transport(quickack_cases[i].wish, s, &ops, why, &e);
        assert_int_equal(code, quickack_cases[i].error == NULL ? 0 : -1);
        assert_string_equal(e.text, quickack_cases[i].error == NULL ? "" : quickack_cases[i].error);
        scenario_free(s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direct_is_taken_where_it_can),
        cmocka_unit_test(direct_is_refused_where_it_cannot),
        cmocka_unit_test(quickack_is_for_direct_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
