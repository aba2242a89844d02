/* Cookies and redirects as a server sees them: the heads that each transport sent are held to what
 * RFC 6265 and RFC 9110 say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/user.h"

static struct canned server;

#define OK_WITH(lines) "HTTP/1.1 200 OK\r\n" lines "Content-Length: 2\r\n\r\nok"

/* ---- cookies ---- */

static void one_cookie_line_of_the_jar_and_ones_own(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/login", .bytes = OK_WITH("Set-Cookie: sid=jar; Path=/\r\nSet-Cookie: b=2\r\n")},
        {0}};
    static const struct transport_header fixed[] = {{"X-A", "1"}, {"cookie", "own=1; sid=mine"}};
    static const struct transport_header varying[] = {
        {"X-B", NULL}, {"Cookie", NULL}, {"Host", NULL}, {"X-C", NULL}};
    for (int i = 0; i < 2; i++) {
        struct user u = {.options = {.cookies = true}};
        canned_start(&server, answers);
        begin(&u, both[i]);
        get(&u, "127.0.0.1", server.port, "/before", fixed, ALL(fixed));
        get(&u, "127.0.0.1", server.port, "/login", NULL, 0);
        get(&u, "127.0.0.1", server.port, "/after", fixed, ALL(fixed));
        get(&u, "127.0.0.1", server.port, "/plain", NULL, 0);
        char url[64];
        snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
        const struct bytes values[] = {{"vb", 2}, {"b=own", 5}, {"127.0.0.1:1", 11}, {"vc", 2}};
        call(&u,
             &(struct transport_request){
                 .method = "GET", .url = url, .headers = varying, .header_count = ALL(varying)},
             &(struct transport_parts){.values = values});
        end(&u);
        canned_stop(&server);
        assert_header(&server, 0, "Cookie", "own=1; sid=mine");
        assert_header(&server, 1, "Cookie", "(none)");
        assert_header(&server, 2, "Cookie", "own=1; sid=mine; b=2");
        assert_header(&server, 3, "Cookie", "sid=jar; b=2");
        assert_header(&server, 4, "Cookie", "b=own; sid=jar");
        assert_header(&server, 4, "X-B", "vb");
        assert_header(&server, 4, "X-C", "vc");
        assert_header(&server, 4, "Host", "127.0.0.1:1");
    }
}

static void without_a_jar_ones_own_is_sent_alone(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/login", .bytes = OK_WITH("Set-Cookie: sid=jar\r\n")}, {0}};
    static const struct transport_header own[] = {{"Cookie", "own=1"}};
    for (int i = 0; i < 2; i++) {
        struct user u = {0};
        canned_start(&server, answers);
        begin(&u, both[i]);
        get(&u, "127.0.0.1", server.port, "/login", NULL, 0);
        get(&u, "127.0.0.1", server.port, "/", own, ALL(own));
        get(&u, "127.0.0.1", server.port, "/", NULL, 0);
        end(&u);
        canned_stop(&server);
        assert_header(&server, 1, "Cookie", "own=1");
        assert_header(&server, 2, "Cookie", "(none)");
    }
}

/* The Host header names the site (RFC 6265 5.3); whether the way is secure is the connection's. */
static void the_site_is_that_of_the_host_header(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/login",
         .bytes = OK_WITH("Set-Cookie: site=1; Domain=example.com; Path=/\r\n"
                          "Set-Cookie: host=2; Path=/\r\n"
                          "Set-Cookie: sec=3; Secure; Path=/\r\n"
                          "Set-Cookie: other=4; Domain=127.0.0.1; Path=/\r\n")},
        {0}};
    static const struct transport_header shop[] = {{"Host", "Shop.Example.com:8080"}};
    static const struct transport_header blog[] = {{"host", "blog.example.com"}};
    for (int i = 0; i < 2; i++) {
        struct user u = {.options = {.cookies = true}};
        canned_start(&server, answers);
        begin(&u, both[i]);
        get(&u, "127.0.0.1", server.port, "/login", shop, 1);
        get(&u, "127.0.0.1", server.port, "/", shop, 1);
        get(&u, "127.0.0.1", server.port, "/", blog, 1);
        get(&u, "127.0.0.1", server.port, "/", NULL, 0);
        get(&u, "127.0.0.1", server.port, "/login", NULL, 0);
        get(&u, "127.0.0.1", server.port, "/", NULL, 0);
        end(&u);
        canned_stop(&server);
        assert_header(&server, 1, "Cookie", "site=1; host=2; sec=3");
        assert_header(&server, 2, "Cookie", "site=1");
        assert_header(&server, 3, "Cookie", "(none)");
        assert_header(&server, 5, "Cookie", "host=2; sec=3; other=4");
    }
}

