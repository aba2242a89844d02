/* Users that share connections of HTTP/2: how many connections a server sees, who reports them, and
 * what happens to all when one of them ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include "support/patience.h"
#include "support/scratch.h"
#include "support/server.h"
#include "transport/direct.h"
#include "transport/transport.h"
#include "util/clock.h"

#define USERS_MAX 7

struct user {
    struct transport_session *session;
    struct transport_result result;
    char error[512];
    int done;
};

struct bench {
    uv_loop_t loop;
    struct transport_options options;
    struct transport *transport;
    void *request;
    size_t count;
    struct user users[USERS_MAX];
};

static void keep(void *context, const struct transport_result *r) {
    struct user *u = context;
    u->result = *r;
    u->done++;
    snprintf(u->error, sizeof u->error, "%s", r->error);
}

static void open_bench(struct bench *b, size_t users, uint32_t streams, bool tls, int port,
                       const char *path) {
    struct err e;
    char url[128];
    *b = (struct bench){.count = users,
                        .options = {.version = tls ? TRANSPORT_HTTP_2 : TRANSPORT_HTTP_2_PRIOR,
                                    .streams = streams,
                                    .verify = true,
                                    .ca = in_dir("ca.pem"),
                                    .keepalive = true,
                                    .connect_timeout_ns = 60 * NS_PER_S,
                                    .timeout_ns = 60 * NS_PER_S,
                                    .user_agent = "test/1"}};
    uv_loop_init(&b->loop);
    assert_int_equal(transport_direct.open(&b->loop, &b->options, &b->transport, &e), 0);
    for (size_t i = 0; i < users; i++)
        assert_int_equal(
            transport_direct.session_open(b->transport, (uint32_t)i, &b->users[i].session, &e), 0);
    snprintf(url, sizeof url, "%s://127.0.0.1:%d%s", tls ? "https" : "http", port, path);
    const struct transport_request r = {.method = "GET", .url = url};
    assert_int_equal(transport_direct.request_new(b->transport, &r, &b->request, &e), 0);
}

static void close_bench(struct bench *b) {
    for (size_t i = 0; i < b->count; i++)
        if (b->users[i].session != NULL)
            transport_direct.session_close(b->users[i].session);
    transport_direct.request_free(b->request);
    transport_direct.close(b->transport);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
}

static void start_one(struct bench *b, size_t i) {
    b->users[i].done = 0;
    transport_direct.send(b->users[i].session, b->request, NULL, 0, keep, &b->users[i]);
}

static void send_all(struct bench *b) {
    for (size_t i = 0; i < b->count; i++)
        start_one(b, i);
    for (size_t i = 0; i < b->count; i++)
        while (b->users[i].done == 0)
            loop_turn(&b->loop);
}

static size_t count_new(const struct bench *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->count; i++)
        n += b->users[i].result.new_connection;
    return n;
}

static void all_are(const struct bench *b, enum outcome outcome, const char *error) {
    for (size_t i = 0; i < b->count; i++) {
        if (error != NULL)
            assert_string_equal(b->users[i].error, error);
        assert_int_equal(b->users[i].result.outcome, outcome);
        assert_int_equal(b->users[i].done, 1);
    }
}

/* ---- servers ---- */

static char key[512], cert[512];

static void start_node(struct server *s, bool tls) {
    const char *argv[] = {"node", "tests/support/h2.js", tls ? key : "-", tls ? cert : "-", s->log,
                          NULL};
    server_make_log(s);
    server_run(s, argv);
}

static void start_raw(struct server *s, const char *mode) {
    const char *argv[] = {"python3", "tests/support/h2_raw.py", mode, "--log", s->log, NULL};
    server_make_log(s);
    server_run(s, argv);
}

/* ---- connections ---- */

