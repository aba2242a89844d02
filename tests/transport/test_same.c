/* What one transport says of a server's doing, the other says too: outcome, status, bytes,
 * connection and text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/resource.h>

#include "support/loop.h"
#include "support/patience.h"
#include "support/scratch.h"
#include "support/server.h"
#include "transport/curl.h"
#include "transport/direct.h"
#include "transport/direct_internal.h"
#include "transport/transport.h"
#include "util/clock.h"

#define REQUESTS_MAX 6

static const struct transport_ops *const both[] = {&transport_curl, &transport_direct};
struct seen {
    enum outcome outcome;
    int status;
    uint64_t sent, received;
    bool new_connection, began, tls;
    char error[512];
};

static void keep(void *context, const struct transport_result *r) {
    struct seen *s = context;
    *s = (struct seen){.outcome = r->outcome,
                       .status = r->status,
                       .sent = r->bytes_sent,
                       .received = r->bytes_received,
                       .new_connection = r->new_connection,
                       .began = r->ttfb_ns >= 0,
                       .tls = r->tls_ns > 0};
    snprintf(s->error, sizeof s->error, "%s", r->error);
}

struct step {
    const char *method, *path;
    size_t body_bytes;
    enum outcome outcome;
    int status;
    bool ended; /* before it the server has ended the connection, and nobody looked at the loop */
};

struct scene {
    const char *name;
    const char *server[SERVER_ARGS_MAX];
    const char *origin; /* without the port */
    bool no_verify, compressed, no_keepalive;
    const char *ca, *cert, *key; /* in the folder */
    const char *resolve;         /* a name, to 127.0.0.1 */
    bool impatient;              /* has the time of patience.h */
    /* Of the first step's error; the time follows it. NULL: not told here, the same for both. */
    const char *text;
    struct step steps[REQUESTS_MAX];
};

static const char *file(const char *name) {
    return name == NULL ? NULL : in_dir(name);
}

/* One session, one request after the other; 0: the transport refused the options, with the text in
 * seen[0]. */
static size_t play(const struct transport_ops *ops, const struct scene *x, const struct patience *p,
                   int port, const char *unix_path, struct seen seen[REQUESTS_MAX]) {
    uv_loop_t loop;
    struct err e;
    struct transport *t = NULL;
    struct transport_session *s = NULL;
    char url[256];
    static char body[200000];
    size_t n = 0;
    memset(body, 'b', sizeof body);
    char resolve[128];
    const char *const resolves[] = {resolve};
    snprintf(resolve, sizeof resolve, "%s:%d:127.0.0.1", x->resolve, port);
    struct transport_options options = {
        .verify = !x->no_verify,
        .keepalive = !x->no_keepalive,
        .compressed = x->compressed,
        .cookies = true,
        .ca = file(x->ca),
        .cert = file(x->cert),
        .key = file(x->key),
        .unix_socket = unix_path,
        .resolve = resolves,
        .resolve_count = x->resolve != NULL,
        .connect_timeout_ns = x->impatient ? p->ns : 300 * NS_PER_S,
        .timeout_ns = x->impatient ? p->ns : 300 * NS_PER_S,
        .user_agent = "test/1",
    };
    uv_loop_init(&loop);
    assert_int_equal(ops->open(&loop, &options, &t, &e), 0);
    assert_int_equal(ops->session_open(t, 0, &s, &e), 0);
    for (; n < REQUESTS_MAX && x->steps[n].method != NULL; n++) {
        void *compiled = NULL;
        if (x->steps[n].ended)
            server_wait_disconnected(port);
        if (unix_path != NULL)
            snprintf(url, sizeof url, "%s%s", x->origin, x->steps[n].path);
        else
            snprintf(url, sizeof url, "%s:%d%s", x->origin, port, x->steps[n].path);
        struct transport_request r = {.method = x->steps[n].method,
                                      .url = url,
                                      .body = x->steps[n].body_bytes > 0 ? body : NULL,
                                      .body_bytes = x->steps[n].body_bytes};
        assert_int_equal(ops->request_new(t, &r, &compiled, &e), 0);
        seen[n].outcome = OUTCOME_NOT_SENT;
        ops->send(s, compiled, NULL, 0, keep, &seen[n]);
        while (seen[n].outcome == OUTCOME_NOT_SENT)
            loop_turn(&loop);
        ops->request_free(compiled);
    }
    ops->session_close(s);
    ops->close(t);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return n;
}

static void tell(const struct scene *x, size_t step, const char *who, const struct seen *s) {
    print_message("%s, %s %s, %s: %s %d, sent %llu, received %llu%s%s%s, \"%s\"\n", x->name,
                  x->steps[step].method, x->steps[step].path, who, outcome_text((int)s->outcome),
                  s->status, (unsigned long long)s->sent, (unsigned long long)s->received,
                  s->new_connection ? ", new" : "", s->began ? ", began" : "",
                  s->tls ? ", tls" : "", s->error);
}

