/* Redirects as servers see them (RFC 9110 15.4): which request follows, with what, and how it ends.
 * `curl` alone follows them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/user.h"
#include "transport/curl.h"

static struct canned server, other;

#define MOVED(status, location)                                                                    \
    "HTTP/1.1 " status " Moved\r\nLocation: " location "\r\nContent-Length: 5\r\n\r\nmoved"

static void start(struct user *u, const struct canned_answer *answers) {
    *u = (struct user){.options = {.cookies = true, .follow_redirects = true}};
    canned_start(&server, answers);
    canned_start(&other, NULL);
    begin(u, &transport_curl);
}

static void stop(struct user *u) {
    end(u);
    canned_stop(&server);
    canned_stop(&other);
}

/* A request to the first server; a body where `type` is not NULL. */
static struct seen send_to(struct user *u, const char *method, const char *path, const char *body) {
    static const struct transport_header headers[] = {
        {"Content-Type", "text/x-test"}, {"Content-Language", "de"}, {"X-Own", "1"}};
    char url[256];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server.port, path);
    return call(u,
                &(struct transport_request){.method = method,
                                            .url = url,
                                            .headers = headers + (body == NULL ? 2 : 0),
                                            .header_count = body == NULL ? 1 : 3,
                                            .body = body,
                                            .body_bytes = body == NULL ? 0 : strlen(body),
                                            .keep_head = true,
                                            .keep_body_bytes = 100},
                NULL);
}

static void assert_line(const struct canned *c, int k, const char *line) {
    size_t n = strlen(line);
    if (k >= c->count || strncmp(c->heads[k], line, n) != 0 || c->heads[k][n] != ' ')
        fail_msg("request %d is not %s but %.80s", k, line, k < c->count ? c->heads[k] : "(none)");
}

static void method_and_body_follow_the_status(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {{.path = "/301", .bytes = MOVED("301", "/to")},
                                                   {.path = "/302", .bytes = MOVED("302", "/to")},
                                                   {.path = "/303", .bytes = MOVED("303", "/to")},
                                                   {.path = "/307", .bytes = MOVED("307", "/to")},
                                                   {.path = "/308", .bytes = MOVED("308", "/to")},
                                                   {0}};
    static const struct {
        const char *method, *path, *body, *then;
        bool with_body;
    } cases[] = {
        {"GET", "/301", NULL, "GET", false},       {"GET", "/303", NULL, "GET", false},
        {"GET", "/308", NULL, "GET", false},       {"POST", "/301", "abc", "GET", false},
        {"POST", "/302", "abc", "GET", false},     {"POST", "/303", "abc", "GET", false},
        {"POST", "/307", "abc", "POST", true},     {"POST", "/308", "abc", "POST", true},
        {"PUT", "/301", "abc", "PUT", true},       {"PUT", "/302", "abc", "PUT", true},
        {"PUT", "/303", "abc", "GET", false},      {"PATCH", "/303", "abc", "GET", false},
        {"DELETE", "/302", NULL, "DELETE", false}, {"DELETE", "/303", NULL, "GET", false},
        {"REPORT", "/303", "abc", "GET", false},   {"GET", "/303", "abc", "GET", false},
    };
    for (size_t k = 0; k < ALL(cases); k++) {
        struct user u;
        char line[64];
        start(&u, answers);
        struct seen seen = send_to(&u, cases[k].method, cases[k].path, cases[k].body);
        /* The same again: nothing of the redirect is left behind. */
        struct seen again = send_to(&u, cases[k].method, cases[k].path, cases[k].body);
        stop(&u);
        print_message("%s %s\n", cases[k].method, cases[k].path);
        assert_int_equal(seen.outcome, OUTCOME_OK);
        assert_int_equal(seen.status, 200);
        assert_string_equal(seen.body, "ok");
        assert_int_equal(seen.received, 2);
        assert_null(strstr(seen.head, "Location"));
        assert_true(seen.new_connection && !again.new_connection);
        assert_int_equal(server.count, 4);
        for (int from = 0; from < 4; from += 2) {
            size_t body = cases[k].body == NULL ? 0 : strlen(cases[k].body);
            snprintf(line, sizeof line, "%s %s", cases[k].method, cases[k].path);
            assert_line(&server, from, line);
            assert_int_equal(server.body_bytes[from], body);
            snprintf(line, sizeof line, "%s /to", cases[k].then);
            assert_line(&server, from + 1, line);
            assert_int_equal(server.body_bytes[from + 1], cases[k].with_body ? body : 0);
            assert_header(&server, from + 1, "Content-Type",
                          cases[k].with_body ? "text/x-test" : "(none)");
            assert_header(&server, from + 1, "Content-Language",
                          cases[k].with_body ? "de" : "(none)");
            if (!cases[k].with_body)
                assert_header(&server, from + 1, "Transfer-Encoding", "(none)");
            assert_header(&server, from + 1, "X-Own", "1");
        }
        assert_int_equal(seen.sent, (cases[k].body == NULL ? 0 : 3) * (cases[k].with_body ? 2 : 1));
    }
}

