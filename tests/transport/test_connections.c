/* How connections end, what is sent once more and what never is, by both transports, against what
 * the server saw. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include "support/server.h"
#include "transport/curl.h"
#include "transport/direct.h"
#include "transport/transport.h"
#include "util/clock.h"

static const struct transport_ops *ops;
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
    int port;
};

static void keep(void *context, const struct transport_result *result) {
    struct answer *a = context;
    a->result = *result;
    snprintf(a->error, sizeof a->error, "%s", result->error);
    a->calls++;
}

static void setup(struct bench *b, enum transport_retry retry) {
    struct err e;
    memset(b, 0, sizeof *b);
    b->port = server.port;
    uv_loop_init(&b->loop);
    b->options = (struct transport_options){
        .verify = true,
        .keepalive = true,
        .cookies = true,
        .retry = retry,
        .connect_timeout_ns = 60 * NS_PER_S,
        .timeout_ns = 60 * NS_PER_S,
        .user_agent = "test/1",
    };
    assert_int_equal(ops->open(&b->loop, &b->options, &b->transport, &e), 0);
}

static void finish(struct bench *b) {
    ops->session_close(b->session);
    ops->close(b->transport);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
}

/* Sends one request and runs the loop until its callback has come. */
static struct answer call(struct bench *b, const char *method, const char *path) {
    char url[256];
    struct err e;
    void *compiled = NULL;
    struct answer a = {0};
    bool body = strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", b->port, path);
    if (b->session == NULL)
        assert_int_equal(ops->session_open(b->transport, 0, &b->session, &e), 0);
    struct transport_request r = {
        .method = method, .url = url, .body = body ? "abc" : NULL, .body_bytes = body ? 3 : 0};
    assert_int_equal(ops->request_new(b->transport, &r, &compiled, &e), 0);
    ops->send(b->session, compiled, NULL, 0, keep, &a);
    while (a.calls == 0)
        loop_turn(&b->loop);
    ops->request_free(compiled);
    assert_true(a.result.end_ns >= a.result.sent_ns);
    return a;
}

/* What a thing of the kept connection is told by the next request, which makes a new one. */
static const struct {
    const char *path;
    enum connection_end end;
    bool kept; /* it is the second request of its connection */
} ends[] = {
    {"/close", CONNECTION_END_ANNOUNCED, true}, {"/lose", CONNECTION_END_LOST, true},
    {"/lose", CONNECTION_END_LOST, false},      {"/reset", CONNECTION_END_RESET, true},
    {"/reset", CONNECTION_END_RESET, false},    {"/short", CONNECTION_END_CUT, true},
    {"/reset-mid", CONNECTION_END_RESET, true}, {"/garbage", CONNECTION_END_CLIENT, true},
};

static void the_next_request_says_how_the_connection_ended(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct bench b;
        setup(&b, TRANSPORT_RETRY_NEVER);
        if (ends[i].kept)
            assert_int_equal(call(&b, "GET", "/ok").result.previous_end, CONNECTION_END_NONE);
        struct answer a = call(&b, "GET", ends[i].path);
        assert_int_equal(a.result.previous_end, CONNECTION_END_NONE);
        assert_int_equal(a.result.new_connection, !ends[i].kept);
        a = call(&b, "GET", "/ok");
        assert_int_equal(a.result.outcome, OUTCOME_OK);
        assert_true(a.result.new_connection);
        if (a.result.previous_end != ends[i].end)
            fail_msg("%s %s: %s", ops->name, ends[i].path,
                     connection_end_text((int)a.result.previous_end));
        /* It is told once. */
        a = call(&b, "GET", "/ok");
        assert_false(a.result.new_connection);
        assert_int_equal(a.result.previous_end, CONNECTION_END_NONE);
        finish(&b);
    }
}

/* How long the connection was idle that the server ended after its answer to the path. */
static int64_t idle_end(struct bench *b, const char *path, enum connection_end end) {
    struct answer a = call(b, "GET", path);
    /* The loop runs, so that the end is seen when it comes. */
    while (server_is_connected(b->port)) {
        uv_run(&b->loop, UV_RUN_NOWAIT);
        usleep(1000);
    }
    for (int i = 0; i < 3; i++)
        loop_turn(&b->loop);
    struct answer next = call(b, "GET", "/ok");
    assert_int_equal(next.result.outcome, OUTCOME_OK);
    assert_true(next.result.new_connection);
    assert_int_equal(next.result.previous_end, end);
    assert_true(next.result.previous_idle_ns > 0);
    assert_true(next.result.previous_idle_ns < next.result.sent_ns - a.result.end_ns);
    assert_false(next.result.sent_again);
    return next.result.previous_idle_ns;
}

