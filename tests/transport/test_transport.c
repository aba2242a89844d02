/* One suite for every transport: what it says of a request must be what the server did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include "support/patience.h"
#include "support/server.h"
#include "transport/curl.h"
#include "transport/direct.h"
#include "transport/transport.h"
#include "util/clock.h"

static const struct transport_ops *ops = &transport_curl;
static struct server server;

struct answer {
    struct transport_result result;
    char error[512];
    int calls;
};

struct bench {
    uv_loop_t loop;
    struct transport_options options;
    struct transport *transport;
    struct transport_session *session;
};

static void keep(void *context, const struct transport_result *result) {
    struct answer *a = context;
    a->result = *result;
    snprintf(a->error, sizeof a->error, "%s", result->error);
    a->calls++;
}

static void setup(struct bench *b) {
    struct err e;
    memset(b, 0, sizeof *b);
    uv_loop_init(&b->loop);
    b->options = (struct transport_options){
        .verify = true,
        .keepalive = true,
        .cookies = true,
        .connect_timeout_ns = 60 * NS_PER_S,
        .timeout_ns = 60 * NS_PER_S,
        .user_agent = "test/1",
    };
    assert_int_equal(ops->open(&b->loop, &b->options, &b->transport, &e), 0);
}

static struct transport_session *session(struct bench *b) {
    struct err e;
    struct transport_session *s = NULL;
    assert_int_equal(ops->session_open(b->transport, 0, &s, &e), 0);
    return s;
}

static void finish(struct bench *b) {
    if (b->session != NULL)
        ops->session_close(b->session);
    ops->close(b->transport);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
}

static void run_until(struct bench *b, const int *calls, int n) {
    while (*calls < n)
        loop_turn(&b->loop);
}

/* Sends one request and runs the loop until its callback has come. */
static struct answer send_request(struct bench *b, struct transport_session *s,
                                  const struct transport_request *r) {
    struct err e;
    void *compiled = NULL;
    struct answer a = {0};
    assert_int_equal(ops->request_new(b->transport, r, &compiled, &e), 0);
    ops->send(s, compiled, NULL, 0, keep, &a);
    assert_int_equal(a.calls, 0); /* never from within */
    run_until(b, &a.calls, 1);
    ops->request_free(compiled);
    return a;
}

static struct answer call(struct bench *b, const char *method, const char *path) {
    char url[256];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", server.port, path);
    if (b->session == NULL)
        b->session = session(b);
    struct answer a =
        send_request(b, b->session, &(struct transport_request){.method = method, .url = url});
    assert_true(a.result.end_ns >= a.result.sent_ns);
    return a;
}

struct expectation {
    const char *method, *path;
    enum outcome outcome;
    int status;
    int64_t body; /* bytes; -1: any */
    const char *error;
};

/* hostile.py's README says what each path does; the right column is what a user should read in a
 * report. */
static const struct expectation expectations[] = {
    {"GET", "/ok", OUTCOME_OK, 200, 48, ""},
    {"HEAD", "/ok", OUTCOME_OK, 200, 0, ""},
    {"DELETE", "/ok", OUTCOME_OK, 200, 48, ""},
    {"OPTIONS", "/ok", OUTCOME_OK, 200, 48, ""},
    {"GET", "/chunked", OUTCOME_OK, 200, 48, ""},
    {"GET", "/nocontent", OUTCOME_OK, 204, 0, ""},
    {"GET", "/100continue", OUTCOME_OK, 200, 48, ""},
    {"GET", "/close", OUTCOME_OK, 200, 48, ""},
    {"GET", "/trickle/5", OUTCOME_OK, 200, 5, ""},
    {"GET", "/redirect", OUTCOME_OK, 301, -1, ""},
    {"GET", "/status/404", OUTCOME_HTTP_ERROR, 404, -1, "HTTP 404"},
    {"GET", "/status/500", OUTCOME_HTTP_ERROR, 500, -1, "HTTP 500"},
    {"GET", "/status/399", OUTCOME_OK, 399, -1, ""},
    {"GET", "/reset", OUTCOME_RESET, 0, 0,
     "connection lost before a response"}, /* a kept connection */
    {"GET", "/reset", OUTCOME_RESET, 0, 0,
     "connection lost: Connection reset by peer"}, /* a new one */
    {"GET", "/reset-mid", OUTCOME_RESET, 200, -1, "connection lost: Connection reset by peer"},
    {"GET", "/short", OUTCOME_RESET, 200, 10, "connection closed before the response was complete"},
    {"GET", "/garbage", OUTCOME_PROTOCOL_ERROR, 0, 0, NULL},
    {"GET", "/huge/50000000", OUTCOME_OK, 200, 50000000, ""},
    {"GET", "/headers/200", OUTCOME_OK, 200, 48, ""},
};