static void head_stays_head(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/303", .bytes = "HTTP/1.1 303 See\r\nLocation: /to\r\n\r\n"}, {0}};
    struct user u;
    start(&u, answers);
    struct seen seen = send_to(&u, "HEAD", "/303", NULL);
    stop(&u);
    assert_int_equal(seen.status, 200);
    assert_line(&server, 1, "HEAD /to");
}

/* What is secret goes no further than scheme, host and port, and does not come back. */
static void secrets_stay_with_their_origin(void **state) {
    (void)state;
    static const struct transport_header headers[] = {{"Authorization", "Bearer x"},
                                                      {"Cookie", "own=1"},
                                                      {"Host", "site.example"},
                                                      {"X-Own", "1"}};
    struct user u;
    char away[128], back[128], url[128];
    start(&u, NULL);
    snprintf(away, sizeof away, MOVED("302", "http://127.0.0.1:%d/away"), other.port);
    snprintf(back, sizeof back, MOVED("302", "http://127.0.0.1:%d/back"), server.port);
    const struct canned_answer first[] = {
        {.path = "/here", .bytes = MOVED("302", "/still")}, {.path = "/still", .bytes = away}, {0}};
    const struct canned_answer second[] = {
        {.path = "/away", .bytes = MOVED("302", "/on")}, {.path = "/on", .bytes = back}, {0}};
    server.answers = first;
    other.answers = second;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/here", server.port);
    struct seen seen =
        call(&u,
             &(struct transport_request){
                 .method = "GET", .url = url, .headers = headers, .header_count = ALL(headers)},
             NULL);
    stop(&u);
    assert_int_equal(seen.status, 200);
    for (int k = 0; k < 2; k++) {
        assert_header(&server, k, "Authorization", "Bearer x");
        assert_header(&server, k, "Cookie", "own=1");
        assert_header(&server, k, "Host", "site.example");
    }
    snprintf(url, sizeof url, "127.0.0.1:%d", other.port);
    for (int k = 0; k < 2; k++) {
        assert_header(&other, k, "Authorization", "(none)");
        assert_header(&other, k, "Cookie", "(none)");
        assert_header(&other, k, "Host", url);
        assert_header(&other, k, "X-Own", "1");
    }
    snprintf(url, sizeof url, "127.0.0.1:%d", server.port);
    assert_line(&server, 2, "GET /back");
    assert_header(&server, 2, "Authorization", "(none)");
    assert_header(&server, 2, "Cookie", "(none)");
    assert_header(&server, 2, "Host", url);
}

/* A server builds its Location of the Host that it was asked with; that is this server, not whoever
 * has the name in the world. */
static void a_location_of_ones_own_host_is_the_same_server(void **state) {
    (void)state;
    static const struct transport_header headers[] = {{"Authorization", "Bearer x"},
                                                      {"Host", "Site.example"}};
    static const char *const hosts[] = {"site.example", "SITE.example:80", "site.example:"};
    for (size_t k = 0; k < ALL(hosts); k++) {
        struct user u;
        char host[64], answer[256], url[64];
        start(&u, NULL);
        snprintf(host, sizeof host, "%s", hosts[k]);
        if (k == 2)
            snprintf(host, sizeof host, "%s%d", hosts[k], server.port);
        snprintf(answer, sizeof answer, MOVED("302", "http://%s/to?a=b"), host);
        const struct canned_answer answers[] = {{.path = "/here", .bytes = answer}, {0}};
        server.answers = answers;
        snprintf(url, sizeof url, "http://127.0.0.1:%d/here", server.port);
        struct seen seen =
            call(&u,
                 &(struct transport_request){
                     .method = "GET", .url = url, .headers = headers, .header_count = ALL(headers)},
                 NULL);
        stop(&u);
        assert_string_equal(seen.error, "");
        assert_line(&server, 1, "GET /to?a=b");
        assert_header(&server, 1, "Host", "Site.example");
        assert_header(&server, 1, "Authorization", "Bearer x");
    }
}