static void idle_ends_say_how_long_it_was_idle(void **state) {
    (void)state;
    struct bench b;
    setup(&b, TRANSPORT_RETRY_NEVER);
    idle_end(&b, "/drop", CONNECTION_END_IDLE);
    /* After 50 ms. We may stand still before we read the answer, and then find the end behind it. */
    for (int i = 0; idle_end(&b, "/idle-close", CONNECTION_END_IDLE) <= 40 * NS_PER_MS; i++)
        assert_true(i < 9);
    /* After a reset, reading alone tells nothing but an end: libcurl takes the error before it for
     * life. */
    for (int i = 0; idle_end(&b, "/idle-reset", CONNECTION_END_RESET) <= 40 * NS_PER_MS; i++)
        assert_true(i < 9);
    finish(&b);
}

static void we_ended_it(void **state) {
    (void)state;
    struct bench b;
    setup(&b, TRANSPORT_RETRY_UNSEEN);
    b.options.keepalive = false;
    call(&b, "GET", "/ok");
    struct answer a = call(&b, "GET", "/ok");
    /* Whether the server's answer to our "Connection: close" says so as well is the server's
     * business; hostile.py does. */
    assert_int_equal(a.result.previous_end, CONNECTION_END_ANNOUNCED);
    finish(&b);
    setup(&b, TRANSPORT_RETRY_UNSEEN);
    b.options.timeout_ns = 200 * NS_PER_MS;
    assert_int_equal(call(&b, "GET", "/hang").result.outcome, OUTCOME_TIMEOUT);
    b.options.timeout_ns = 60 * NS_PER_S;
    finish(&b);
}

/* RFC 9110 9.2.2 */
static const struct {
    const char *method;
    bool again;
} methods[] = {{"GET", true},    {"HEAD", true},  {"OPTIONS", true}, {"TRACE", true}, {"PUT", true},
               {"DELETE", true}, {"POST", false}, {"PATCH", false},  {"PURGE", false}};

static void safe_sends_idempotent_requests_once_more(void **state) {
    (void)state;
    static const char *const paths[] = {"/lose-kept", "/reset-kept"};
    int sent = 0;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        for (int p = 0; p < 2; p++) {
            struct bench b;
            char path[64];
            snprintf(path, sizeof path, "%s?safe%d%s", paths[p], sent++, ops->name);
            setup(&b, TRANSPORT_RETRY_SAFE);
            assert_int_equal(call(&b, "GET", "/ok").result.outcome, OUTCOME_OK);
            struct answer a = call(&b, methods[i].method, path);
            assert_int_equal(a.result.sent_again, methods[i].again);
            assert_int_equal(a.result.new_connection, methods[i].again);
            assert_int_equal(a.result.outcome, methods[i].again ? OUTCOME_OK : OUTCOME_RESET);
            assert_int_equal(server_count(&server, path), methods[i].again ? 2 : 1);
            if (methods[i].again) {
                assert_true(a.result.resent_ns >= a.result.sent_ns);
                assert_true(a.result.end_ns >= a.result.resent_ns);
                assert_true(a.result.ttfb_ns >= a.result.resent_ns - a.result.sent_ns);
                assert_int_equal(a.result.previous_end,
                                 p == 0 ? CONNECTION_END_LOST : CONNECTION_END_RESET);
                assert_true(a.result.previous_idle_ns > 0);
            } else {
                assert_int_equal(a.result.resent_ns, 0);
                assert_string_equal(a.error, "connection lost before a response");
            }
            finish(&b);
        }
}

