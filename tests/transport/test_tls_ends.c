/* TLS that ends without its goodbye, or with a refusal, means the same on both transports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/crypto.h>

#define SERVER_SCRIPT "tests/support/tls_ends.py"
#include "support/loop.h"
#include "support/scratch.h"
#include "support/server.h"
#include "transport/curl.h"
#include "transport/direct.h"
#include "transport/transport.h"
#include "util/clock.h"
#include "util/units.h"

#define REPEATS 10 /* of what depends on which comes first, the alert or the end */
#define SERVER "--cert", in_dir("server.pem"), "--key", in_dir("server.key")
#define CUT "connection closed before the response was complete"

static const struct transport_ops *const both[] = {&transport_direct, &transport_curl};

struct seen {
    bool done, new_connection;
    enum connection_end previous_end;
    enum outcome outcome;
    int status;
    unsigned received;
    char error[512];
};

static void keep(void *context, const struct transport_result *r) {
    struct seen *s = context;
    *s = (struct seen){.done = true,
                       .new_connection = r->new_connection,
                       .previous_end = r->previous_end,
                       .outcome = r->outcome,
                       .status = r->status,
                       .received = (unsigned)r->bytes_received};
    snprintf(s->error, sizeof s->error, "%s", r->error);
}

struct client {
    uv_loop_t loop;
    struct transport_options options;
    const struct transport_ops *ops;
    struct transport *transport;
    struct transport_session *session;
};

static void client_open(struct client *c, const struct transport_ops *ops, const char *cert,
                        const char *key) {
    struct err e;
    *c = (struct client){.ops = ops,
                         .options = {.verify = true,
                                     .ca = in_dir("ca.pem"),
                                     .cert = cert,
                                     .key = key,
                                     .keepalive = true,
                                     .connect_timeout_ns = 60 * NS_PER_S,
                                     .timeout_ns = 60 * NS_PER_S,
                                     .user_agent = "test/1"}};
    uv_loop_init(&c->loop);
    assert_int_equal(ops->open(&c->loop, &c->options, &c->transport, &e), 0);
    assert_int_equal(ops->session_open(c->transport, 0, &c->session, &e), 0);
}

static void client_close(struct client *c) {
    c->ops->session_close(c->session);
    c->ops->close(c->transport);
    uv_run(&c->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c->loop), 0);
}

static void send_to(struct client *c, int port, const char *path, size_t body_bytes,
                    struct seen *s) {
    char url[128];
    struct err e;
    void *compiled = NULL;
    snprintf(url, sizeof url, "https://127.0.0.1:%d%s", port, path);
    char *body = body_bytes == 0 ? NULL : calloc(1, body_bytes);
    struct transport_request r = {.method = body_bytes == 0 ? "GET" : "PUT",
                                  .url = url,
                                  .body = body,
                                  .body_bytes = body_bytes};
    *s = (struct seen){0};
    assert_int_equal(c->ops->request_new(c->transport, &r, &compiled, &e), 0);
    c->ops->send(c->session, compiled, NULL, 0, keep, s);
    while (!s->done)
        loop_turn(&c->loop);
    c->ops->request_free(compiled);
    free(body);
}

static void ask(struct client *c, int port, const char *path, struct seen *s) {
    send_to(c, port, path, 0, s);
}

#define ERROR_BYTES 256

static bool is_so(const char *name, const struct transport_ops *ops, const struct seen *s,
                  enum outcome outcome, int status, unsigned received, const char *error) {
    /* Debian 13's OpenSSL (3.5) has another word for an alert than Debian 12's (3.0). */
    static const char old[] = "the server ended TLS: sslv3 alert";
    char newer[ERROR_BYTES];
    if (OpenSSL_version_num() >= 0x30500000L && strncmp(error, old, sizeof old - 1) == 0) {
        snprintf(newer, sizeof newer, "the server ended TLS: ssl/tls alert%s",
                 error + sizeof old - 1);
        error = newer;
    }
    if (s->outcome == outcome && s->status == status && s->received == received &&
        strcmp(s->error, error) == 0)
        return true;
    print_message("%s, %s: %s %d %u \"%s\", not %s %d %u \"%s\"\n", name, ops->name,
                  outcome_text((int)s->outcome), s->status, s->received, s->error,
                  outcome_text((int)outcome), status, received, error);
    return false;
}