static void each_behaviour_has_its_outcome(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        const struct expectation *x = &expectations[i];
        struct answer a = call(&b, x->method, x->path);
        if (a.result.outcome != x->outcome || a.result.status != x->status ||
            (x->body >= 0 && a.result.bytes_received != (uint64_t)x->body) ||
            (x->error != NULL && strcmp(a.error, x->error) != 0))
            fail_msg("%s %s: %s %d, %llu bytes, \"%s\"", x->method, x->path,
                     outcome_text((int)a.result.outcome), a.result.status,
                     (unsigned long long)a.result.bytes_received, a.error);
        assert_int_equal(*a.error == '\0', a.result.outcome == OUTCOME_OK);
        assert_int_equal(a.result.ttfb_ns < 0, a.result.status == 0);
    }
    finish(&b);
}

static void a_session_keeps_its_connection_and_no_other(void **state) {
    (void)state;
    struct bench b;
    struct transport_session *s[3];
    char url[64];
    setup(&b);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", server.port);
    struct transport_request r = {.method = "GET", .url = url};
    for (int i = 0; i < 3; i++)
        s[i] = session(&b);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 3; i++) {
            struct answer a = send_request(&b, s[i], &r);
            assert_int_equal(a.result.outcome, OUTCOME_OK);
            assert_int_equal(a.result.new_connection, round == 0);
            if (round > 0)
                assert_true(a.result.dns_ns == 0 && a.result.connect_ns == 0 &&
                            a.result.tls_ns == 0);
        }
    for (int i = 0; i < 3; i++)
        ops->session_close(s[i]);
    finish(&b);
}

/* libcurl would send it again: the server must see one request for the one that is counted. */
static void a_lost_request_is_not_sent_again(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(call(&b, "GET", "/ok").result.outcome, OUTCOME_OK);
        struct answer a = call(&b, "POST", "/reset?once");
        assert_int_equal(a.result.outcome, OUTCOME_RESET);
        assert_false(a.result.new_connection);
    }
    assert_int_equal(server_count(&server, "/reset?once"), 4);
    finish(&b);
}

static void cookies_are_a_users_own(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    assert_int_equal(call(&b, "GET", "/cookie").result.status, 403);
    assert_int_equal(call(&b, "GET", "/cookie").result.status, 200);
    struct transport_session *first = b.session;
    b.session = NULL;
    assert_int_equal(call(&b, "GET", "/cookie").result.status, 403);
    ops->session_close(first);
    finish(&b);
    setup(&b);
    b.options.cookies = false;
    call(&b, "GET", "/cookie");
    assert_int_equal(call(&b, "GET", "/cookie").result.status, 403);
    finish(&b);
}

