/*
 * The fast transport: HTTP/1.1 with keep-alive, or HTTP/2 by nghttp2, on our own sockets.
 *
 * libcurl connects, then we take over its socket. A request is rendered once for all users, sent
 * with one system call, and its response is read with one more (http1.h, h2.h). A connection stays
 * registered with the loop as long as it lives. It does not support proxies, redirects or several
 * origins; choose_transport() (engine/choose.h) does not select it for those.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "transport/direct.h"
#include "transport/direct_internal.h"
#include "util/clock.h"
#include "util/units.h"

/* ---- the end of a request ---- */

/* The session is idle again before its callback runs, so that the callback may send, or close the
 * session. */
void direct_finish(struct transport_session *s) {
    struct transport_result *r = &s->result;
    size_t before_body = direct_request_head_bytes(s);
    deadline_remove(&s->transport->whole, &s->whole);
    deadline_remove(&s->transport->handshake, &s->handshake);
    if (s->request->limit != NULL)
        deadline_remove(&s->request->limit->late, &s->call);
    stream_watch_end(s->watch);
    if (r->end_ns == 0)
        r->end_ns = clock_mono_ns();
    r->bytes_sent = s->over_h2                    ? s->stream.body_sent
                    : s->sent_bytes > before_body ? s->sent_bytes - before_body
                                                  : 0;
    r->bytes_received = s->answer.received;
    r->held_by_streams = s->over_h2 ? s->stream.held_by : 0;
    if (r->status != 0)
        r->http_version = s->over_h2                    ? HTTP_VERSION_2
                          : s->answer.http.head.minor_1 ? HTTP_VERSION_1_1
                                                        : HTTP_VERSION_1_0;
    curl_result_version(s->transport->options, r);
    if (r->status == 0)
        r->ttfb_ns = -1;
    struct transport *t = s->transport;
    struct answer_kept *kept = answer_take(&s->answer, r);
    transport_done_fn *done = s->done;
    s->done = NULL;
    s->request = NULL;
    done(s->context, r);
    answer_give_back(&t->pool, kept);
}

void direct_fail(struct transport_session *s, enum outcome outcome, const char *text) {
    /* One that no request could be sent on is none that ended. */
    if (s->state == DIRECT_HANDSHAKE)
        direct_close_connection(s);
    else if (outcome == OUTCOME_TIMEOUT || outcome == OUTCOME_CANCELLED || !direct_h2_let_go(s))
        direct_end_connection(s, CONNECTION_END_CLIENT, 0);
    s->state = s->connection == NULL ? DIRECT_CLOSED : DIRECT_IDLE;
    s->result.outcome = outcome;
    s->result.error = text;
    direct_finish(s);
}

void direct_fail_later(struct transport_session *s, enum outcome outcome, const char *text) {
    s->state = DIRECT_FAILED;
    s->result.outcome = outcome;
    s->result.error = text;
    s->next_failed = s->transport->failed;
    s->transport->failed = s;
    curl_loop_settle(&s->transport->connector);
}

/* Those that fail again meanwhile wait for the next turn. A callback may close other sessions that
 * wait here. */
static void finish_failed(void *context) {
    struct transport *t = context;
    t->failing = t->failed;
    t->failed = NULL;
    while (t->failing != NULL) {
        struct transport_session *s = t->failing;
        t->failing = s->next_failed;
        if (s->state == DIRECT_FAILED)
            direct_fail(s, s->result.outcome, s->result.error);
    }
}

static void unlink_failed(struct transport_session **list, const struct transport_session *s) {
    while (*list != NULL && *list != s)
        list = &(*list)->next_failed;
    if (*list != NULL)
        *list = s->next_failed;
}

/* ---- sending ---- */

/* "Cookie: a=1; b=2\r\n", or nothing. */
static void fill_cookie_line(struct transport_session *s) {
    struct buf value;
    buf_clear(&s->cookie_line);
    if (s->answer.cookies == NULL && s->request->own_cookie.data == NULL)
        return;
    buf_init(&value, COOKIES_HEADER_MAX_BYTES);
    cookies_header(s->answer.cookies, &s->request->place, s->request->own_cookie, time(NULL),
                   &value);
    if (value.len > 0 && buf_ok(&value))
        buf_printf(&s->cookie_line, "Cookie: %s\r\n", buf_text(&value));
    buf_done(&value);
}