/* RFC 9112 9.8: an answer is complete if it says its length and has it, or ends with
 * close_notify. */
static void without_goodbye_only_a_length_ends_a_body(void **state) {
    (void)state;
    static const struct {
        const char *path;
        enum outcome outcome;
        int status;
        unsigned received;
        const char *error;
    } cases[] = {
        {"/close/goodbye", OUTCOME_OK, 200, 5, ""},
        {"/close/cut", OUTCOME_RESET, 200, 5, CUT},
        {"/length/goodbye", OUTCOME_OK, 200, 5, ""},
        {"/length/cut", OUTCOME_OK, 200, 5, ""},
        {"/short/goodbye", OUTCOME_RESET, 200, 5, CUT},
        {"/short/cut", OUTCOME_RESET, 200, 5, CUT},
        {"/chunked/cut", OUTCOME_OK, 200, 5, ""},
        {"/half/goodbye", OUTCOME_RESET, 200, 5, CUT},
        {"/half/cut", OUTCOME_RESET, 200, 5, CUT},
        {"/nothing/goodbye", OUTCOME_RESET, 0, 0, "connection closed without a response"},
        {"/nothing/cut", OUTCOME_RESET, 0, 0, "connection closed without a response"},
    };
    struct server server;
    const char *args[] = {SERVER, NULL};
    int bad = 0;
    server_start(&server, args);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < 2; k++) {
            struct client c;
            struct seen s, next;
            client_open(&c, both[k], NULL, NULL);
            ask(&c, server.port, cases[i].path, &s);
            /* Behind a whole answer the end comes when it likes, perhaps with the next request. */
            if (cases[i].outcome == OUTCOME_RESET) {
                ask(&c, server.port, "/length/keep", &next);
                bad += !is_so("the next", both[k], &next, OUTCOME_OK, 200, 5, "");
            }
            client_close(&c);
            bad += !is_so(cases[i].path, both[k], &s, cases[i].outcome, cases[i].status,
                          cases[i].received, cases[i].error);
        }
    /* On a kept connection as well. */
    for (int k = 0; k < 2; k++) {
        struct client c;
        struct seen s;
        client_open(&c, both[k], NULL, NULL);
        ask(&c, server.port, "/length/keep", &s);
        ask(&c, server.port, "/close/cut", &s);
        bad += s.new_connection + !is_so("kept, cut", both[k], &s, OUTCOME_RESET, 200, 5, CUT);
        ask(&c, server.port, "/length/keep", &s);
        ask(&c, server.port, "/close/goodbye", &s);
        bad += s.new_connection + !is_so("kept, goodbye", both[k], &s, OUTCOME_OK, 200, 5, "");
        client_close(&c);
    }
    server_stop(&server);
    assert_int_equal(bad, 0);
}

/* With TLS 1.3 a server refuses the client's certificate, or that there is none, after the
 * handshake: it is tls_error by the alert's name (RFC 8446 4.4.2.4 and 6.2), whatever comes
 * first. */
static void a_refused_certificate_is_named(void **state) {
    (void)state;
    static const struct {
        const char *cert, *key, *error;
    } cases[] = {
        {NULL, NULL, "the server ended TLS: tlsv13 alert certificate required"},
        {"stranger.pem", "stranger.key", "the server ended TLS: tlsv1 alert unknown ca"},
        {"client-expired.pem", "client-expired.key",
         "the server ended TLS: sslv3 alert certificate expired"},
    };
    struct server server;
    const char *args[] = {SERVER, "--client-ca", in_dir("ca.pem"), NULL};
    int bad = 0;
    server_start(&server, args);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int k = 0; k < 2 * REPEATS; k++) {
            struct client c;
            struct seen s;
            char cert[256] = "", key[256] = "";
            if (cases[i].cert != NULL) {
                snprintf(cert, sizeof cert, "%s", in_dir(cases[i].cert));
                snprintf(key, sizeof key, "%s", in_dir(cases[i].key));
            }
            client_open(&c, both[k % 2], *cert == '\0' ? NULL : cert, *key == '\0' ? NULL : key);
            ask(&c, server.port, "/length/keep", &s);
            client_close(&c);
            bad += !is_so(cases[i].cert == NULL ? "none" : cases[i].cert, both[k % 2], &s,
                          OUTCOME_TLS_ERROR, 0, 0, cases[i].error);
        }
    server_stop(&server);
    assert_int_equal(bad, 0);
}

