/* Servers that break the rules of HTTP/2, or follow them in unusual ways: each has its outcome and
 * its words, nothing hangs, and the next request finds a connection that is good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "grpc/grpc_frame.h"
#include "support/h2_raw.h"
#include "support/patience.h"
#include "support/user.h"

#define NOT_VALID "the connection is not valid HTTP/2"
#define NOT_VALID_STREAM                                                                           \
    "the response, or the request according to the server, is not valid HTTP/2 (PROTOCOL_ERROR)"
#define HELLO 5
#define BODY_MAX_BYTES (100000 + GRPC_PREFIX_BYTES)

/* Two requests, one after the other. */
static const struct scene {
    const char *mode; /* of h2_raw.py */
    size_t body_bytes;
    enum outcome outcome;
    int status;
    uint64_t received;
    const char *error;                /* of a timeout: after its time */
    bool keeps;                       /* the second request uses the first one's connection */
    enum connection_end previous_end; /* what the second says of it */
    bool sent_again;                  /* the first was */
    const char *logged;               /* in the server's log; NULL: not looked at */
} scenes[] = {
    {.mode = "ok", .status = 200, .received = HELLO, .keeps = true},
    /* What is not HTTP/2 */
    {.mode = "garbage", .outcome = OUTCOME_PROTOCOL_ERROR, .error = NOT_VALID},
    {.mode = "http1",
     .outcome = OUTCOME_PROTOCOL_ERROR,
     .error = NOT_VALID ": the server answered with HTTP/1"},
    {.mode = "silent", .outcome = OUTCOME_TIMEOUT},
    /* SETTINGS */
    {.mode = "no-streams",
     .outcome = OUTCOME_TIMEOUT,
     .error = " and no stream: the server allows none (SETTINGS_MAX_CONCURRENT_STREAMS is 0)"},
    {.mode = "one-stream", .status = 200, .received = HELLO, .keeps = true},
    {.mode = "no-window", .body_bytes = 100000, .outcome = OUTCOME_TIMEOUT},
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

/* Each scene is played by an HTTP request and a gRPC call, over h2c and TLS. */
struct client {
    const char *name;
    bool tls, grpc;
};
static const struct client clients[] = {{"h2c", false, false},
                                        {"TLS", true, false},
                                        {"gRPC over h2c", false, true},
                                        {"gRPC over TLS", true, true}};

/* A gRPC answer has the bytes of a message where HTTP's says hello, and its prefix before a
 * million. */
static uint64_t received(const struct client *c, const struct scene *x) {
    return !c->grpc                 ? x->received
           : x->received == HELLO   ? 9
           : x->received == 1000000 ? 1000009
                                    : x->received;
}

static bool has_error(const struct scene *x, const struct patience *p, const char *error) {
    char wanted[512] = "";
    if (x->outcome == OUTCOME_TIMEOUT)
        snprintf(wanted, sizeof wanted, "no response within %s", p->text);
    size_t n = strlen(wanted);
    snprintf(wanted + n, sizeof wanted - n, "%s", x->error == NULL ? "" : x->error);
    return strcmp(error, wanted) == 0;
}

static bool is_right(const struct client *c, const struct scene *x, const struct patience *p,
                     const struct seen *one, const struct seen *two) {
    const struct transport_result *r = &one->result;
    bool status = c->grpc && x->outcome == OUTCOME_OK;
    enum connection_end end = x->keeps                                 ? CONNECTION_END_NONE
                              : x->previous_end != CONNECTION_END_NONE ? x->previous_end
                                                                       : CONNECTION_END_CLIENT;
    return r->outcome == x->outcome && r->status == x->status &&
           r->bytes_received == received(c, x) && has_error(x, p, one->error) &&
           r->has_grpc_status == status && r->grpc_status == 0 && r->new_connection &&
           r->sent_again == x->sent_again && two->outcome == x->outcome &&
           two->new_connection == !x->keeps && two->result.previous_end == end;
}

static void tell(const struct client *c, const struct scene *x, const struct seen *s) {
    const struct transport_result *r = &s->result;
    print_message(
        "%s, %s: %s %d, grpc-status %d, received %llu, %s%s, previous %s, \"%s\"\n", x->mode,
        c->name, outcome_text((int)r->outcome), r->status, r->has_grpc_status ? r->grpc_status : -1,
        (unsigned long long)r->bytes_received, r->new_connection ? "new" : "kept",
        r->sent_again ? " again" : "",
        r->previous_end == CONNECTION_END_NONE ? "-" : connection_end_text((int)r->previous_end),
        s->error);
}

/* A gRPC message of the same size, if there is a body. */
static void body_of(const struct client *c, const struct scene *x, char body[BODY_MAX_BYTES],
                    struct transport_request *r) {
    r->body = body;
    r->body_bytes = x->body_bytes;
    memset(body, 'b', BODY_MAX_BYTES);
    if (!c->grpc) {
        r->body = x->body_bytes == 0 ? NULL : body;
        return;
    }
    r->body_bytes += GRPC_PREFIX_BYTES;
    grpc_prefix(body, false, (uint32_t)x->body_bytes);
}

/* False: it is to be played again, with more time for the server. */
static bool play(const struct client *c, const struct scene *x, const struct patience *p,
                 const struct server *server, int port, bool last) {
    static const struct transport_header headers[] = {{"Content-Type", "application/grpc"},
                                                      {"TE", "trailers"}};
    static char body[BODY_MAX_BYTES];
    const struct transport_grpc grpc = {.message_max_bytes = 4 << 20};
    struct user u = {
        .options = {.ca = in_dir("ca.pem"),
                    .version = c->tls ? TRANSPORT_HTTP_2_ONLY : TRANSPORT_HTTP_2_PRIOR,
                    .cookies = true,
                    .timeout_ns = x->outcome == OUTCOME_TIMEOUT ? p->ns : 60 * NS_PER_S}};
    struct transport_request r = {.method = "POST",
                                  .headers = headers,
                                  .header_count = c->grpc ? 2 : 0,
                                  .grpc = c->grpc ? &grpc : NULL};
    void *compiled = NULL;
    char url[128];
    snprintf(url, sizeof url, "%s://127.0.0.1:%d/", c->tls ? "https" : "http", port);
    r.url = url;
    body_of(c, x, body, &r);
    begin(&u, &transport_direct);
    assert_int_equal(transport_direct.request_new(u.transport, &r, &compiled, &u.e), 0);
    struct seen one = call_compiled(&u, compiled, NULL);
    /* What the server has to say behind its answer comes within the time, or the next try's. */
    if (x->previous_end != CONNECTION_END_NONE)
        usleep((useconds_t)(p->ns / NS_PER_US / 2));
    uv_run(&u.loop, UV_RUN_NOWAIT);
    struct seen two = call_compiled(&u, compiled, NULL);
    transport_direct.request_free(compiled);
    end(&u);
    if (is_right(c, x, p, &one, &two) && (x->logged == NULL || server_count(server, x->logged) > 0))
        return true;
    if (last) {
        tell(c, x, &one);
        tell(c, x, &two);
    }
    return false;
}

#define SCENES ALL(scenes)
#define PLAYS (SCENES * ALL(clients))

/* In a process of its own, so that the clients wait for timeouts at the same time. */
static void play_all(const struct client *c, const struct server *server, const int *ports) {
    int bad = 0;
    for (size_t i = 0; i < SCENES; i++) {
        size_t n = 0;
        while (n < PATIENCE_TRIES &&
               !play(c, &scenes[i], &patience[n], server, ports[i], n + 1 == PATIENCE_TRIES))
            n++;
        bad += n == PATIENCE_TRIES;
    }
    fflush(stdout);
    fflush(stderr);
    _exit(bad != 0);
}

static void each_has_its_outcome_and_its_words(void **state) {
    (void)state;
    struct server server;
    char modes[PLAYS][H2_RAW_NAME_BYTES];
    pid_t pids[ALL(clients)];
    for (size_t i = 0; i < PLAYS; i++) {
        const struct client *c = &clients[i / SCENES];
        h2_raw_name(modes[i], scenes[i % SCENES].mode, c->tls, c->grpc);
    }
    h2_raw_start(&server, modes, PLAYS);
    for (size_t i = 0; i < ALL(clients); i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            play_all(&clients[i], &server, server.ports + i * SCENES);
    }
    int bad = 0, status;
    for (size_t i = 0; i < ALL(clients); i++)
        bad += waitpid(pids[i], &status, 0) != pids[i] || status != 0;
    server_stop(&server);
    assert_int_equal(bad, 0);
}

static int start(void **state) {
    return make_certificates(state) == 0 ? transport_global_init(NULL) : -1;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_outcome_and_its_words),
    };
    return cmocka_run_group_tests(tests, start, remove_dir);
}
