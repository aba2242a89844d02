/* Servers that break the rules of HTTP/2, or follow them in unusual ways: each has its outcome and
 * its words, nothing hangs, and the next request finds a connection that is good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include "support/scratch.h"
#include "support/server.h"
#include "transport/direct.h"
#include "transport/transport.h"
#include "util/clock.h"

#define NOT_VALID "the connection is not valid HTTP/2"
#define NOT_VALID_STREAM                                                                           \
    "the response, or the request according to the server, is not valid HTTP/2 (PROTOCOL_ERROR)"
#define LATE "no response within 300ms"
#define HELLO 5

/* Two requests, one after the other. */
static const struct scene {
    const char *mode; /* of h2_raw.py */
    bool tls;
    size_t body_bytes;
    enum outcome outcome;
    int status;
    uint64_t received;
    const char *error;
    bool keeps;                       /* the second request uses the first one's connection */
    enum connection_end previous_end; /* what the second says of it */
    bool sent_again;                  /* the first was */
    const char *logged;               /* in the server's log; NULL: not looked at */
} scenes[] = {
    {.mode = "ok", .status = 200, .received = HELLO, .keeps = true},
    {.mode = "ok", .tls = true, .status = 200, .received = HELLO, .keeps = true},
    /* What is not HTTP/2 */
    {.mode = "garbage", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "garbage", .tls = true, .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "http1",
     .outcome = OUTCOME_PROTOCOL_ERROR,
     .error = NOT_VALID ": the server answered with HTTP/1"},
    {.mode = "silent", .outcome = OUTCOME_TIMEOUT, .error = LATE},
    /* SETTINGS */
    {.mode = "no-streams",
     .outcome = OUTCOME_TIMEOUT,
     .error = LATE " and no stream: the server allows none (SETTINGS_MAX_CONCURRENT_STREAMS is 0)"},
    {.mode = "one-stream", .status = 200, .received = HELLO, .keeps = true},
    {.mode = "no-window", .body_bytes = 100000, .outcome = OUTCOME_TIMEOUT, .error = LATE},
    {.mode = "ok", .body_bytes = 60000, .status = 200, .received = HELLO, .keeps = true},
    {.mode = "wrong", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    /* Heads */
    {.mode = "header-bomb",
     .outcome = OUTCOME_PROTOCOL_ERROR,
     .error = "the headers of the response are larger than 300 kB",
     .keeps = true,
     .logged = "\"rst\": 2"},
    {.mode = "long-head",
     .outcome = OUTCOME_PROTOCOL_ERROR,
     .error = "the headers of the response are larger than 300 kB",
     .keeps = true},
    {.mode = "long-value", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "continuations", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "upper-case",
     .outcome = OUTCOME_PROTOCOL_ERROR,
     .error = NOT_VALID_STREAM,
     .keeps = true},
    {.mode = "connection-field",
     .outcome = OUTCOME_PROTOCOL_ERROR,
     .error = NOT_VALID_STREAM,
     .keeps = true},
    {.mode = "no-status",
     .outcome = OUTCOME_PROTOCOL_ERROR,
     .error = NOT_VALID_STREAM,
     .keeps = true},
    {.mode = "bad-status",
     .outcome = OUTCOME_PROTOCOL_ERROR,
     .error = "the response is not valid HTTP: its status is not a number from 100 to 999",
     .keeps = true},
    {.mode = "bad-index", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "interim", .status = 200, .received = HELLO, .keeps = true},
    {.mode = "trailers", .status = 200, .received = HELLO, .keeps = true},
    /* Bodies */
    {.mode = "tiny", .status = 200, .received = 1000000, .keeps = true},
    {.mode = "padded", .status = 200, .received = HELLO, .keeps = true},
    {.mode = "wrong-length",
     .outcome = OUTCOME_PROTOCOL_ERROR,
     .status = 200,
     .received = HELLO,
     .error = NOT_VALID_STREAM,
     .keeps = true},
    {.mode = "data-first", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "too-large", .outcome = OUTCOME_PROTOCOL_ERROR, .status = 200, .error = NOT_VALID},
    /* Streams and connections */
    {.mode = "goaway-each",
     .status = 200,
     .received = HELLO,
     .previous_end = CONNECTION_END_GOAWAY},
    {.mode = "goaway-calm",
     .status = 200,
     .received = HELLO,
     .previous_end = CONNECTION_END_GOAWAY_CALM},
    {.mode = "goaway-error",
     .status = 200,
     .received = HELLO,
     .previous_end = CONNECTION_END_GOAWAY_ERROR},
    {.mode = "goaway-twice",
     .status = 200,
     .received = HELLO,
     .previous_end = CONNECTION_END_GOAWAY},
    {.mode = "goaway-never",
     .outcome = OUTCOME_RESET,
     .error = "the server ended the connection (GOAWAY) and did not process this request",
     .previous_end = CONNECTION_END_GOAWAY,
     .sent_again = true},
    {.mode = "goaway-idle",
     .status = 200,
     .received = HELLO,
     .previous_end = CONNECTION_END_GOAWAY},
    {.mode = "rst-after-headers",
     .outcome = OUTCOME_RESET,
     .status = 200,
     .error = "the server reset the stream (CANCEL)",
     .keeps = true},
    {.mode = "rst-no-error",
     .outcome = OUTCOME_RESET,
     .status = 200,
     .received = 3,
     .error = "the server reset the stream (NO_ERROR)",
     .keeps = true},
    {.mode = "rst-unknown",
     .outcome = OUTCOME_RESET,
     .error = "the server reset the stream (a code that RFC 9113 does not define)",
     .keeps = true},
    {.mode = "push", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "unknown", .status = 200, .received = HELLO, .keeps = true},
    {.mode = "unknown-within-head", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "ping", .status = 200, .received = HELLO, .keeps = true},
    {.mode = "ping", .tls = true, .status = 200, .received = HELLO, .keeps = true},
    {.mode = "window-overflow", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "other-stream", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "close",
     .outcome = OUTCOME_RESET,
     .error = "connection closed without a response",
     .previous_end = CONNECTION_END_LOST},
    {.mode = "cut",
     .outcome = OUTCOME_RESET,
     .status = 200,
     .received = 3,
     .error = "connection closed before the response was complete",
     .previous_end = CONNECTION_END_CUT},
};

struct seen {
    struct transport_result result;
    char error[512];
    bool done;
};

static void keep(void *context, const struct transport_result *r) {
    struct seen *s = context;
    s->result = *r;
    s->done = true;
    snprintf(s->error, sizeof s->error, "%s", r->error);
}

static void send_one(uv_loop_t *loop, struct transport_session *s, const void *compiled,
                     struct seen *seen) {
    *seen = (struct seen){0};
    transport_direct.send(s, compiled, NULL, 0, keep, seen);
    while (!seen->done)
        loop_turn(loop);
}

static bool is_right(const struct scene *x, const struct seen *one, const struct seen *two) {
    const struct transport_result *r = &one->result;
    enum connection_end end = x->keeps                                 ? CONNECTION_END_NONE
                              : x->previous_end != CONNECTION_END_NONE ? x->previous_end
                                                                       : CONNECTION_END_CLIENT;
    return r->outcome == x->outcome && r->status == x->status && r->bytes_received == x->received &&
           strcmp(one->error, x->error == NULL ? "" : x->error) == 0 && r->new_connection &&
           r->sent_again == x->sent_again && two->result.outcome == x->outcome &&
           two->result.new_connection == !x->keeps && two->result.previous_end == end;
}

static void tell(const struct scene *x, const struct seen *s) {
    const struct transport_result *r = &s->result;
    print_message(
        "%s%s: %s %d, received %llu, %s%s, previous %s, \"%s\"\n", x->mode, x->tls ? " TLS" : "",
        outcome_text((int)r->outcome), r->status, (unsigned long long)r->bytes_received,
        r->new_connection ? "new" : "kept", r->sent_again ? " again" : "",
        r->previous_end == CONNECTION_END_NONE ? "-" : connection_end_text((int)r->previous_end),
        s->error);
}

static int play(const struct scene *x, const struct server *server, int port) {
    struct seen seen[2];
    uv_loop_t loop;
    struct err e;
    struct transport *t = NULL;
    struct transport_session *s = NULL;
    void *compiled = NULL;
    char url[128];
    static char body[100000];
    const struct transport_options options = {
        .verify = true,
        .ca = in_dir("ca.pem"),
        .version = x->tls ? TRANSPORT_HTTP_2_ONLY : TRANSPORT_HTTP_2_PRIOR,
        .keepalive = true,
        .cookies = true,
        .connect_timeout_ns = 20 * NS_PER_S,
        .timeout_ns = x->outcome == OUTCOME_TIMEOUT ? 300 * NS_PER_MS : 60 * NS_PER_S,
        .user_agent = "test/1",
    };
    memset(body, 'b', sizeof body);
    snprintf(url, sizeof url, "%s://127.0.0.1:%d/", x->tls ? "https" : "http", port);
    const struct transport_request r = {.method = "POST",
                                        .url = url,
                                        .body = x->body_bytes == 0 ? NULL : body,
                                        .body_bytes = x->body_bytes};
    uv_loop_init(&loop);
    assert_int_equal(transport_direct.open(&loop, &options, &t, &e), 0);
    assert_int_equal(transport_direct.session_open(t, 0, &s, &e), 0);
    assert_int_equal(transport_direct.request_new(t, &r, &compiled, &e), 0);
    send_one(&loop, s, compiled, &seen[0]);
    usleep(x->previous_end != CONNECTION_END_NONE ? 200000 : 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    send_one(&loop, s, compiled, &seen[1]);
    transport_direct.request_free(compiled);
    transport_direct.session_close(s);
    transport_direct.close(t);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    bool right = is_right(x, &seen[0], &seen[1]) &&
                 (x->logged == NULL || server_count(server, x->logged) > 0);
    if (right)
        return 0;
    tell(x, &seen[0]);
    tell(x, &seen[1]);
    return 1;
}

#define SCENES (sizeof scenes / sizeof *scenes)

static void each_has_its_outcome_and_its_words(void **state) {
    (void)state;
    struct server server;
    char key[512], cert[512], modes[SCENES][64];
    const char *argv[SCENES + 9] = {
        "python3", "tests/support/h2_raw.py", "--log", server.log, "--key", key, "--cert", cert};
    int bad = 0;
    snprintf(key, sizeof key, "%s", in_dir("server.key"));
    snprintf(cert, sizeof cert, "%s", in_dir("server.pem"));
    for (size_t i = 0; i < SCENES; i++) {
        snprintf(modes[i], sizeof modes[i], "%s%s", scenes[i].mode, scenes[i].tls ? "+tls" : "");
        argv[8 + i] = modes[i];
    }
    server_make_log(&server);
    server_run(&server, argv);
    for (size_t i = 0; i < SCENES; i++)
        bad += play(&scenes[i], &server, server.ports[i]);
    server_stop(&server);
    assert_int_equal(bad, 0);
}

static int make_certificates(void **state) {
    char command[128];
    if (make_dir(state) != 0)
        return -1;
    snprintf(command, sizeof command, "tests/support/make-certs %s", dir);
    return system(command) == 0 ? transport_global_init(NULL) : -1;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_outcome_and_its_words),
    };
    return cmocka_run_group_tests(tests, make_certificates, remove_dir);
}