static void secure_cookies_need_tls_or_loopback(void **state) {
    (void)state;
    static const struct {
        const char *host;
        bool secure;
    } cases[] = {
        {"127.0.0.1", true},     {"127.1.2.3", true},          {"localhost", true},
        {"app.localhost", true}, {"shop.example", false},      {"localhost.example", false},
        {"notlocalhost", false}, {"127.0.0.1.example", false},
    };
    static const struct canned_answer answers[] = {
        {.path = "/login",
         .bytes = OK_WITH("Set-Cookie: a=1\r\nSet-Cookie: b=2; Secure\r\n"
                          "Set-Cookie: __Host-c=3; Secure; Path=/\r\n")},
        {0}};
    for (size_t k = 0; k < ALL(cases); k++)
        for (int i = 0; i < 2; i++) {
            char resolve[128];
            const char *const names[] = {resolve};
            struct user u = {.options = {.cookies = true, .resolve = names, .resolve_count = 1}};
            canned_start(&server, answers);
            snprintf(resolve, sizeof resolve, "%s:%d:127.0.0.1", cases[k].host, server.port);
            begin(&u, both[i]);
            get(&u, cases[k].host, server.port, "/login", NULL, 0);
            get(&u, cases[k].host, server.port, "/", NULL, 0);
            end(&u);
            canned_stop(&server);
            assert_header(&server, 1, "Cookie", cases[k].secure ? "a=1; b=2; __Host-c=3" : "a=1");
        }
}

/* Interim answers and trailers set no cookie (RFC 9110 6.5.1); an answer that is cut short has set
 * its own. */
static void only_the_head_of_the_answer_sets_cookies(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/trailer",
         .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=1\r\n\r\n"
                  "2\r\nok\r\n0\r\nSet-Cookie: b=2\r\nX-T: v\r\n\r\n"},
        {.path = "/interim",
         .bytes =
             "HTTP/1.1 103 Early Hints\r\nSet-Cookie: c=3\r\n\r\n" OK_WITH("Set-Cookie: d=4\r\n")},
        {.path = "/cut",
         .bytes = "HTTP/1.1 200 OK\r\nSet-Cookie: e=5\r\nContent-Length: 10\r\n\r\nok",
         .close = true},
        {.path = "/empty", .bytes = "HTTP/1.1 204 No\r\nSet-Cookie: f=6\r\n\r\n"},
        {.path = "/expired",
         .bytes = OK_WITH("Set-Cookie: a=; expires=Thu, 01-Jan-70 00:00:00 GMT\r\n")},
        {0}};
    for (int i = 0; i < 2; i++) {
        struct user u = {.options = {.cookies = true}};
        canned_start(&server, answers);
        begin(&u, both[i]);
        get(&u, "127.0.0.1", server.port, "/trailer", NULL, 0);
        get(&u, "127.0.0.1", server.port, "/interim", NULL, 0);
        assert_int_equal(get(&u, "127.0.0.1", server.port, "/cut", NULL, 0).outcome, OUTCOME_RESET);
        get(&u, "127.0.0.1", server.port, "/empty", NULL, 0);
        get(&u, "127.0.0.1", server.port, "/expired", NULL, 0);
        get(&u, "127.0.0.1", server.port, "/", NULL, 0);
        end(&u);
        canned_stop(&server);
        assert_header(&server, 4, "Cookie", "a=1; d=4; e=5; f=6");
        assert_header(&server, 5, "Cookie", "d=4; e=5; f=6");
    }
}

/* The path that a cookie goes by is the one that is sent, where it varies too. */
static void paths_that_vary_choose_cookies(void **state) {
    (void)state;
    static const struct canned_answer answers[] = {
        {.path = "/shop/login", .bytes = OK_WITH("Set-Cookie: in=1\r\n")}, {0}};
    static const char *const paths[] = {"/shop/login?next=/x", "/shop/cart?a=/b", "/other/shop/",
                                        "/shop"};
    for (int i = 0; i < 2; i++) {
        struct user u = {.options = {.cookies = true}};
        char url[64];
        canned_start(&server, answers);
        begin(&u, both[i]);
        snprintf(url, sizeof url, "http://127.0.0.1:%d/", server.port);
        for (size_t k = 0; k < ALL(paths); k++)
            call(&u, &(struct transport_request){.method = "GET", .url = url, .path_varies = true},
                 &(struct transport_parts){.path = {paths[k], strlen(paths[k])}});
        end(&u);
        canned_stop(&server);
        assert_header(&server, 1, "Cookie", "in=1");
        assert_header(&server, 2, "Cookie", "(none)");
        assert_header(&server, 3, "Cookie", "in=1");
    }
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_cookie_line_of_the_jar_and_ones_own),
        cmocka_unit_test(without_a_jar_ones_own_is_sent_alone),
        cmocka_unit_test(the_site_is_that_of_the_host_header),
        cmocka_unit_test(secure_cookies_need_tls_or_loopback),
        cmocka_unit_test(only_the_head_of_the_answer_sets_cookies),
        cmocka_unit_test(paths_that_vary_choose_cookies),
    };
    if (transport_global_init(NULL) != 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