static void users_share_connections(void **state) {
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        struct server server;
        struct bench b;
        start_node(&server, tls);
        open_bench(&b, 7, 3, tls, server.port, "/slow/20");
        send_all(&b);
        all_are(&b, OUTCOME_OK, "");
        assert_int_equal(count_new(&b), 3);
        for (size_t i = 0; i < b.count; i++) {
            const struct transport_result *r = &b.users[i].result;
            assert_int_equal(r->http_version, HTTP_VERSION_2);
            assert_int_equal(r->bytes_received, 48);
            assert_int_equal(r->connect_ns > 0, r->new_connection);
            assert_int_equal(r->tls_ns > 0, r->new_connection && tls);
        }
        send_all(&b);
        all_are(&b, OUTCOME_OK, "");
        assert_int_equal(count_new(&b), 0);
        /* Its log: connection, stream, method, path. */
        assert_int_equal(server_count(&server, "1 1 GET /slow/20"), 1);
        assert_int_equal(server_count(&server, "/slow/20"), 14);
        assert_int_equal(server_count(&server, "3 1 GET /slow/20"), 1);
        assert_int_equal(server_count(&server, "4 1 GET /slow/20"), 0);
        close_bench(&b);
        server_stop(&server);
    }
}

static void users_come_and_go(void **state) {
    (void)state;
    struct server server;
    struct bench b;
    struct err e;
    start_node(&server, false);
    open_bench(&b, 4, 2, false, server.port, "/slow/50");
    for (size_t i = 0; i < b.count; i++)
        start_one(&b, i);
    /* One leaves while it waits for the connection, one in the middle of its request. */
    transport_direct.cancel(b.users[0].session);
    assert_int_equal(b.users[0].result.outcome, OUTCOME_CANCELLED);
    transport_direct.session_close(b.users[0].session);
    for (int i = 0; i < 5; i++)
        loop_turn(&b.loop);
    transport_direct.cancel(b.users[2].session);
    transport_direct.session_close(b.users[2].session);
    while (b.users[1].done == 0 || b.users[3].done == 0)
        loop_turn(&b.loop);
    assert_int_equal(b.users[1].result.outcome, OUTCOME_OK);
    assert_int_equal(b.users[3].result.outcome, OUTCOME_OK);
    /* A new user takes a free place. */
    assert_int_equal(transport_direct.session_open(b.transport, 9, &b.users[0].session, &e), 0);
    b.users[2].session = NULL;
    start_one(&b, 0);
    while (b.users[0].done == 0)
        loop_turn(&b.loop);
    assert_int_equal(b.users[0].result.outcome, OUTCOME_OK);
    assert_false(b.users[0].result.new_connection);
    close_bench(&b);
    server_stop(&server);
}

static void a_server_without_http_2_gives_each_its_own(void **state) {
    (void)state;
    struct server server;
    struct bench b;
    const char *tls[] = {"--tls", "--cert", cert, "--key", key, NULL};
    server_start(&server, tls);
    open_bench(&b, 3, 3, true, server.port, "/ok");
    send_all(&b);
    all_are(&b, OUTCOME_OK, "");
    assert_int_equal(count_new(&b), 3);
    assert_int_equal(b.users[2].result.http_version, HTTP_VERSION_1_1);
    send_all(&b);
    all_are(&b, OUTCOME_OK, "");
    assert_int_equal(count_new(&b), 0);
    close_bench(&b);
    server_stop(&server);
}

/* ---- limits and ends ---- */

static const struct {
    const char *mode; /* of h2_raw.py */
    enum outcome outcome;
    const char *error; /* NULL: its words depend on who opened the connection; of a timeout: what
                        * follows its time */
    size_t first_new;  /* of 3 users, whose connection is new in the first round */
    size_t second_new; /* … in the second */
    bool again;        /* all are sent again */
    bool slow;         /* the time limit ends them */
} ends[] = {
    {"ok", OUTCOME_OK, "", 1, 0, false, false},
    {"one-stream", OUTCOME_OK, "", 1, 0, false, false},
    {"rst-unknown", OUTCOME_RESET,
     "the server reset the stream (a code that RFC 9113 does not define)", 1, 0, false, false},
    {"upper-case", OUTCOME_PROTOCOL_ERROR,
     "the response, or the request according to the server, is not valid HTTP/2 (PROTOCOL_ERROR)",
     1, 0, false, false},
    {"garbage", OUTCOME_PROTOCOL_ERROR, "the connection is not valid HTTP/2", 1, 1, false, false},
    {"close", OUTCOME_RESET, NULL, 1, 1, false, false},
    {"goaway-never", OUTCOME_RESET,
     "the server ended the connection (GOAWAY) and did not process this request", 1, 1, true,
     false},
    {"no-streams", OUTCOME_TIMEOUT,
     " and no stream: the server allows none (SETTINGS_MAX_CONCURRENT_STREAMS is 0)", 1, 0, false,
     true},
    {"silent", OUTCOME_TIMEOUT, "", 1, 1, false, true},
};