static bool same(const struct seen *a, const struct seen *b) {
    return a->outcome == b->outcome && a->status == b->status && a->sent == b->sent &&
           a->received == b->received && a->new_connection == b->new_connection &&
           a->began == b->began && a->tls == b->tls && strcmp(a->error, b->error) == 0;
}

static bool has_text(const struct scene *x, const struct patience *p, const char *error) {
    size_t n = strlen(x->text);
    return strncmp(error, x->text, n) == 0 && strcmp(error + n, x->impatient ? p->text : "") == 0;
}

static int play_scene(const struct scene *x, const struct patience *p, bool last) {
    struct server server;
    struct seen seen[2][REQUESTS_MAX];
    int bad = 0;
    size_t n = 0;
    const char *args[SERVER_ARGS_MAX], *socket = NULL;
    char paths[SERVER_ARGS_MAX][512];
    /* What has a dot and no dash lies in the folder. */
    for (size_t i = 0; i < SERVER_ARGS_MAX; i++) {
        args[i] = x->server[i];
        if (args[i] == NULL || args[i][0] == '-' || strchr(args[i], '.') == NULL)
            continue;
        snprintf(paths[i], sizeof paths[i], "%s", in_dir(args[i]));
        args[i] = paths[i];
        if (strstr(args[i], ".sock") != NULL)
            socket = args[i];
    }
    server_start(&server, args);
    for (int i = 0; i < 2; i++)
        n = play(both[i], x, p, server.port, socket, seen[i]);
    server_stop(&server);
    if (socket != NULL)
        unlink(socket);
    for (size_t i = 0; i < n; i++) {
        bool wrong = seen[0][i].outcome != x->steps[i].outcome ||
                     seen[0][i].status != x->steps[i].status ||
                     (i == 0 && x->text != NULL && !has_text(x, p, seen[0][i].error));
        if (same(&seen[0][i], &seen[1][i]) && !wrong)
            continue;
        bad++;
        if (!last)
            continue;
        tell(x, i, both[0]->name, &seen[0][i]);
        tell(x, i, both[1]->name, &seen[1][i]);
    }
    return bad;
}

#define PLAIN "http://127.0.0.1"
#define TLS_SERVER "--tls", "--cert", "server.pem", "--key", "server.key"

