/* What a transport says of a request does not depend on the version of HTTP that carried it, nor on
 * TLS: each scene has one expectation for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>

#include "support/loop.h"
#include "support/patience.h"
#include "support/scratch.h"
#include "support/server.h"
#include "transport/curl.h"
#include "transport/direct.h"
#include "transport/transport.h"
#include "util/clock.h"

#define STEPS_MAX 6
#define KEPT_BYTES 256

enum server_kind { HOSTILE, HOSTILE_TLS, NODE, NODE_TLS, SERVERS };

/* Who asks, and whom. */
static const struct client {
    const char *name;
    const struct transport_ops *ops;
    enum server_kind server;
    enum transport_http version;
    enum http_version spoken;
    bool new_each; /* with Debian's libcurl, see docs/limits.md */
} clients[] = {
    {"direct 1.1", &transport_direct, HOSTILE, TRANSPORT_HTTP_1_1, HTTP_VERSION_1_1, false},
    {"curl 1.1", &transport_curl, HOSTILE, TRANSPORT_HTTP_1_1, HTTP_VERSION_1_1, false},
    {"direct 1.1 TLS", &transport_direct, HOSTILE_TLS, TRANSPORT_HTTP_2, HTTP_VERSION_1_1, false},
    {"curl 1.1 TLS", &transport_curl, HOSTILE_TLS, TRANSPORT_HTTP_2, HTTP_VERSION_1_1, false},
    {"direct 2 TLS", &transport_direct, NODE_TLS, TRANSPORT_HTTP_2, HTTP_VERSION_2, false},
    {"curl 2 TLS", &transport_curl, NODE_TLS, TRANSPORT_HTTP_2_ONLY, HTTP_VERSION_2, false},
    {"direct h2c", &transport_direct, NODE, TRANSPORT_HTTP_2_PRIOR, HTTP_VERSION_2, false},
    {"curl h2c", &transport_curl, NODE, TRANSPORT_HTTP_2_PRIOR, HTTP_VERSION_2, true},
};

#define CLIENTS (sizeof clients / sizeof *clients)

static struct server servers[SERVERS];

struct step {
    const char *method, *path;
    size_t body_bytes;
    enum outcome outcome;
    int status;
    uint64_t received;
    bool new_connection;
    const char *error, *body; /* NULL: not looked at. The time of a timeout follows its error. */
};

struct scene {
    const char *name;
    bool compressed, no_keepalive;
    bool impatient;  /* has the time of patience.h */
    bool not_curl_2; /* libcurl cannot do this over HTTP/2 */
    struct step steps[STEPS_MAX];
};

#define JSON "{\"class\":\"tabby cat\",\"score\":0.873             }"
#define TOO_LARGE "the headers of the response are larger than 300 kB"