/* It is the server that ended the connection, whether or not our goodbye made a reset of its end
 * afterwards. */
static void the_next_request_says_that_the_server_ended_it(void **state) {
    (void)state;
    static const struct {
        const char *path;
        bool kept;
        enum connection_end end;
    } cases[] = {
        {"/short/cut", false, CONNECTION_END_CUT},    {"/half/cut", true, CONNECTION_END_CUT},
        {"/close/cut", false, CONNECTION_END_CUT},    {"/short/goodbye", true, CONNECTION_END_CUT},
        {"/nothing/cut", false, CONNECTION_END_LOST}, {"/nothing/cut", true, CONNECTION_END_LOST},
    };
    struct server server;
    const char *args[] = {SERVER, NULL};
    server_start(&server, args);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct client c;
        struct seen s;
        client_open(&c, both[i % 2], NULL, NULL);
        c.options.retry = TRANSPORT_RETRY_NEVER;
        if (cases[i / 2].kept)
            ask(&c, server.port, "/length/keep", &s);
        ask(&c, server.port, cases[i / 2].path, &s);
        assert_int_equal(s.outcome, OUTCOME_RESET);
        ask(&c, server.port, "/length/keep", &s);
        client_close(&c);
        assert_true(s.new_connection);
        if (s.previous_end != cases[i / 2].end)
            fail_msg("%s, %s: %s", cases[i / 2].path, both[i % 2]->name,
                     connection_end_text((int)s.previous_end));
    }
    server_stop(&server);
}

/* A refusal behind the handshake ends a connection, one within it means that there was none. What
 * it is refused into does not matter: a body that is still being sent meets a reset, and the
 * refusal came first. */
static void a_refused_certificate_ends_a_connection_by_the_server(void **state) {
    (void)state;
    static const char *const versions[] = {NULL, "--tls1.2"};
    static const size_t bodies[] = {0, 8 << 20};
    for (int i = 0; i < 8; i++) {
        struct server server;
        struct client c;
        struct seen s;
        const char *version = versions[i / 4];
        const char *args[] = {SERVER, "--client-ca", in_dir("ca.pem"), version, NULL};
        server_start(&server, args);
        client_open(&c, both[i % 2], NULL, NULL);
        send_to(&c, server.port, "/length/keep", bodies[i / 2 % 2], &s);
        assert_int_equal(s.outcome, OUTCOME_TLS_ERROR);
        ask(&c, server.port, "/length/keep", &s);
        client_close(&c);
        server_stop(&server);
        assert_int_equal(s.outcome, OUTCOME_TLS_ERROR);
        enum connection_end end = version == NULL ? CONNECTION_END_LOST : CONNECTION_END_NONE;
        if (s.previous_end != end)
            fail_msg("%s, %zu bytes sent: %s", both[i % 2]->name, bodies[i / 2 % 2],
                     connection_end_text((int)s.previous_end));
    }
}

/* With TLS 1.2 it is said during the handshake. */
static void tls_1_2_says_so_in_its_handshake(void **state) {
    (void)state;
    struct server server;
    struct seen s;
    const char *args[] = {SERVER, "--client-ca", in_dir("ca.pem"), "--tls1.2", NULL};
    server_start(&server, args);
    for (int k = 0; k < 2; k++) {
        struct client c;
        client_open(&c, both[k], NULL, NULL);
        ask(&c, server.port, "/length/keep", &s);
        client_close(&c);
        assert_true(is_so("TLS 1.2", both[k], &s, OUTCOME_TLS_ERROR, 0, 0,
                          "the server ended TLS: sslv3 alert handshake failure"));
    }
    server_stop(&server);
}