static void direct_send(struct transport_session *s, const void *compiled,
                        const struct transport_parts *parts, uint64_t trace,
                        transport_done_fn *done, void *context) {
    assert(s->done == NULL);
    s->request = compiled;
    s->done = done;
    s->context = context;
    s->trace = trace;
    s->sent_bytes = 0;
    s->write_broken = s->over_h2 = false;
    s->result = (struct transport_result){.sent_ns = clock_mono_ns(), .ttfb_ns = -1, .error = ""};
    bool made = parts == NULL || direct_request_vary(s, parts) == 0;
    answer_begin(&s->answer, &s->request->wanted);
    direct_response_begin(s);
    fill_cookie_line(s);
    deadline_add(&s->transport->whole, &s->whole, s->result.sent_ns);
    if (s->request->limit != NULL)
        deadline_add(&s->request->limit->late, &s->call, s->result.sent_ns);
    if (s->connection != NULL && history_expired(&s->history, s->result.sent_ns))
        direct_end_connection(s, CONNECTION_END_EXPIRED, s->result.sent_ns);
    if (!made || direct_stream_watch(s) != 0)
        direct_fail_later(s, OUTCOME_CONNECT_ERROR, "not enough memory to send the request");
    else if (s->connection != NULL)
        direct_ready(s);
    else
        direct_connect(s);
}

/* ---- limits of time, giving up ---- */

static void on_handshake_late(void *context, struct deadline *d) {
    struct transport *t = context;
    struct transport_session *s =
        (struct transport_session *)(void *)((char *)d -
                                             offsetof(struct transport_session, handshake));
    if (s->state == DIRECT_NAMING)
        addresses_late(s->naming.host, t->options->connect_timeout_ns, t->text, sizeof t->text);
    else
        curl_result_late(t->options, false, 0, t->text);
    direct_connect_cancel(s);
    direct_fail(s, OUTCOME_TIMEOUT, t->text);
}

static void on_late(void *context, struct deadline *d) {
    static const char forbidden[] =
        " and no stream: the server allows none (SETTINGS_MAX_CONCURRENT_STREAMS is 0)";
    struct transport *t = context;
    struct transport_session *s = (struct transport_session *)(void *)d;
    if (s->state == DIRECT_NAMING)
        addresses_late(s->naming.host, t->options->timeout_ns, t->text, sizeof t->text);
    else
        curl_result_late(t->options, s->state == DIRECT_BUSY, s->result.status, t->text);
    if (s->over_h2 && !s->begun && h2_forbids_streams(s->connection->h2)) {
        size_t n = strlen(t->text);
        snprintf(t->text + n, sizeof t->text - n, "%s", forbidden);
    }
    /* Nothing has come since it was sent: perhaps nothing ever will, for nobody. */
    if (direct_shares(s) && s->connection != NULL && s->connection->arrived_ns < s->result.sent_ns)
        direct_shared_retire(s->connection->session);
    direct_connect_cancel(s);
    direct_fail(s, OUTCOME_TIMEOUT, t->text);
}

/* The call is cancelled (RST_STREAM), and the connection goes on, as gRPC's clients do it. */
static void on_call_late(void *context, struct deadline *d) {
    (void)context;
    struct transport_session *s =
        (struct transport_session *)(void *)((char *)d - offsetof(struct transport_session, call));
    direct_connect_cancel(s);
    direct_fail(s, OUTCOME_GRPC_ERROR, answer_grpc_late(&s->answer.grpc, &s->result));
}

static void direct_cancel(struct transport_session *s) {
    if (s->done == NULL)
        return;
    direct_connect_cancel(s);
    direct_fail(s, OUTCOME_CANCELLED, "cancelled because the run ended");
}

/* ---- beginning and end ---- */