static const struct scene scenes[] = {
    {.name = "methods",
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, 48, true, "", JSON},
               {"POST", "/ok", 100, OUTCOME_OK, 200, 48, false, "", JSON},
               {"POST", "/ok", 0, OUTCOME_OK, 200, 48, false, "", JSON},
               {"PUT", "/ok", 200000, OUTCOME_OK, 200, 48, false, "", JSON},
               {"HEAD", "/ok", 0, OUTCOME_OK, 200, 0, false, "", ""},
               {"DELETE", "/ok", 0, OUTCOME_OK, 200, 48, false, "", JSON}}},
    {.name = "status",
     .steps = {{"GET", "/status/304", 0, OUTCOME_OK, 304, 0, true, "", ""},
               {"GET", "/status/503", 0, OUTCOME_HTTP_ERROR, 503, 48, false, "HTTP 503", JSON},
               {"GET", "/nocontent", 0, OUTCOME_OK, 204, 0, false, "", ""},
               {"GET", "/status/404", 0, OUTCOME_HTTP_ERROR, 404, 48, false, "HTTP 404", JSON}}},
    {.name = "interim responses",
     .steps = {{"POST", "/100continue", 100, OUTCOME_OK, 200, 48, true, "", JSON},
               {"GET", "/ok", 0, OUTCOME_OK, 200, 48, false, "", JSON}}},
    {.name = "codings",
     .compressed = true,
     .steps = {{"GET", "/gzip", 0, OUTCOME_OK, 200, 48, true, "", JSON},
               {"GET", "/gzip/3000000", 0, OUTCOME_OK, 200, 3000000, false, "", NULL},
               {"HEAD", "/gzip", 0, OUTCOME_OK, 200, 0, false, "", ""}}},
    {.name = "long bodies",
     .steps = {{"GET", "/huge/5000000", 0, OUTCOME_OK, 200, 5000000, true, "", NULL},
               {"POST", "/ok", 3000000, OUTCOME_OK, 200, 48, false, "", JSON},
               {"GET", "/huge/100", 0, OUTCOME_OK, 200, 100, false, "", NULL}}},
    {.name = "a head of 20 kB",
     .steps = {{"GET", "/headers/20", 0, OUTCOME_OK, 200, 48, true, "", JSON}}},
    /* libcurl stops reading at 100 kB, and fails beyond 128 kB. */
    {.name = "long heads",
     .not_curl_2 = true,
     .steps = {{"GET", "/headers/200", 0, OUTCOME_OK, 200, 48, true, "", JSON},
               {"GET", "/headers/400", 0, OUTCOME_PROTOCOL_ERROR, 0, 0, false, TOO_LARGE, ""}}},
    {.name = "cookies",
     .steps = {{"GET", "/cookie", 0, OUTCOME_HTTP_ERROR, 403, 10, true, "HTTP 403", "no cookie\n"},
               {"GET", "/cookie", 0, OUTCOME_OK, 200, UINT64_MAX, false, "", NULL}}},
    {.name = "no response in time",
     .impatient = true,
     .steps = {{"GET", "/hang", 0, OUTCOME_TIMEOUT, 0, 0, true, "no response within ", ""},
               {"GET", "/ok", 0, OUTCOME_OK, 200, 48, true, "", JSON}}},
    {.name = "the connection ends in the middle",
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, 48, true, "", JSON},
               {"GET", "/short", 0, OUTCOME_RESET, 200, 10, false,
                "connection closed before the response was complete", "xxxxxxxxxx"},
               {"GET", "/ok", 0, OUTCOME_OK, 200, 48, true, "", JSON}}},
    {.name = "no keep-alive",
     .no_keepalive = true,
     .steps = {{"GET", "/ok", 0, OUTCOME_OK, 200, 48, true, "", JSON},
               {"GET", "/ok", 0, OUTCOME_OK, 200, 48, true, "", JSON}}},
};

struct seen {
    struct transport_result result;
    char error[512], body[KEPT_BYTES];
    bool done, has_head;
};

static void keep(void *context, const struct transport_result *r) {
    struct seen *s = context;
    s->result = *r;
    s->done = true;
    snprintf(s->error, sizeof s->error, "%s", r->error);
    snprintf(s->body, sizeof s->body, "%.*s", (int)r->body.len, r->body.data);
    s->has_head = r->head.len > 0;
}

static bool has_error(const struct step *x, const struct patience *p, const char *error) {
    size_t n = x->error == NULL ? 0 : strlen(x->error);
    return x->error == NULL ||
           (strncmp(error, x->error, n) == 0 &&
            strcmp(error + n, x->outcome == OUTCOME_TIMEOUT ? p->text : "") == 0);
}

static bool is_right(const struct client *c, const struct step *x, const struct patience *p,
                     const struct seen *s) {
    const struct transport_result *r = &s->result;
    bool tls = c->server == HOSTILE_TLS || c->server == NODE_TLS;
    /* libcurl 7.88 fails on kept connections of this kind, libcurl 8 keeps them. */
    bool new_each = c->new_each && curl_version_info(CURLVERSION_NOW)->version_num < 0x080000;
    bool new_connection = x->new_connection || new_each;
    return r->outcome == x->outcome && r->status == x->status &&
           (x->received == UINT64_MAX || r->bytes_received == x->received) &&
           r->bytes_sent == x->body_bytes && r->new_connection == new_connection &&
           !r->sent_again && (r->connect_ns > 0) == new_connection &&
           (r->tls_ns > 0) == (new_connection && tls) && (r->ttfb_ns >= 0) == (r->status != 0) &&
           r->ttfb_ns <= r->end_ns - r->sent_ns &&
           r->http_version == (r->status == 0 ? HTTP_VERSION_NONE : c->spoken) &&
           has_error(x, p, s->error) && (x->body == NULL || strcmp(s->body, x->body) == 0) &&
           (s->has_head || r->status == 0 || r->status == 204 || r->status == 304);
}