static void a_body_and_its_headers_arrive(void **state) {
    (void)state;
    struct bench b;
    char url[64];
    static char body[3000000];
    static const struct transport_header headers[] = {
        {"X-One", "1"}, {"X-Empty", ""}, {"Content-Type", "a/b"}};
    setup(&b);
    b.session = session(&b);
    memset(body, 'x', sizeof body);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo?big", server.port);
    struct transport_request r = {.method = "PUT",
                                  .url = url,
                                  .headers = headers,
                                  .header_count = 3,
                                  .body = body,
                                  .body_bytes = sizeof body};
    struct answer a = send_request(&b, b.session, &r);
    assert_int_equal(a.result.outcome, OUTCOME_OK);
    assert_int_equal(a.result.bytes_sent, sizeof body);
    assert_int_equal(server_count(&server, "\"path\": \"/echo?big\""), 1);
    assert_int_equal(server_count(&server, "\"body_bytes\": 3000000"), 1);
    assert_int_equal(
        server_count(&server,
                     "[\"X-One\", \"1\"], [\"X-Empty\", \"\"], [\"Content-Type\", \"a/b\"]"),
        1);
    /* No 100-continue, whose wait would be counted as the target's time. */
    assert_int_equal(server_count(&server, "Expect"), 0);
    r = (struct transport_request){.method = "POST", .url = url};
    assert_int_equal(send_request(&b, b.session, &r).result.outcome, OUTCOME_OK);
    assert_int_equal(server_count(&server, "[\"Content-Length\", \"0\"]"), 1);
    assert_int_equal(server_count(&server, "x-www-form-urlencoded"), 0);
    finish(&b);
}

/* What comes of a request on a kept connection of a session that has this time. */
static struct answer call_within(struct bench *b, const struct patience *p, const char *path) {
    b->options.timeout_ns = p->ns;
    call(b, "GET", "/ok");
    struct answer a = call(b, "GET", path);
    ops->session_close(b->session);
    b->session = NULL;
    assert_int_equal(a.result.outcome, OUTCOME_TIMEOUT);
    assert_true(a.result.end_ns - a.result.sent_ns >= p->ns);
    return a;
}

static void limits_of_time_are_kept(void **state) {
    (void)state;
    static const struct {
        const char *path, *error; /* the time follows it */
        int status;
    } cases[] = {{"/hang", "no response within ", 0},
                 {"/trickle/1000", "the response was not complete within ", 200}};
    struct bench b;
    setup(&b);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct answer a = {0};
        char text[64] = "";
        for (size_t n = 0; n < PATIENCE_TRIES && (n == 0 || strcmp(a.error, text) != 0); n++) {
            a = call_within(&b, &patience[n], cases[i].path);
            snprintf(text, sizeof text, "%s%s", cases[i].error, patience[n].text);
        }
        assert_string_equal(a.error, text);
        assert_int_equal(a.result.status, cases[i].status);
    }
    finish(&b);
}

static void a_closed_port_is_a_connect_error(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    b.session = session(&b);
    struct answer a = send_request(
        &b, b.session, &(struct transport_request){.method = "GET", .url = "http://127.0.0.1:1/"});
    assert_int_equal(a.result.outcome, OUTCOME_CONNECT_ERROR);
    assert_string_equal(a.error, "cannot connect: Connection refused");
    a = send_request(
        &b, b.session,
        &(struct transport_request){.method = "GET", .url = "http://no-such-host.invalid/"});
    assert_int_equal(a.result.outcome, OUTCOME_DNS_ERROR);
    assert_int_equal(a.result.status, 0);
    finish(&b);
}

static void redirects_are_followed_when_asked(void **state) {
    (void)state;
    struct bench b;
    if (ops == &transport_direct)
        return; /* transport_choose() keeps redirects away from it */
    setup(&b);
    b.options.follow_redirects = true;
    assert_int_equal(call(&b, "GET", "/redirect").result.status, 200);
    struct answer a = call(&b, "GET", "/redirect-loop");
    assert_int_equal(a.result.outcome, OUTCOME_PROTOCOL_ERROR);
    assert_non_null(strstr(a.error, "redirects"));
    finish(&b);
}

static void gzip_is_decoded_when_asked(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    b.options.compressed = true;
    assert_int_equal(call(&b, "GET", "/gzip/100000").result.bytes_received, 100000);
    finish(&b);
}

static void without_keepalive_each_request_connects(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    b.options.keepalive = false;
    for (int i = 0; i < 3; i++)
        assert_true(call(&b, "GET", "/ok").result.new_connection);
    finish(&b);
}

