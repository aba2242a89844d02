/* What the transport says of a gRPC call does not depend on TLS, nor on whether users share the
 * connection: each answer of the server is the same for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/h2_raw.h"
#include "support/user.h"

/* Answers of h2_raw.py, which grpc.bats has with the words for each. */
static const char *const modes[] = {
    "grpc-good",
    "grpc-pieces",
    "grpc-no-trailers",
    "grpc-html",
    "grpc-503",
    "grpc-flag",
    "grpc-bad-gzip",
    "grpc-compressed",
    "grpc-truncated",
    "grpc-none",
    "grpc-too-large",
    "grpc-two",
    "grpc-trailers-only",
    "grpc-rst",
    "grpc-goaway",
    "grpc-no-type",
    "grpc-other-trailers",
    "grpc-404-with-status",
    "grpc-bad-status",
    "grpc-unknown-status",
    "grpc-prefix-only",
    "grpc-tiny",
};
#define MODES (sizeof modes / sizeof *modes)

static const struct client {
    const char *name;
    bool tls;
    uint32_t streams;
} clients[] = {
    {"h2c", false, 1}, {"TLS", true, 1}, {"h2c shared", false, 2}, {"TLS shared", true, 2}};
#define CLIENTS (sizeof clients / sizeof *clients)

/* Two calls, one after the other. */
static void play(const struct client *c, int port, struct seen seen[2]) {
    static const char message[] = {0, 0, 0, 0, 2, 8, 1};
    static const struct transport_header headers[] = {{"Content-Type", "application/grpc"},
                                                      {"TE", "trailers"}};
    const struct transport_grpc grpc = {.message_max_bytes = 4 << 20};
    struct user u = {.options = {.ca = in_dir("ca.pem"),
                                 .version = TRANSPORT_HTTP_2_PRIOR,
                                 .streams = c->streams,
                                 .retry = TRANSPORT_RETRY_NEVER,
                                 .timeout_ns = 60 * NS_PER_S}};
    void *compiled = NULL;
    char url[128];
    snprintf(url, sizeof url, "%s://127.0.0.1:%d/a.B/C", c->tls ? "https" : "http", port);
    const struct transport_request r = {.method = "POST",
                                        .url = url,
                                        .headers = headers,
                                        .header_count = 2,
                                        .body = message,
                                        .body_bytes = sizeof message,
                                        .keep_body_bytes = 64,
                                        .grpc = &grpc};
    begin(&u, &transport_direct);
    assert_int_equal(transport_direct.request_new(u.transport, &r, &compiled, &u.e), 0);
    for (int i = 0; i < 2; i++)
        seen[i] = call_compiled(&u, compiled, NULL);
    transport_direct.request_free(compiled);
    end(&u);
}

static bool same(const struct seen *a, const struct seen *b) {
    const struct transport_result *x = &a->result, *y = &b->result;
    return x->outcome == y->outcome && x->status == y->status &&
           x->has_grpc_status == y->has_grpc_status && x->grpc_status == y->grpc_status &&
           x->bytes_sent == y->bytes_sent && x->bytes_received == y->bytes_received &&
           x->new_connection == y->new_connection && x->sent_again == y->sent_again &&
           x->previous_end == y->previous_end && x->http_version == y->http_version &&
           (x->ttfb_ns >= 0) == (y->ttfb_ns >= 0) && (x->connect_ns > 0) == (y->connect_ns > 0) &&
           strcmp(a->error, b->error) == 0 && strcmp(a->body, b->body) == 0;
}

static void tell(const char *mode, const struct client *c, const struct seen *s) {
    const struct transport_result *r = &s->result;
    print_message("%s, %s: %s %d, grpc-status %d, sent %llu, received %llu, %s, \"%s\"\n", mode,
                  c->name, outcome_text((int)r->outcome), r->status,
                  r->has_grpc_status ? r->grpc_status : -1, (unsigned long long)r->bytes_sent,
                  (unsigned long long)r->bytes_received, r->new_connection ? "new" : "kept",
                  s->error);
}

static void all_say_the_same(void **state) {
    (void)state;
    struct server server;
    char names[2 * MODES][H2_RAW_NAME_BYTES];
    int bad = 0, outcomes[OUTCOME_COUNT] = {0};
    for (size_t i = 0; i < 2 * MODES; i++)
        h2_raw_name(names[i], modes[i / 2], i % 2 == 1, false);
    h2_raw_start(&server, names, 2 * MODES);
    for (size_t i = 0; i < MODES; i++) {
        struct seen first[2], seen[2];
        play(&clients[0], server.ports[2 * i], first);
        outcomes[first->result.outcome]++;
        for (size_t c = 1; c < CLIENTS; c++) {
            play(&clients[c], server.ports[2 * i + clients[c].tls], seen);
            for (int k = 0; k < 2; k++) {
                if (same(&first[k], &seen[k]))
                    continue;
                tell(modes[i], &clients[0], &first[k]);
                tell(modes[i], &clients[c], &seen[k]);
                bad++;
            }
        }
    }
    server_stop(&server);
    assert_int_equal(bad, 0);
    /* It was not one failure for all. */
    assert_int_equal(outcomes[OUTCOME_OK], 4);
    assert_int_equal(outcomes[OUTCOME_GRPC_ERROR], 5);
    assert_int_equal(outcomes[OUTCOME_RESET], 1);
}

static int start(void **state) {
    return make_certificates(state) == 0 ? transport_global_init(NULL) : -1;
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_say_the_same),
    };
    return cmocka_run_group_tests(tests, start, remove_dir);
}