/* Nor a third time, nor after a part of an answer, nor on a new connection. */
static void once_more_is_all(void **state) {
    (void)state;
    static const struct {
        const char *path, *error;
        int seen;
        bool kept;
    } cases[] = {
        {"/lose?all", "connection closed without a response", 2, true},
        {"/reset?all", "connection lost: Connection reset by peer", 2, true},
        {"/lose?new", "connection closed without a response", 1, false},
        {"/short?all", "connection closed before the response was complete", 1, true},
        {"/reset-mid?all", "connection lost: Connection reset by peer", 1, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bench b;
        int before = server_count(&server, cases[i].path);
        setup(&b, TRANSPORT_RETRY_SAFE);
        if (cases[i].kept)
            assert_int_equal(call(&b, "GET", "/ok").result.outcome, OUTCOME_OK);
        struct answer a = call(&b, "GET", cases[i].path);
        assert_int_equal(a.result.outcome, OUTCOME_RESET);
        assert_string_equal(a.error, cases[i].error);
        assert_int_equal(a.result.sent_again, cases[i].seen == 2);
        assert_int_equal(server_count(&server, cases[i].path) - before, cases[i].seen);
        finish(&b);
    }
}

/* A request that the server's program has read is never repeated unless `safe` says so, however
 * often it happens. */
static void never_and_unseen_leave_it_lost(void **state) {
    (void)state;
    static const enum transport_retry retries[] = {TRANSPORT_RETRY_NEVER, TRANSPORT_RETRY_UNSEEN};
    for (int i = 0; i < 2; i++) {
        struct bench b;
        char path[64];
        setup(&b, retries[i]);
        snprintf(path, sizeof path, "/lose?seen%d%s", i, ops->name);
        for (int k = 0; k < 14; k++) {
            assert_int_equal(call(&b, "GET", "/ok").result.outcome, OUTCOME_OK);
            struct answer a = call(&b, "GET", path);
            assert_int_equal(a.result.outcome, OUTCOME_RESET);
            /* One text for all of them, also the sixth and the twelfth. */
            assert_string_equal(a.error, "connection lost before a response");
            assert_false(a.result.sent_again);
        }
        assert_int_equal(server_count(&server, path), 14);
        finish(&b);
    }
}

/* With `never` not even what the server cannot have seen. (libcurl looks before it sends, so this
 * cannot happen to curl.) */
static void never_is_never(void **state) {
    (void)state;
    struct bench b;
    setup(&b, TRANSPORT_RETRY_NEVER);
    assert_int_equal(call(&b, "GET", "/idle-close").result.outcome, OUTCOME_OK);
    server_wait_disconnected(b.port); /* our loop does not look */
    struct answer a = call(&b, "GET", "/ok?never");
    assert_int_equal(a.result.outcome, OUTCOME_RESET);
    assert_string_equal(a.error, "connection lost before a response");
    assert_int_equal(server_count(&server, "/ok?never"), 0);
    finish(&b);
}

static void a_servers_keep_alive_timeout_is_heeded(void **state) {
    (void)state;
    struct bench b;
    setup(&b, TRANSPORT_RETRY_NEVER);
    assert_int_equal(call(&b, "GET", "/keep/1000").result.outcome, OUTCOME_OK);
    usleep(600000);
    struct answer a = call(&b, "GET", "/keep/1");
    assert_false(a.result.new_connection);
    usleep(600000); /* of a second, a half is our margin */
    a = call(&b, "GET", "/ok");
    assert_int_equal(a.result.outcome, OUTCOME_OK);
    assert_true(a.result.new_connection);
    assert_false(a.result.sent_again);
    assert_int_equal(a.result.previous_end, CONNECTION_END_EXPIRED);
    assert_true(a.result.previous_idle_ns >= 600 * NS_PER_MS);
    /* The new connection knows nothing of it: /ok has no Keep-Alive. */
    usleep(600000);
    assert_false(call(&b, "GET", "/ok").result.new_connection);
    finish(&b);
}

static void the_version_is_that_of_the_answer(void **state) {
    (void)state;
    struct server old;
    static const char *const http10[] = {"--http1.0", NULL};
    struct bench b;
    setup(&b, TRANSPORT_RETRY_UNSEEN);
    assert_int_equal(call(&b, "GET", "/ok").result.http_version, HTTP_VERSION_1_1);
    assert_int_equal(call(&b, "GET", "/status/500").result.http_version, HTTP_VERSION_1_1);
    assert_int_equal(call(&b, "GET", "/lose").result.http_version, HTTP_VERSION_NONE);
    finish(&b);
    server_start(&old, http10);
    setup(&b, TRANSPORT_RETRY_UNSEEN);
    b.port = old.port;
    assert_int_equal(call(&b, "GET", "/ok").result.http_version, HTTP_VERSION_1_0);
    struct answer a = call(&b, "GET", "/ok");
    assert_true(a.result.new_connection);
    assert_int_equal(a.result.previous_end, CONNECTION_END_ANNOUNCED);
    finish(&b);
    server_stop(&old);
}

static int with_curl(void **state) {
    (void)state;
    ops = &transport_curl;
    return 0;
}

static int with_direct(void **state) {
    (void)state;
    ops = &transport_direct;
    return 0;
}

static int start(void **state) {
    (void)state;
    struct err e;
    server_start(&server, NULL);
    return transport_global_init(&e);
}

static int stop(void **state) {
    (void)state;
    server_stop(&server);
    return 0;
}

#define BOTH(test)                                                                                 \
    {#test ", curl", test, with_curl, NULL, NULL}, {                                               \
#test ", direct", test, with_direct, NULL, NULL                                            \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(the_next_request_says_how_the_connection_ended),
        BOTH(idle_ends_say_how_long_it_was_idle),
        BOTH(we_ended_it),
        BOTH(safe_sends_idempotent_requests_once_more),
        BOTH(once_more_is_all),
        BOTH(never_and_unseen_leave_it_lost),
        {"never_is_never, direct", never_is_never, with_direct, NULL, NULL},
        BOTH(a_servers_keep_alive_timeout_is_heeded),
        BOTH(the_version_is_that_of_the_answer),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