static void a_broken_handshake_has_the_same_words(void **state) {
    (void)state;
    static const struct {
        const char *what, *error;
    } cases[] = {
        {"eof", "connection closed during the TLS handshake"},
        {"reset", "connection lost during the TLS handshake: Connection reset by peer"},
        {"garbage", "TLS failed: wrong version number"},
        {"alert", "the server ended TLS: sslv3 alert handshake failure"},
    };
    int bad = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server server;
        const char *args[] = {SERVER, "--handshake", cases[i].what, NULL};
        server_start(&server, args);
        for (int k = 0; k < 2; k++) {
            struct client c;
            struct seen s;
            client_open(&c, both[k], NULL, NULL);
            ask(&c, server.port, "/length/keep", &s);
            client_close(&c);
            bad += !is_so(cases[i].what, both[k], &s, OUTCOME_TLS_ERROR, 0, 0, cases[i].error);
        }
        server_stop(&server);
    }
    assert_int_equal(bad, 0);
}

/* The server answers, and closes while the body is still being sent (RFC 9112 9.6). libcurl fails
 * to send, and throws away what it could have read (README, Limits). */
static void an_early_answer_counts_where_it_can_be_read(void **state) {
    (void)state;
    struct server server;
    const char *args[] = {SERVER, NULL};
    int bad = 0;
    server_start(&server, args);
    for (int k = 0; k < 2 * REPEATS; k++) {
        struct client c;
        struct seen s;
        client_open(&c, both[k % 2], NULL, NULL);
        send_to(&c, server.port, "/early/cut", (size_t)16 << 20, &s);
        client_close(&c);
        if (both[k % 2] == &transport_curl && s.outcome == OUTCOME_RESET)
            continue;
        bad += !is_so("early", both[k % 2], &s, OUTCOME_HTTP_ERROR, 413, 2, "HTTP 413");
    }
    server_stop(&server);
    assert_int_equal(bad, 0);
}

/* Nobody is asked for it: not at the terminal, and not in the middle of a run. */
static void a_pass_phrase_is_refused_by_its_name(void **state) {
    (void)state;
    static const char *const keys[] = {"locked.key", "locked-old.key"};
    for (int i = 0; i < 4; i++) {
        uv_loop_t loop;
        struct err e = {0};
        struct transport *t = NULL;
        char key[256];
        snprintf(key, sizeof key, "%s", in_dir(keys[i / 2]));
        struct transport_options o = {
            .verify = true, .cert = in_dir("client.pem"), .key = key, .user_agent = "test/1"};
        uv_loop_init(&loop);
        assert_int_equal(both[i % 2]->open(&loop, &o, &t, &e), -1);
        assert_non_null(strstr(e.text, "http.key: "));
        assert_non_null(strstr(e.text, "locked"));
        assert_non_null(strstr(e.text, " has a pass phrase"));
        assert_int_equal(uv_loop_close(&loop), 0);
    }
}

static int start(void **state) {
    signal(SIGPIPE, SIG_IGN);
    return make_certificates(state) == 0 ? transport_global_init(NULL) : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_goodbye_only_a_length_ends_a_body),
        cmocka_unit_test(a_refused_certificate_is_named),
        cmocka_unit_test(the_next_request_says_that_the_server_ended_it),
        cmocka_unit_test(a_refused_certificate_ends_a_connection_by_the_server),
        cmocka_unit_test(tls_1_2_says_so_in_its_handshake),
        cmocka_unit_test(a_broken_handshake_has_the_same_words),
        cmocka_unit_test(an_early_answer_counts_where_it_can_be_read),
        cmocka_unit_test(a_pass_phrase_is_refused_by_its_name),
    };
    return cmocka_run_group_tests(tests, start, remove_dir);
}