struct transport_session *direct_session_new(struct transport *t, uint32_t user) {
    struct transport_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->transport = t;
    s->user = user;
    buf_init(&s->cookie_line, COOKIES_HEADER_MAX_BYTES + sizeof "Cookie: \r\n");
    answer_init(&s->answer, t->options, &t->pool, &s->history);
    s->answer.http.others = false; /* a status line of HTTP/2 is libcurl's */
    return s;
}

static int direct_session_open(struct transport *t, uint32_t user, struct transport_session **out,
                               struct err *e) {
    bool shared = t->options->streams > 1 && t->options->version != TRANSPORT_HTTP_1_1;
    struct transport_session *s = direct_session_new(t, user);
    if (s == NULL || (shared && direct_shared_join(s) != 0)) {
        direct_session_free(s);
        return err_set(e, "not enough memory for another user");
    }
    *out = s;
    return 0;
}

static void direct_session_close(struct transport_session *s) {
    if (s == NULL)
        return;
    direct_close_connection(s);
    direct_shared_leave(s);
    direct_session_free(s);
}

void direct_session_free(struct transport_session *s) {
    if (s == NULL)
        return;
    unlink_failed(&s->transport->failed, s);
    unlink_failed(&s->transport->failing, s);
    assert(s->done == NULL);
    direct_close_connection(s);
    buf_done(&s->cookie_line);
    answer_done(&s->answer);
    stream_watch_free(s->watch);
    direct_varied_free(s->varied);
    SSL_SESSION_free(s->resume);
    free(s);
}

static void free_transport(void *context) {
    struct transport *t = context;
    SSL_CTX_free(t->tls);
    BIO_meth_free(t->tls_method);
    answer_pool_free(&t->pool);
    for (struct direct_limit *l = t->limits, *next; l != NULL; l = next) {
        next = l->next;
        free(l);
    }
    free(t->buffer);
    free(t->scratch);
    free(t);
}

static int direct_open(uv_loop_t *loop, const struct transport_options *options,
                       struct transport **out, struct err *e) {
    struct transport *t = calloc(1, sizeof *t);
    if (t == NULL)
        return err_set(e, "not enough memory for the transport");
    t->loop = loop;
    t->options = options;
    t->buffer = malloc(DIRECT_READ_BYTES);
    t->scratch = malloc(DIRECT_READ_BYTES);
    if (t->buffer == NULL || t->scratch == NULL)
        goto no_memory;
    if ((t->tls_method = direct_tls_method()) == NULL)
        goto no_memory;
    /* The authorities take a hundred times as long to read as all else here: see
     * direct_request_new(). */
    if (tls_context_check(options, e) != 0) {
        free_transport(t);
        return -1;
    }
    if (addresses_init(&t->addresses, loop, options, e) != 0 ||
        curl_loop_init(&t->connector, loop, direct_connect_ended, finish_failed, t, e) != 0) {
        addresses_close(&t->addresses, free_transport, t);
        return -1;
    }
    deadlines_init(&t->whole, loop, &options->timeout_ns, on_late, t);
    t->call_late = on_call_late;
    deadlines_init(&t->handshake, loop, &options->connect_timeout_ns, on_handshake_late, t);
    *out = t;
    return 0;

no_memory:
    free_transport(t);
    return err_set(e, "not enough memory for the transport");
}

static void one_closed(void *context) {
    struct transport *t = context;
    if (--t->closing == 0)
        free_transport(t);
}

static void timer_closed(uv_handle_t *timer) {
    one_closed(timer->data);
}

static void direct_close(struct transport *t) {
    if (t == NULL)
        return;
    t->closing = 4;
    curl_loop_close(&t->connector, one_closed);
    addresses_close(&t->addresses, one_closed, t);
    deadlines_close(&t->whole, timer_closed);
    deadlines_close(&t->handshake, timer_closed);
    for (struct direct_limit *l = t->limits; l != NULL; l = l->next) {
        t->closing++;
        deadlines_close(&l->late, timer_closed);
    }
}

const struct transport_ops transport_direct = {
    .name = "direct",
    .open = direct_open,
    .close = direct_close,
    .session_open = direct_session_open,
    .session_close = direct_session_close,
    .request_new = direct_request_new,
    .request_free = direct_request_free,
    .send = direct_send,
    .cancel = direct_cancel,
};
