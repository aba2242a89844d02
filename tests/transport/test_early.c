/* A server that answers before it has read the request: the answer counts, the rest of the request
 * is not sent, and the connection is not used again (RFC 9112 9.3 and 9.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/serve_each.h"
#include "transport/curl.h"
#include "transport/direct.h"
#include "transport/transport.h"
#include "util/clock.h"
#include "util/units.h"

#define BODY_BYTES ((size_t)64 << 20) /* more than any socket's buffers take */
#define REPEATS 20

/* What happens after the answer. */
enum then { READS_ON, WAITS, CLOSES, RESETS };

static const struct {
    const char *name, *answer;
    enum then then;
    enum outcome outcome;
    int status;
    unsigned received;
} cases[] = {
    {"413, and it reads on", "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", READS_ON,
     OUTCOME_HTTP_ERROR, 413, 2},
    {"413, and it waits", "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", WAITS,
     OUTCOME_HTTP_ERROR, 413, 2},
    {"413 and close", "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
     CLOSES, OUTCOME_HTTP_ERROR, 413, 2},
    {"413, closed unannounced", "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", CLOSES,
     OUTCOME_HTTP_ERROR, 413, 2},
    {"200, and it reads on", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", READS_ON, OUTCOME_OK,
     200, 2},
    {"200, and it waits", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", WAITS, OUTCOME_OK, 200,
     2},
    {"200 without a body, and it waits", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", WAITS,
     OUTCOME_OK, 200, 0},
    {"200 in chunks, and it waits",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", WAITS, OUTCOME_OK,
     200, 2},
    {"204, and it waits", "HTTP/1.1 204 No Content\r\n\r\n", WAITS, OUTCOME_OK, 204, 0},
    {"200, closed unannounced", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", CLOSES,
     OUTCOME_OK, 200, 2},
    {"304 and waits", "HTTP/1.1 304 Not Modified\r\n\r\n", WAITS, OUTCOME_OK, 304, 0},
    {"417 without a body, and it waits", "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", WAITS,
     OUTCOME_HTTP_ERROR, 417, 0},
    {"417, and it waits", "HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno", WAITS,
     OUTCOME_HTTP_ERROR, 417, 2},
    {"417, and it reads on", "HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno", READS_ON,
     OUTCOME_HTTP_ERROR, 417, 2},
    {"nothing, and a reset", "", RESETS, OUTCOME_RESET, 0, 0},
};

static int port;