/* Four hops of at least 200 ms each are not done within 500 ms, however quick the machine is: the
 * limit is of all. */
static void the_limit_of_time_is_of_the_whole_chain(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/1", .bytes = MOVED("302", "/2"), .delay_ms = 200},
        {.path = "/2", .bytes = MOVED("302", "/3"), .delay_ms = 200},
        {.path = "/3", .bytes = MOVED("302", "/4"), .delay_ms = 200},
        {.path = "/4", .bytes = MOVED("302", "/5"), .delay_ms = 200},
        {0}};
    struct user u = {
        .options = {.cookies = true, .follow_redirects = true, .timeout_ns = 500 * NS_PER_MS}};
    canned_start(&server, answers);
    canned_start(&other, NULL);
    begin(&u, &transport_curl);
    struct seen seen = send_to(&u, "GET", "/1", NULL);
    stop(&u);
    assert_int_equal(seen.outcome, OUTCOME_TIMEOUT);
    assert_true(seen.took_ns >= 490 * NS_PER_MS); /* libcurl counts whole milliseconds */
    assert_true(server.count < 5);
}

/* A user's name in the URL is authorization, too. */
static void a_users_name_stays_as_well(void **state) {
    (void)state;
    struct user u;
    char away[128], here[128], url[128];
    start(&u, NULL);
    snprintf(here, sizeof here, MOVED("302", "http://127.0.0.1:%d/still"), server.port);
    snprintf(away, sizeof away, MOVED("302", "http://127.0.0.1:%d/away"), other.port);
    const struct canned_answer first[] = {
        {.path = "/here", .bytes = here}, {.path = "/still", .bytes = away}, {0}};
    server.answers = first;
    snprintf(url, sizeof url, "http://me:p%%40ss@127.0.0.1:%d/here", server.port);
    call(&u, &(struct transport_request){.method = "GET", .url = url}, NULL);
    stop(&u);
    assert_header(&server, 0, "Authorization", "Basic bWU6cEBzcw=="); /* me:p@ss */
    assert_header(&server, 1, "Authorization", "Basic bWU6cEBzcw==");
    assert_header(&other, 0, "Authorization", "(none)");
}

/* Each hop has the cookies that are its own; what one sets the next one gets. */
static void cookies_are_kept_from_hop_to_hop(void **state) {
    (void)state;
    struct user u;
    char away[256];
    start(&u, NULL);
    snprintf(away, sizeof away,
             "HTTP/1.1 302 F\r\nSet-Cookie: deep=3; Path=/in/side\r\nSet-Cookie: one=; Path=/; "
             "Max-Age=0\r\n"
             "Location: http://localhost:%d/\r\nContent-Length: 0\r\n\r\n",
             server.port);
    const struct canned_answer answers[] = {
        {.path = "/login",
         .bytes = "HTTP/1.1 303 S\r\nSet-Cookie: one=1; Path=/\r\nSet-Cookie: two=2; Secure\r\n"
                  "Location: /in/side\r\nContent-Length: 0\r\n\r\n"},
        {.path = "/in/side", .bytes = away},
        {0}};
    server.answers = answers;
    send_to(&u, "POST", "/login", "x");
    send_to(&u, "GET", "/in/side/x", NULL);
    stop(&u);
    assert_header(&server, 0, "Cookie", "(none)");
    assert_header(&server, 1, "Cookie", "one=1; two=2");
    assert_header(&server, 2, "Cookie", "(none)"); /* localhost is another host than 127.0.0.1 */
    assert_header(&server, 3, "Cookie", "deep=3; two=2");
}