static void a_server_that_closed_in_between_is_no_error(void **state) {
    (void)state;
    struct bench b;
    uv_timer_t timer;
    setup(&b);
    assert_int_equal(call(&b, "GET", "/idle-close").result.outcome, OUTCOME_OK);
    server_wait_disconnected(server.port);
    /* The loop sees it while idle, which must not spin or abort. */
    uv_timer_init(&b.loop, &timer);
    uv_timer_start(&timer, (uv_timer_cb)uv_stop, 100, 0);
    for (int i = 0; i < 200 && uv_is_active((uv_handle_t *)&timer); i++)
        uv_run(&b.loop, UV_RUN_ONCE);
    assert_false(uv_is_active((uv_handle_t *)&timer));
    uv_close((uv_handle_t *)&timer, NULL);
    struct answer a = call(&b, "GET", "/ok");
    assert_int_equal(a.result.outcome, OUTCOME_OK);
    assert_true(a.result.new_connection);
    finish(&b);
}

/* The server closes the kept connection and we do not see it until the next request is on its way:
 * its program cannot have seen that request, which is sent once more. (libcurl looks before it
 * sends, so that there is nothing to repeat.) */
static void a_request_that_met_a_closed_connection_is_sent_again(void **state) {
    (void)state;
    struct bench b;
    setup(&b);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call(&b, "GET", "/idle-close").result.outcome, OUTCOME_OK);
        server_wait_disconnected(server.port); /* our loop does not look */
        struct answer a = call(&b, "POST", "/ok?again");
        assert_int_equal(a.result.outcome, OUTCOME_OK);
        assert_string_equal(a.error, "");
        assert_true(a.result.new_connection);
        assert_int_equal(a.result.sent_again, ops == &transport_direct);
        assert_false(call(&b, "GET", "/ok").result.sent_again);
    }
    assert_int_equal(server_count(&server, "/ok?again"), 3);
    finish(&b);
}

/* The trace id is the run's digits and then the request's: W3C Trace Context,
 * "00-TRACE-SPAN-FLAGS". */
static void each_request_carries_its_trace(void **state) {
    (void)state;
    struct bench b;
    char url[64];
    void *compiled = NULL;
    struct err e;
    static const struct transport_header own[] = {{"TraceParent", "mine"}};
    setup(&b);
    b.session = session(&b);
    b.options.trace_run = "0123456789abcdef";
    snprintf(url, sizeof url, "http://127.0.0.1:%d/cookie?trace", server.port);
    struct transport_request r = {.method = "POST", .url = url, .body = "abc", .body_bytes = 3};
    assert_int_equal(ops->request_new(b.transport, &r, &compiled, &e), 0);
    static const uint64_t traces[] = {0, 0x00000007deadbeef};
    for (int i = 0; i < 2; i++) {
        struct answer a = {0};
        ops->send(b.session, compiled, NULL, traces[i], keep, &a);
        run_until(&b, &a.calls, 1);
        assert_int_equal(a.result.bytes_sent, 3);
        b.options.trace_sampled = true;
    }
    ops->request_free(compiled);
    assert_int_equal(server_count(&server,
                                  "[\"traceparent\", \"00-0123456789abcdef0000000000000000-"
                                  "8000000000000000-00\"]"),
                     1);
    assert_int_equal(server_count(&server,
                                  "[\"traceparent\", \"00-0123456789abcdef00000007deadbeef-"
                                  "80000007deadbeef-01\"]"),
                     1);
    r.headers = own;
    r.header_count = 1;
    send_request(&b, b.session, &r);
    assert_int_equal(server_count(&server, "[\"TraceParent\", \"mine\"]"), 1);
    assert_int_equal(server_count(&server, "\"traceparent\""), 2);
    finish(&b);
}

