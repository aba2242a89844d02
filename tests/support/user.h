/*
 * user: one user of one transport, for tests that look at what a canned server was asked
 * (canned.h).
 *
 * Header-only: each test binary has its own copy. Include cmocka.h before it. Thread: main.
 */
#ifndef TESTS_SUPPORT_USER_H
#define TESTS_SUPPORT_USER_H

#include <signal.h>
#include <stdio.h>

#include "support/canned.h"
#include "support/loop.h"
#include "transport/curl.h"
#include "transport/direct.h"
#include "transport/transport.h"
#include "util/clock.h"

#define ALL(x) (sizeof(x) / sizeof *(x))

__attribute__((unused)) static const struct transport_ops *const both[] = {&transport_curl,
                                                                           &transport_direct};

struct seen {
    enum outcome outcome;
    int status;
    uint64_t sent, received;
    bool new_connection;
    int64_t ttfb_ns, took_ns;
    char error[512], head[2048], body[256];
    struct transport_result result; /* all of it, but for its texts */
};

static inline void keep(void *context, const struct transport_result *r) {
    struct seen *s = context;
    *s = (struct seen){.outcome = r->outcome,
                       .status = r->status,
                       .sent = r->bytes_sent,
                       .received = r->bytes_received,
                       .new_connection = r->new_connection,
                       .ttfb_ns = r->ttfb_ns,
                       .took_ns = r->end_ns - r->sent_ns,
                       .result = *r};
    snprintf(s->error, sizeof s->error, "%s", r->error);
    snprintf(s->head, sizeof s->head, "%.*s", (int)r->head.len, r->head.data);
    snprintf(s->body, sizeof s->body, "%.*s", (int)r->body.len, r->body.data);
}

/* One user of one transport. */
struct user {
    const struct transport_ops *ops;
    uv_loop_t loop;
    struct transport_options options;
    struct transport *transport;
    struct transport_session *session;
    struct err e;
};

static inline void begin(struct user *u, const struct transport_ops *ops) {
    u->ops = ops;
    u->options.verify = u->options.keepalive = true;
    if (u->options.timeout_ns == 0)
        u->options.timeout_ns = 60 * NS_PER_S;
    u->options.connect_timeout_ns = u->options.timeout_ns;
    u->options.user_agent = "test/1";
    uv_loop_init(&u->loop);
    assert_int_equal(ops->open(&u->loop, &u->options, &u->transport, &u->e), 0);
    assert_int_equal(ops->session_open(u->transport, 0, &u->session, &u->e), 0);
}

static inline void end(struct user *u) {
    u->ops->session_close(u->session);
    u->ops->close(u->transport);
    uv_run(&u->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&u->loop), 0);
}

static inline struct seen call_compiled(struct user *u, const void *compiled,
                                        const struct transport_parts *parts) {
    struct seen seen = {.outcome = OUTCOME_NOT_SENT};
    u->ops->send(u->session, compiled, parts, 0, keep, &seen);
    while (seen.outcome == OUTCOME_NOT_SENT)
        loop_turn(&u->loop);
    return seen;
}

static inline struct seen call(struct user *u, const struct transport_request *r,
                               const struct transport_parts *parts) {
    void *compiled = NULL;
    assert_int_equal(u->ops->request_new(u->transport, r, &compiled, &u->e), 0);
    struct seen seen = call_compiled(u, compiled, parts);
    u->ops->request_free(compiled);
    return seen;
}

static inline struct seen get(struct user *u, const char *host, int port, const char *path,
                              const struct transport_header *headers, size_t header_count) {
    char url[256];
    snprintf(url, sizeof url, "http://%s:%d%s", host, port, path);
    return call(u,
                &(struct transport_request){.method = "GET",
                                            .url = url,
                                            .headers = headers,
                                            .header_count = header_count,
                                            .keep_head = true,
                                            .keep_body_bytes = 200},
                NULL);
}

/* The k-th request that the server saw has this header; "(none)", "(several)". */
static inline void assert_header(const struct canned *c, int k, const char *name,
                                 const char *value) {
    char text[CANNED_HEAD_BYTES];
    const char *found = canned_header(c, k, name, text, sizeof text);
    if (strcmp(found, value) != 0)
        fail_msg("request %d: %s is \"%s\", not \"%s\"\n%s", k, name, found, value,
                 k < c->count ? c->heads[k] : "(no such request)");
}

#endif