static const struct scene scenes[] = {
    {.name = "plain",
     .origin = PLAIN,
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, false},
               {"POST", "/echo", 100000, OUTCOME_OK, 200, false},
               {"POST", "/ok", 0, OUTCOME_OK, 200, false},
               {"HEAD", "/ok", 0, OUTCOME_OK, 200, false},
               {"GET", "/status/304", 0, OUTCOME_OK, 304, false},
               {"GET", "/status/503", 0, OUTCOME_HTTP_ERROR, 503, false}}},
    {.name = "more bytes than the length says",
     .origin = PLAIN,
     .steps = {{"GET", "/wrong-length", 0, OUTCOME_OK, 200, false},
               {"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "an answer before the request was complete",
     .origin = PLAIN,
     .steps = {{"POST", "/early", 100, OUTCOME_OK, 200, false},
               {"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "interim answers",
     .origin = PLAIN,
     .steps = {{"POST", "/100continue", 100, OUTCOME_OK, 200, false},
               {"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "ends of connections",
     .origin = PLAIN,
     .text = "",
     .steps = {{"GET", "/close", 0, OUTCOME_OK, 200, false},
               {"GET", "/short", 0, OUTCOME_RESET, 200, false},
               {"GET", "/reset-mid", 0, OUTCOME_RESET, 200, false},
               {"GET", "/reset", 0, OUTCOME_RESET, 0, false},
               {"GET", "/ok", 0, OUTCOME_OK, 200, false},
               {"GET", "/reset", 0, OUTCOME_RESET, 0, false}}},
    {.name = "garbage",
     .origin = PLAIN,
     .text = "the response is not valid HTTP: it does not begin with a status line of HTTP/1.1",
     .steps = {{"GET", "/garbage", 0, OUTCOME_PROTOCOL_ERROR, 0, false},
               {"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "too slow",
     .origin = PLAIN,
     .impatient = true,
     .text = "no response within ",
     .steps = {{"GET", "/hang", 0, OUTCOME_TIMEOUT, 0, false},
               {"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "never reads",
     .server = {"--accept-only"},
     .origin = PLAIN,
     .impatient = true,
     .text = "no response within ",
     .steps = {{"GET", "/ok", 0, OUTCOME_TIMEOUT, 0, false}}},
    {.name = "HTTP/1.0",
     .server = {"--http1.0"},
     .origin = PLAIN,
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, false},
               {"GET", "/chunked", 0, OUTCOME_OK, 200, false},
               {"HEAD", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "gzip",
     .origin = PLAIN,
     .compressed = true,
     .steps = {{"GET", "/gzip", 0, OUTCOME_OK, 200, false},
               {"GET", "/gzip/3000000", 0, OUTCOME_OK, 200, false},
               {"HEAD", "/gzip", 0, OUTCOME_OK, 200, false},
               {"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "gzip that nobody asked for",
     .origin = PLAIN,
     .steps = {{"GET", "/gzip/3000000", 0, OUTCOME_OK, 200, false}}},
    {.name = "no keep-alive",
     .origin = PLAIN,
     .no_keepalive = true,
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, false},
               {"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "a unix socket",
     .server = {"--unix", "s.sock"},
     .origin = "http://service.invalid",
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, false},
               {"POST", "/ok", 10, OUTCOME_OK, 200, false}}},
    {.name = "a URL with escapes and a fragment",
     .origin = PLAIN,
     .steps = {{"GET", "/echo/a%20b?q=%C3%A4#part", 0, OUTCOME_OK, 200, false}}},
    {.name = "TLS, and its authority known",
     .server = {TLS_SERVER},
     .origin = "https://127.0.0.1",
     .ca = "ca.pem",
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, false},
               {"POST", "/echo", 150000, OUTCOME_OK, 200, false},
               {"GET", "/huge/3000000", 0, OUTCOME_OK, 200, false},
               {"GET", "/close", 0, OUTCOME_OK, 200, false},
               {"GET", "/short", 0, OUTCOME_RESET, 200, false},
               {"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "closed while nobody looked",
     .origin = PLAIN,
     .steps = {{"GET", "/idle-close", 0, OUTCOME_OK, 200, false},
               {"POST", "/ok", 10, OUTCOME_OK, 200, true}}},
    {.name = "TLS, closed while nobody looked",
     .server = {TLS_SERVER},
     .origin = "https://127.0.0.1",
     .ca = "ca.pem",
     .steps = {{"GET", "/idle-close", 0, OUTCOME_OK, 200, false},
               {"POST", "/ok", 10, OUTCOME_OK, 200, true}}},
    {.name = "TLS by name",
     .server = {TLS_SERVER},
     .origin = "https://localhost",
     .ca = "ca.pem",
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "TLS, not verified",
     .server = {"--tls", "--cert", "expired.pem", "--key", "expired.key"},
     .origin = "https://127.0.0.1",
     .no_verify = true,
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "TLS, authority unknown",
     .server = {TLS_SERVER},
     .origin = "https://127.0.0.1",
     .steps = {{"GET", "/ok", 0, OUTCOME_TLS_ERROR, 0, false}}},
    {.name = "TLS, another authority",
     .server = {TLS_SERVER},
     .origin = "https://127.0.0.1",
     .ca = "other-ca.pem",
     .steps = {{"GET", "/ok", 0, OUTCOME_TLS_ERROR, 0, false}}},
    {.name = "TLS, expired",
     .server = {"--tls", "--cert", "expired.pem", "--key", "expired.key"},
     .origin = "https://127.0.0.1",
     .ca = "ca.pem",
     .text = "SSL certificate problem: certificate has expired",
     .steps = {{"GET", "/ok", 0, OUTCOME_TLS_ERROR, 0, false}}},
    {.name = "TLS, wrong name",
     .server = {"--tls", "--cert", "wrong.pem", "--key", "wrong.key"},
     .origin = "https://localhost",
     .ca = "ca.pem",
     .text = "SSL: no alternative certificate subject name matches target host name 'localhost'",
     .steps = {{"GET", "/ok", 0, OUTCOME_TLS_ERROR, 0, false}}},
    {.name = "TLS, wrong address",
     .server = {"--tls", "--cert", "wrong.pem", "--key", "wrong.key"},
     .origin = "https://127.0.0.1",
     .ca = "ca.pem",
     .text = "SSL: no alternative certificate subject name matches target host name '127.0.0.1'",
     .steps = {{"GET", "/ok", 0, OUTCOME_TLS_ERROR, 0, false}}},
    {.name = "TLS, client certificate",
     .server = {TLS_SERVER, "--client-ca", "ca.pem"},
     .origin = "https://127.0.0.1",
     .ca = "ca.pem",
     .cert = "client.pem",
     .key = "client.key",
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, false}}},
    {.name = "a name that the scenario resolves",
     .origin = "http://some.invalid",
     .resolve = "some.invalid",
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, false},
               {"POST", "/echo", 10, OUTCOME_OK, 200, false}}},
    {.name = "https to a server without TLS",
     .origin = "https://127.0.0.1",
     .impatient = true,
     .text = "no connection within ", /* it waits for more of what it takes for a request */
     .steps = {{"GET", "/ok", 0, OUTCOME_TIMEOUT, 0, false}}},
    {.name = "http to a server with TLS",
     .server = {TLS_SERVER},
     .origin = PLAIN,
     .steps = {{"GET", "/ok", 0, OUTCOME_RESET, 0, false}}},
};

static void both_say_the_same(void **state) {
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        size_t tries = scenes[i].impatient ? PATIENCE_TRIES : 1, n = 0;
        while (play_scene(&scenes[i], &patience[n], n + 1 == tries) != 0 && ++n < tries)
            continue;
        bad += n == tries;
    }
    assert_int_equal(bad, 0);
}

/* Before the first request, and in words that name the key of the scenario. */
static void both_refuse_files_that_they_cannot_use(void **state) {
    (void)state;
    const struct {
        const char *ca, *cert, *key, *text;
    } cases[] = {
        {"no-such.pem", NULL, NULL, "http.ca: "},
        {"server.key", NULL, NULL, "http.ca: "},
        {"ca.pem", "no-such.pem", NULL, "http.cert: "},
        {"ca.pem", "client.key", NULL, "http.cert: "},
        {"ca.pem", "client.pem", NULL, "http.key: "},
        {"ca.pem", "client.pem", "server.key", "http.key: "},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        for (int i = 0; i < 2; i++) {
            uv_loop_t loop;
            struct err e = {0};
            struct transport *t = NULL;
            struct transport_options o = {.verify = true,
                                          .ca = file(cases[k].ca),
                                          .cert = file(cases[k].cert),
                                          .key = file(cases[k].key),
                                          .user_agent = "test/1"};
            uv_loop_init(&loop);
            assert_int_equal(both[i]->open(&loop, &o, &t, &e), -1);
            assert_int_equal(strncmp(e.text, cases[k].text, strlen(cases[k].text)), 0);
            assert_int_equal(uv_loop_close(&loop), 0);
        }
}

/* The system's authorities are a large file, which a run without https has no use for. */
static void authorities_are_read_with_the_first_https_request(void **state) {
    (void)state;
    uv_loop_t loop;
    struct err e = {0};
    struct transport *t = NULL;
    void *plain = NULL, *secure = NULL;
    const struct transport_options o = {.verify = true, .user_agent = "test/1"};
    uv_loop_init(&loop);
    assert_int_equal(transport_direct.open(&loop, &o, &t, &e), 0);
    assert_int_equal(
        transport_direct.request_new(
            t, &(struct transport_request){.method = "GET", .url = "http://h/"}, &plain, &e),
        0);
    assert_null(t->tls);
    assert_int_equal(
        transport_direct.request_new(
            t, &(struct transport_request){.method = "GET", .url = "https://h/"}, &secure, &e),
        0);
    assert_non_null(t->tls);
    transport_direct.request_free(plain);
    transport_direct.request_free(secure);
    transport_direct.close(t);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static long peak_kb(void) {
    struct rusage u;
    assert_int_equal(getrusage(RUSAGE_SELF, &u), 0);
    return u.ru_maxrss;
}

static void a_long_body_takes_no_memory(void **state) {
    (void)state;
    static const struct scene scene = {
        .name = "200 MB",
        .origin = PLAIN,
        .steps = {{"GET", "/huge/200000000", 0, OUTCOME_OK, 200, false}}};
    struct server server;
    struct seen seen[REQUESTS_MAX];
    server_start(&server, NULL);
    for (int i = 0; i < 2; i++) {
        long before = peak_kb();
        play(both[i], &scene, &patience[0], server.port, NULL, seen);
        assert_int_equal(seen[0].outcome, OUTCOME_OK);
        assert_int_equal(seen[0].received, 200000000);
#ifndef __SANITIZE_ADDRESS__ /* which keeps freed memory for a while */
        assert_in_range(peak_kb() - before, 0, 40000);
#else
        (void)before;
#endif
    }
    server_stop(&server);
}

static int start(void **state) {
    /* The environment's proxy is nobody's: neither transport asks it. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    return make_certificates(state) == 0 ? transport_global_init(NULL) : -1;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_say_the_same),
        cmocka_unit_test(a_long_body_takes_no_memory),
        cmocka_unit_test(both_refuse_files_that_they_cannot_use),
        cmocka_unit_test(authorities_are_read_with_the_first_https_request),
    };
    return cmocka_run_group_tests(tests, start, remove_dir);
}
