/* Every row of docs/internals/response-heads.md, sent by a real server to both transports: outcome,
 * status, bytes, error, and whether the connection is used again are what the page says, whole and
 * in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/serve_each.h"
#include "transport/curl.h"
#include "transport/direct.h"
#include "transport/heads.h"
#include "transport/transport.h"
#include "util/clock.h"
#include "util/units.h"

#define TEXT_BYTES 512
#define PIECE_BYTES 3
#define NEXT "/next"
#define LATE "/late"

static struct heads heads;
static int port;
static atomic_bool late; /* the late bytes are sent */

/* ---- the server: "/N" is answered with row N, "/N/pieces" with the same in small segments, NEXT
 * with two bytes, LATE with 204 and, after a while, the body that it must not have ---- */

static void send_all(int fd, const char *bytes, size_t n, size_t piece) {
    for (size_t at = 0; at < n; at += piece) {
        size_t part = n - at < piece ? n - at : piece;
        if (send(fd, bytes + at, part, MSG_NOSIGNAL) != (ssize_t)part)
            return;
        if (part < n)
            sched_yield();
    }
}

/* False: the connection is to be closed. */
static bool answer(int fd, const char *request) {
    static const char next[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    const char *path = strchr(request, '/');
    if (path == NULL || strncmp(path, NEXT, sizeof NEXT - 1) == 0) {
        send_all(fd, next, sizeof next - 1, sizeof next);
        return true;
    }
    if (strncmp(path, LATE, sizeof LATE - 1) == 0) {
        static const char empty[] = "HTTP/1.1 204 No Content\r\nContent-Length: 39\r\n\r\n";
        static const char body[] = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
        send_all(fd, empty, sizeof empty - 1, sizeof empty);
        usleep(50000);
        send_all(fd, body, sizeof body - 1, sizeof body);
        atomic_store(&late, true);
        return true;
    }
    char *end;
    const struct head_row *r = &heads.rows[strtoul(path + 1, &end, 10)];
    bool pieces = strncmp(end, "/pieces", 7) == 0;
    send_all(fd, r->answer, r->answer_bytes, pieces ? PIECE_BYTES : r->answer_bytes);
    return !r->closes;
}

static void *serve(void *context) {
    int fd = (int)(intptr_t)context, one = 1;
    char request[4096];
    size_t n = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (;;) {
        ssize_t got = recv(fd, request + n, sizeof request - 1 - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        request[n] = '\0';
        if (strstr(request, "\r\n\r\n") == NULL)
            continue;
        if (!answer(fd, request))
            break;
        n = 0;
    }
    close(fd);
    return NULL;
}

static int start(void **state) {
    (void)state;
    heads = heads_load();
    heads_apply(&heads, curl_version_info(CURLVERSION_NOW)->version_num);
    port = serve_each_start(serve);
    return port < 0 ? -1 : transport_global_init(NULL);
}

/* ---- the client ---- */

struct client {
    uv_loop_t loop;
    struct transport_options options;
    const struct transport_ops *ops;
    struct transport *transport;
    struct transport_session *session;
};

struct seen {
    bool done, new_connection;
    enum outcome outcome;
    int status;
    unsigned long long received;
    char error[TEXT_BYTES], head[TEXT_BYTES];
};

static void keep(void *context, const struct transport_result *r) {
    struct seen *s = context;
    s->done = true;
    s->new_connection = r->new_connection;
    s->outcome = r->outcome;
    s->status = r->status;
    s->received = r->bytes_received;
    snprintf(s->error, sizeof s->error, "%s", r->error);
    snprintf(s->head, sizeof s->head, "%.*s", (int)r->head.len, r->head.data);
}

static void client_open(struct client *c, const struct transport_ops *ops) {
    struct err e;
    *c = (struct client){.ops = ops,
                         .options = {.keepalive = true,
                                     .cookies = true,
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

static void ask(struct client *c, const char *method, const char *path, bool upgrade,
                struct seen *s) {
    char url[128];
    struct err e;
    void *compiled = NULL;
    const struct transport_header h = {"Upgrade", "x"};
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    struct transport_request r = {
        .method = method, .url = url, .headers = &h, .header_count = upgrade, .keep_head = true};
    *s = (struct seen){0};
    assert_int_equal(c->ops->request_new(c->transport, &r, &compiled, &e), 0);
    c->ops->send(c->session, compiled, NULL, 0, keep, s);
    while (!s->done)
        loop_turn(&c->loop);
    c->ops->request_free(compiled);
}

/* In the words of the page. */
static void tell(const struct seen *s, const struct seen *next, char text[2 * TEXT_BYTES]) {
    bool whole = s->outcome == OUTCOME_OK || s->outcome == OUTCOME_HTTP_ERROR;
    snprintf(text, 2 * TEXT_BYTES, "%s %d %llu%s%s%s", outcome_text((int)s->outcome), s->status,
             s->received,
             !whole                 ? ""
             : next->new_connection ? " closed"
                                    : " kept",
             *s->error == '\0' ? "" : ": ", s->error);
}

/* Whether the connection is used again is left to chance where bytes too many come late. */
static void forget_connection(char *text) {
    char *word = strstr(text, " kept");
    if (word == NULL)
        word = strstr(text, " closed");
    if (word != NULL && strncmp(text, "ok", 2) == 0)
        *word = '\0';
}

static int play(const struct transport_ops *ops, size_t i, bool pieces) {
    const struct head_row *r = &heads.rows[i];
    char path[64], text[2 * TEXT_BYTES], expected[HEADS_LINE_BYTES];
    struct client c;
    struct seen seen, next;
    snprintf(path, sizeof path, "/%zu%s", i, pieces ? "/pieces" : "");
    snprintf(expected, sizeof expected, "%s", ops == &transport_curl ? r->curl : r->direct);
    client_open(&c, ops);
    ask(&c, strncmp(r->request, "HEAD", 4) == 0 ? "HEAD" : "GET", path,
        strstr(r->request, "Upgrade") != NULL, &seen);
    ask(&c, "GET", NEXT, false, &next);
    client_close(&c);
    tell(&seen, &next, text);
    if (pieces) {
        forget_connection(text);
        forget_connection(expected);
    }
    bool good = strcmp(text, expected) == 0;
    /* Captures and checks see the answer's own fields, unfolded; trailers are none (RFC 9112 5.2,
     * RFC 9110 6.5.1). */
    if (strncmp(r->name, "trailers", 8) == 0)
        good = good && strcmp(seen.head, "Transfer-Encoding: chunked\r\n") == 0;
    if (strcmp(r->name, "a line that goes on") == 0)
        good = good && strcmp(seen.head, "X-A: b c d\r\nContent-Length: 5\r\n") == 0;
    /* What came too late of a body that should not be there is the next answer, to everybody. */
    bool clean = pieces || (next.outcome == OUTCOME_OK && next.received == 2);
    if (!good || !clean)
        print_message("%s, %s%s: the page says \"%s\", it is \"%s\"; then %s\n", r->name, ops->name,
                      pieces ? " in pieces" : "", expected, text, outcome_text((int)next.outcome));
    return !good || !clean;
}

static void both_do_what_the_page_says(void **state) {
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < heads.count; i++)
        bad += play(&transport_direct, i, false) + play(&transport_curl, i, false);
    assert_int_equal(bad, 0);
}

static void and_so_in_pieces(void **state) {
    (void)state;
    int bad = 0;
    for (size_t i = 0; i < heads.count; i++) {
        const struct head_row *r = &heads.rows[i];
        if (r->answer_bytes > 500 || strstr(r->why, "one piece") != NULL)
            continue;
        bad += play(&transport_direct, i, true) + play(&transport_curl, i, true);
    }
    assert_int_equal(bad, 0);
}

/* A 204 has no body; what comes all the same, once the connection is idle, is not the answer to the
 * next request. */
static void a_late_body_is_no_answer(void **state) {
    (void)state;
    static const struct transport_ops *const both[] = {&transport_direct, &transport_curl};
    for (int i = 0; i < 2; i++) {
        struct client c;
        struct seen seen, next;
        atomic_store(&late, false);
        client_open(&c, both[i]);
        ask(&c, "GET", LATE, false, &seen);
        while (!atomic_load(&late)) {
            uv_run(&c.loop, UV_RUN_NOWAIT);
            usleep(1000);
        }
        uv_run(&c.loop, UV_RUN_NOWAIT);
        ask(&c, "GET", NEXT, false, &next);
        client_close(&c);
        assert_int_equal(seen.outcome, OUTCOME_OK);
        assert_int_equal(seen.status, 204);
        assert_int_equal(next.outcome, OUTCOME_OK);
        assert_int_equal(next.status, 200);
        assert_true(next.new_connection);
    }
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_do_what_the_page_says),
        cmocka_unit_test(and_so_in_pieces),
        cmocka_unit_test(a_late_body_is_no_answer),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