static void a_cancelled_request_ends_at_once(void **state) {
    (void)state;
    struct bench b;
    struct err e;
    char url[64];
    void *compiled = NULL;
    struct answer a = {0};
    setup(&b);
    b.session = session(&b);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/hang", server.port);
    struct transport_request r = {.method = "GET", .url = url};
    assert_int_equal(ops->request_new(b.transport, &r, &compiled, &e), 0);
    ops->send(b.session, compiled, NULL, 0, keep, &a);
    for (int i = 0; i < 5; i++)
        uv_run(&b.loop, UV_RUN_NOWAIT);
    ops->cancel(b.session);
    assert_int_equal(a.calls, 1);
    assert_int_equal(a.result.outcome, OUTCOME_CANCELLED);
    ops->cancel(b.session); /* nothing is under way */
    assert_int_equal(a.calls, 1);
    assert_int_equal(call(&b, "GET", "/ok").result.outcome, OUTCOME_OK);
    ops->request_free(compiled);
    finish(&b);
}

struct flood {
    struct bench *b;
    struct transport_session *session;
    void *compiled;
    int left, failed;
};

static void send_again(void *context, const struct transport_result *result) {
    struct flood *f = context;
    f->failed += result->outcome == OUTCOME_CONNECT_ERROR;
    if (--f->left > 0)
        ops->send(f->session, f->compiled, NULL, 0, send_again, f);
    else
        uv_stop(&f->b->loop);
}

static int ticks;

static void count_tick(uv_timer_t *timer) {
    (void)timer;
    ticks++;
}

/* Requests that fail at once, sent again from the callback: no recursion, no loss, and the loop's
 * other work goes on. */
static void instant_failures_do_not_starve_the_loop(void **state) {
    (void)state;
    struct bench b;
    struct err e;
    uv_timer_t timer;
    setup(&b);
    struct flood f = {.b = &b, .session = session(&b), .left = 3000};
    struct transport_request r = {.method = "GET", .url = "http://127.0.0.1:1/"};
    assert_int_equal(ops->request_new(b.transport, &r, &f.compiled, &e), 0);
    uv_timer_init(&b.loop, &timer);
    uv_timer_start(&timer, count_tick, 1, 1);
    ticks = 0;
    ops->send(f.session, f.compiled, NULL, 0, send_again, &f);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    assert_int_equal(f.failed, 3000);
    assert_true(ticks > 2);
    uv_close((uv_handle_t *)&timer, NULL);
    ops->session_close(f.session);
    ops->request_free(f.compiled);
    finish(&b);
}

static int start_server(void **state) {
    (void)state;
    server_start(&server, NULL);
    return transport_global_init(NULL);
}

static int stop_server(void **state) {
    (void)state;
    server_stop(&server);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_behaviour_has_its_outcome),
        cmocka_unit_test(a_session_keeps_its_connection_and_no_other),
        cmocka_unit_test(cookies_are_a_users_own),
        cmocka_unit_test(a_body_and_its_headers_arrive),
        cmocka_unit_test(a_lost_request_is_not_sent_again),
        cmocka_unit_test(limits_of_time_are_kept),
        cmocka_unit_test(a_closed_port_is_a_connect_error),
        cmocka_unit_test(redirects_are_followed_when_asked),
        cmocka_unit_test(gzip_is_decoded_when_asked),
        cmocka_unit_test(without_keepalive_each_request_connects),
        cmocka_unit_test(a_server_that_closed_in_between_is_no_error),
        cmocka_unit_test(a_request_that_met_a_closed_connection_is_sent_again),
        cmocka_unit_test(each_request_carries_its_trace),
        cmocka_unit_test(a_cancelled_request_ends_at_once),
        cmocka_unit_test(instant_failures_do_not_starve_the_loop),
    };
    /* A server that is gone must be an error of one request, not the end of the process; so does
     * the program. */
    signal(SIGPIPE, SIG_IGN);
    static const struct transport_ops *const all[] = {&transport_curl, &transport_direct};
    int failed = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ops = all[i];
        failed += cmocka_run_group_tests_name(ops->name, tests, start_server, stop_server);
    }
    return failed;
}