static void *serve(void *context) {
    int fd = (int)(intptr_t)context;
    char bytes[65536];
    static const char next[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";
    ssize_t n = recv(fd, bytes, 100, 0); /* not even the whole head */
    if (n > 6 && memcmp(bytes, "GET /n", 6) == 0) {
        send(fd, next, sizeof next - 1, MSG_NOSIGNAL);
        while (recv(fd, bytes, sizeof bytes, 0) > 0)
            continue;
    } else if (n > 6) {
        size_t i = (size_t)strtoul(strchr(bytes, (int)'/') + 1, NULL, 10);
        send(fd, cases[i].answer, strlen(cases[i].answer), MSG_NOSIGNAL);
        struct pollfd gone = {.fd = fd, .events = POLLRDHUP};
        /* The client may have sent all of it before it looked. */
        while (cases[i].then == READS_ON && (n = recv(fd, bytes, sizeof bytes, 0)) > 0)
            if (memmem(bytes, (size_t)n, "GET /n", 6) != NULL)
                send(fd, next, sizeof next - 1, MSG_NOSIGNAL);
        if (cases[i].then == WAITS)
            poll(&gone, 1, -1);
        struct linger now = {1, 0};
        if (cases[i].then == RESETS)
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    close(fd);
    return NULL;
}

static int start(void **state) {
    (void)state;
    port = serve_each_start(serve);
    return port < 0 ? -1 : transport_global_init(NULL);
}

struct seen {
    bool done;
    struct transport_result result;
    char error[256];
};

static void keep(void *context, const struct transport_result *r) {
    struct seen *s = context;
    s->done = true;
    s->result = *r;
    snprintf(s->error, sizeof s->error, "%s", r->error);
}

struct client {
    uv_loop_t loop;
    const struct transport_ops *ops;
    struct transport *transport;
    struct transport_session *session;
};

static void ask(struct client *c, const char *method, const char *path, const void *body,
                struct seen *s) {
    char url[64];
    struct err e;
    void *compiled = NULL;
    static const struct transport_header expect = {"Expect", "100-continue"};
    snprintf(url, sizeof url, "http://127.0.0.1:%d/%s", port, path);
    struct transport_request r = {
        .method = method, .url = url, .body = body, .body_bytes = body == NULL ? 0 : BODY_BYTES};
    /* What 417 refuses (RFC 9110 15.5.18). */
    if (body != NULL && cases[strtoul(path, NULL, 10)].status == 417) {
        r.headers = &expect;
        r.header_count = 1;
    }
    *s = (struct seen){0};
    assert_int_equal(c->ops->request_new(c->transport, &r, &compiled, &e), 0);
    c->ops->send(c->session, compiled, NULL, 0, keep, s);
    while (!s->done)
        loop_turn(&c->loop);
    c->ops->request_free(compiled);
}

static int play(const struct transport_ops *ops, const char *method, size_t i, const void *body) {
    static const struct transport_options options = {.keepalive = true,
                                                     .connect_timeout_ns = 60 * NS_PER_S,
                                                     .timeout_ns = 60 * NS_PER_S,
                                                     .user_agent = "test/1"};
    struct client c = {.ops = ops};
    struct err e;
    struct seen s, next;
    char path[16];
    uv_loop_init(&c.loop);
    assert_int_equal(ops->open(&c.loop, &options, &c.transport, &e), 0);
    assert_int_equal(ops->session_open(c.transport, 0, &c.session, &e), 0);
    snprintf(path, sizeof path, "%zu", i);
    ask(&c, method, path, body, &s);
    ask(&c, "GET", "n", NULL, &next);
    ops->session_close(c.session);
    ops->close(c.transport);
    uv_run(&c.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&c.loop), 0);
    /* libcurl does not give the body of a 417 to one who waits for 100. */
    unsigned received = ops == &transport_curl && cases[i].status == 417 ? 0 : cases[i].received;
    bool good = s.result.outcome == cases[i].outcome && s.result.status == cases[i].status &&
                s.result.bytes_received == received &&
                (cases[i].then == READS_ON || s.result.bytes_sent < BODY_BYTES);
    bool after = next.result.outcome == OUTCOME_OK &&
                 (cases[i].then == READS_ON || next.result.new_connection) &&
                 next.result.bytes_received == 4;
    if (!good || !after)
        print_message("%s, %s, %s: %s %d, received %llu, sent %llu, \"%s\"; then %s%s\n",
                      cases[i].name, method, ops->name, outcome_text((int)s.result.outcome),
                      s.result.status, (unsigned long long)s.result.bytes_received,
                      (unsigned long long)s.result.bytes_sent, s.error,
                      outcome_text((int)next.result.outcome),
                      next.result.new_connection ? "" : ", not on a new connection");
    return !good || !after;
}

static void an_early_answer_counts(void **state) {
    (void)state;
    char *body = malloc(BODY_BYTES);
    int bad = 0;
    assert_non_null(body);
    memset(body, 'b', BODY_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int n = 0; n < (cases[i].then == CLOSES ? REPEATS : 1); n++)
            bad += play(&transport_direct, "PUT", i, body) + play(&transport_curl, "PUT", i, body);
    free(body);
    assert_int_equal(bad, 0);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_early_answer_counts)};
    return cmocka_run_group_tests(tests, start, NULL);
}