/* Whether the time is enough for all to end with the words that they have for it. */
static bool are_late(struct bench *b, const struct patience *p, const char *error) {
    char text[256];
    bool good = true;
    snprintf(text, sizeof text, "no response within %s%s", p->text, error);
    b->options.timeout_ns = p->ns;
    send_all(b);
    for (size_t i = 0; i < b->count; i++)
        good = good && strcmp(b->users[i].error, text) == 0;
    return good;
}

static void all_have_the_same_end(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct server server;
        struct bench b;
        start_raw(&server, ends[i].mode);
        open_bench(&b, 3, 3, false, server.port, "/");
        for (size_t n = 0; ends[i].slow && !are_late(&b, &patience[n], ends[i].error); n++) {
            assert_true(n + 1 < PATIENCE_TRIES);
            close_bench(&b);
            open_bench(&b, 3, 3, false, server.port, "/");
        }
        if (!ends[i].slow)
            send_all(&b);
        all_are(&b, ends[i].outcome, ends[i].slow ? NULL : ends[i].error);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(b.users[k].result.sent_again, ends[i].again);
        /* The second connection may be reported by another user than the first. */
        assert_in_range(count_new(&b), ends[i].first_new, ends[i].first_new + ends[i].again);
        send_all(&b);
        if (!ends[i].slow)
            all_are(&b, ends[i].outcome, ends[i].error);
        assert_in_range(count_new(&b), ends[i].second_new, ends[i].second_new + ends[i].again);
        close_bench(&b);
        server_stop(&server);
    }
}

/* No request is lost: what the server has not processed goes again. */
static void goaway_loses_nothing(void **state) {
    (void)state;
    struct server server;
    struct bench b;
    start_raw(&server, "goaway-each");
    open_bench(&b, 3, 3, false, server.port, "/");
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < b.count; i++)
            start_one(&b, i);
        for (size_t i = 0; i < b.count; i++)
            while (b.users[i].done == 0)
                loop_turn(&b.loop);
        size_t good = 0;
        for (size_t i = 0; i < b.count; i++)
            good += b.users[i].result.outcome == OUTCOME_OK ||
                    (b.users[i].result.sent_again && b.users[i].result.outcome == OUTCOME_RESET);
        assert_int_equal(good, 3);
        assert_true(b.users[0].result.new_connection || b.users[1].result.new_connection ||
                    b.users[2].result.new_connection);
    }
    close_bench(&b);
    server_stop(&server);
}

static void a_refused_connection_is_told_to_all(void **state) {
    (void)state;
    struct bench b;
    open_bench(&b, 3, 3, false, 1, "/");
    send_all(&b);
    all_are(&b, OUTCOME_CONNECT_ERROR, "cannot connect: Connection refused");
    send_all(&b);
    all_are(&b, OUTCOME_CONNECT_ERROR, "cannot connect: Connection refused");
    /* The first may leave, and come again, while the others wait. */
    for (size_t i = 0; i < b.count; i++)
        start_one(&b, i);
    transport_direct.cancel(b.users[1].session);
    while (b.users[0].done == 0 || b.users[2].done == 0)
        loop_turn(&b.loop);
    close_bench(&b);
}

static int start(void **state) {
    if (make_certificates(state) != 0)
        return -1;
    snprintf(key, sizeof key, "%s", in_dir("server.key"));
    snprintf(cert, sizeof cert, "%s", in_dir("server.pem"));
    return transport_global_init(NULL);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_share_connections),
        cmocka_unit_test(users_come_and_go),
        cmocka_unit_test(a_server_without_http_2_gives_each_its_own),
        cmocka_unit_test(all_have_the_same_end),
        cmocka_unit_test(goaway_loses_nothing),
        cmocka_unit_test(a_refused_connection_is_told_to_all),
    };
    return cmocka_run_group_tests(tests, start, remove_dir);
}