static void locations_are_resolved(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"to", "/a/b/to"},       {"../to", "/a/to"},
        {"../../../to", "/to"},  {"?q=1", "/a/b/from?q=1"},
        {"/x/./y/../z", "/x/z"}, {"/sp ace/\xc3\xa4", "/sp%20ace/%c3%a4"},
        {"/to#part", "/to"},     {"/done%2Fit?a=%26", "/done%2Fit?a=%26"},
    };
    for (size_t k = 0; k < ALL(cases); k++) {
        struct user u;
        char answer[256], line[128];
        snprintf(answer, sizeof answer, MOVED("302", "%s"), cases[k][0]);
        const struct canned_answer answers[] = {{.path = "/a/b/from", .bytes = answer}, {0}};
        /* "?q=1" leads to the same path: the second answer is another one. */
        start(&u, answers);
        struct seen seen = send_to(&u, "GET", k == 3 ? "/a/b/from" : "/a/b/from?old=1", NULL);
        stop(&u);
        snprintf(line, sizeof line, "GET %s", cases[k][1]);
        print_message("%s\n", cases[k][0]);
        assert_line(&server, 1, line);
        if (k != 3)
            assert_int_equal(seen.status, 200);
    }
}

/* RFC 5891: bücher has the A-label xn--bcher-kva, as in RFC 3492 and every browser. */
static void an_international_name_is_asked_for_by_its_labels(void **state) {
    (void)state;
    /* In octal, where a digit of hex cannot be one of the name's letters. */
    static const char *const hosts[] = {"b\303\274cher.invalid", "B%C3%9Ccher.INVALID",
                                        "xn--bcher-kva.invalid"};
    for (size_t k = 0; k < ALL(hosts); k++) {
        struct user u = {.options = {.cookies = true, .follow_redirects = true}};
        char answer[256], host[64], resolve[96];
        canned_start(&other, NULL);
        snprintf(host, sizeof host, "xn--bcher-kva.invalid:%d", other.port);
        snprintf(resolve, sizeof resolve, "%s:127.0.0.1", host);
        const char *const given[] = {resolve};
        u.options.resolve = given;
        u.options.resolve_count = 1;
        snprintf(answer, sizeof answer,
                 "HTTP/1.1 302 F\r\nLocation: http://%s:%d/to\r\nContent-Length: 0\r\n\r\n",
                 hosts[k], other.port);
        const struct canned_answer answers[] = {{.path = "/from", .bytes = answer}, {0}};
        canned_start(&server, answers);
        begin(&u, &transport_curl);
        struct seen seen = send_to(&u, "GET", "/from", NULL);
        stop(&u);
        print_message("%s: %d \"%s\"\n", hosts[k], seen.status, seen.error);
        assert_int_equal(seen.status, 200);
        assert_line(&other, 0, "GET /to");
        assert_non_null(strstr(other.heads[0], host));
    }
}

static void without_a_way_on_the_answer_stands(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/none", .bytes = "HTTP/1.1 302 F\r\nContent-Length: 2\r\n\r\nok"},
        {.path = "/empty", .bytes = "HTTP/1.1 302 F\r\nLocation:\r\nContent-Length: 2\r\n\r\nok"},
        {.path = "/300", .bytes = MOVED("300", "/to")},
        {.path = "/304", .bytes = "HTTP/1.1 304 N\r\nLocation: /to\r\n\r\n"},
        {.path = "/201", .bytes = MOVED("201", "/to")},
        {0}};
    static const int statuses[] = {302, 302, 300, 304, 201};
    struct user u;
    start(&u, answers);
    for (size_t k = 0; k + 1 < ALL(answers); k++) {
        struct seen seen = send_to(&u, "GET", answers[k].path, NULL);
        print_message("%s: %d \"%s\"\n", answers[k].path, seen.status, seen.error);
        assert_int_equal(seen.outcome, OUTCOME_OK);
        assert_int_equal(seen.status, statuses[k]);
    }
    stop(&u);
    assert_int_equal(server.count, 5);
}