static void tell(const struct scene *x, const struct step *t, const struct client *c,
                 const struct seen *s) {
    const struct transport_result *r = &s->result;
    print_message("%s, %s %s, %s: %s %d, sent %llu, received %llu%s%s%s, version %d, \"%s\", "
                  "\"%.60s\"\n",
                  x->name, t->method, t->path, c->name, outcome_text((int)r->outcome), r->status,
                  (unsigned long long)r->bytes_sent, (unsigned long long)r->bytes_received,
                  r->new_connection ? ", new" : "", r->sent_again ? ", again" : "",
                  r->tls_ns > 0 ? ", tls" : "", (int)r->http_version, s->error, s->body);
}

static int play(const struct scene *x, const struct client *c, const struct patience *p,
                bool last) {
    uv_loop_t loop;
    struct err e;
    struct transport *t = NULL;
    struct transport_session *s = NULL;
    static char body[3000000];
    int bad = 0;
    const struct transport_options options = {
        .verify = true,
        .ca = in_dir("ca.pem"),
        .version = c->version,
        .keepalive = !x->no_keepalive,
        .compressed = x->compressed,
        .cookies = true,
        .connect_timeout_ns = 60 * NS_PER_S,
        .timeout_ns = x->impatient ? p->ns : 60 * NS_PER_S,
        .user_agent = "test/1",
    };
    memset(body, 'b', sizeof body);
    uv_loop_init(&loop);
    assert_int_equal(c->ops->open(&loop, &options, &t, &e), 0);
    assert_int_equal(c->ops->session_open(t, 0, &s, &e), 0);
    for (size_t i = 0; i < STEPS_MAX && x->steps[i].method != NULL; i++) {
        const struct step *step = &x->steps[i];
        struct seen seen = {0};
        char url[128];
        void *compiled = NULL;
        bool tls = c->server == HOSTILE_TLS || c->server == NODE_TLS;
        snprintf(url, sizeof url, "%s://127.0.0.1:%d%s", tls ? "https" : "http",
                 servers[c->server].port, step->path);
        struct transport_request r = {.method = step->method,
                                      .url = url,
                                      .body = step->body_bytes > 0 ? body : NULL,
                                      .body_bytes = step->body_bytes,
                                      .keep_head = true,
                                      .keep_body_bytes = KEPT_BYTES - 1};
        assert_int_equal(c->ops->request_new(t, &r, &compiled, &e), 0);
        c->ops->send(s, compiled, NULL, 0, keep, &seen);
        while (!seen.done)
            loop_turn(&loop);
        c->ops->request_free(compiled);
        if (is_right(c, step, p, &seen))
            continue;
        bad++;
        if (last)
            tell(x, step, c, &seen);
    }
    c->ops->session_close(s);
    c->ops->close(t);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return bad;
}

static void all_say_the_same(void **state) {
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
        for (size_t k = 0; k < CLIENTS; k++) {
            size_t tries = scenes[i].impatient ? PATIENCE_TRIES : 1, n = 0;
            if (scenes[i].not_curl_2 && clients[k].ops == &transport_curl &&
                clients[k].spoken == HTTP_VERSION_2)
                continue;
            while (play(&scenes[i], &clients[k], &patience[n], n + 1 == tries) != 0 && ++n < tries)
                continue;
            bad += n == tries;
        }
    assert_int_equal(bad, 0);
}

static void start_node(struct server *s, const char *key, const char *cert) {
    const char *argv[] = {"node", "tests/support/h2.js", key, cert, s->log, NULL};
    server_make_log(s);
    server_run(s, argv);
}

static int start(void **state) {
    char key[512], cert[512];
    if (make_certificates(state) != 0)
        return -1;
    snprintf(key, sizeof key, "%s", in_dir("server.key"));
    snprintf(cert, sizeof cert, "%s", in_dir("server.pem"));
    const char *tls[] = {"--tls", "--cert", cert, "--key", key, NULL};
    server_start(&servers[HOSTILE], NULL);
    server_start(&servers[HOSTILE_TLS], tls);
    start_node(&servers[NODE], "-", "-");
    start_node(&servers[NODE_TLS], key, cert);
    return transport_global_init(NULL);
}

static int stop(void **state) {
    for (int i = 0; i < SERVERS; i++)
        server_stop(&servers[i]);
    return remove_dir(state);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_say_the_same),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