static void a_way_that_cannot_be_gone_is_an_error(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/file", .bytes = MOVED("302", "file:///etc/passwd")},
        {.path = "/ftp", .bytes = MOVED("301", "ftp://127.0.0.1/x")},
        {.path = "/broken", .bytes = MOVED("301", "http://[::1/x")},
        {.path = "/loop", .bytes = MOVED("302", "/loop")},
        {0}};
    struct user u;
    start(&u, answers);
    for (size_t k = 0; k < 3; k++) {
        struct seen seen = send_to(&u, "GET", answers[k].path, NULL);
        assert_int_equal(seen.outcome, OUTCOME_PROTOCOL_ERROR);
        assert_string_equal(seen.error, "a redirect to a URL that is not http or https");
        assert_int_equal(seen.status, 301 + (k == 0));
    }
    struct seen seen = send_to(&u, "GET", "/loop", NULL);
    struct seen after = send_to(&u, "GET", "/ok", NULL);
    stop(&u);
    assert_int_equal(seen.outcome, OUTCOME_PROTOCOL_ERROR);
    assert_string_equal(seen.error, "more than 10 redirects");
    assert_int_equal(seen.status, 302);
    assert_int_equal(server.count, 3 + 11 + 1);
    assert_int_equal(after.outcome, OUTCOME_OK);
}

/* A whole chain is one request: its failure is that of the last hop, its phases are those of
 * all. */
static void a_chain_is_one_request(void **state) {
    (void)state;
    struct user u;
    char away[128];
    start(&u, NULL);
    snprintf(away, sizeof away, MOVED("302", "http://127.0.0.1:%d/away"), other.port);
    const struct canned_answer first[] = {{.path = "/here", .bytes = away}, {0}};
    const struct canned_answer second[] = {
        {.path = "/away", .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", .close = true},
        {0}};
    server.answers = first;
    struct seen seen = send_to(&u, "GET", "/here", NULL);
    struct seen warm = send_to(&u, "GET", "/here", NULL);
    other.answers = second;
    struct seen cut = send_to(&u, "GET", "/here", NULL);
    stop(&u);
    assert_int_equal(seen.status, 200);
    assert_true(seen.new_connection && seen.ttfb_ns > 0 && seen.ttfb_ns <= seen.took_ns);
    assert_int_equal(warm.status, 200);
    assert_int_equal(cut.outcome, OUTCOME_RESET);
    assert_int_equal(cut.status, 200);
}

/* The body that was given with the sending goes along, where it has to, and the headers. */
static void what_varies_goes_along(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {{.path = "/p/307", .bytes = MOVED("307", "to")},
                                                   {.path = "/p/303", .bytes = MOVED("303", "to")},
                                                   {0}};
    static const struct transport_header headers[] = {
        {"X-V", NULL}, {"Cookie", NULL}, {"Authorization", NULL}};
    static const struct bytes values[] = {{"v", 1}, {"c=1", 3}, {"A", 1}};
    static const char *const paths[] = {"/p/307?x", "/p/303"};
    struct user u;
    char url[64];
    start(&u, answers);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
    for (size_t k = 0; k < 2; k++)
        call(&u,
             &(struct transport_request){.method = "POST",
                                         .url = url,
                                         .headers = headers,
                                         .header_count = ALL(headers),
                                         .path_varies = true,
                                         .body_varies = true},
             &(struct transport_parts){
                 .path = {paths[k], strlen(paths[k])}, .values = values, .body = {"hello", 5}});
    stop(&u);
    assert_int_equal(server.count, 4);
    assert_line(&server, 1, "POST /p/to");
    assert_int_equal(server.body_bytes[1], 5);
    assert_line(&server, 3, "GET /p/to");
    assert_int_equal(server.body_bytes[3], 0);
    for (int k = 0; k < 4; k++) {
        assert_header(&server, k, "X-V", "v");
        assert_header(&server, k, "Cookie", "c=1");
        assert_header(&server, k, "Authorization", "A");
    }
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(method_and_body_follow_the_status),
        cmocka_unit_test(head_stays_head),
        cmocka_unit_test(secrets_stay_with_their_origin),
        cmocka_unit_test(a_users_name_stays_as_well),
        cmocka_unit_test(a_location_of_ones_own_host_is_the_same_server),
        cmocka_unit_test(the_limit_of_time_is_of_the_whole_chain),
        cmocka_unit_test(cookies_are_kept_from_hop_to_hop),
        cmocka_unit_test(locations_are_resolved),
        cmocka_unit_test(an_international_name_is_asked_for_by_its_labels),
        cmocka_unit_test(without_a_way_on_the_answer_stands),
        cmocka_unit_test(a_way_that_cannot_be_gone_is_an_error),
        cmocka_unit_test(a_chain_is_one_request),
        cmocka_unit_test(what_varies_goes_along),
    };
    if (transport_global_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
