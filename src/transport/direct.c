/*
 * The fast transport: HTTP/1.1 with keep-alive on sockets of our own.
 *
 * libcurl makes the connection, then its socket is ours: a request is rendered once for all users, sent with one system call,
 * and its answer read with one more and given to http_parser. A connection stays registered with the loop for its life.
 * What it does not do (HTTP/2, proxies, redirects, several origins) transport_choose() keeps away from it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "transport/direct_internal.h"
#include "util/clock.h"
#include "util/units.h"

#define COOKIE_LINE_MAX_BYTES (COOKIES_MAX * COOKIES_LINE_MAX_BYTES)

/* ---- the end of a request ---- */

/* The session is idle again before its callback runs, so that the callback may send, or close the session. */
void direct_finish(struct transport_session *s) {
    struct transport_result *r = &s->result;
    size_t before_body = direct_request_head_bytes(s);
    deadline_remove(&s->transport->whole, &s->whole);
    deadline_remove(&s->transport->handshake, &s->handshake);
    if (r->end_ns == 0)
        r->end_ns = clock_mono_ns();
    r->bytes_sent = s->sent_bytes > before_body ? s->sent_bytes - before_body : 0;
    r->bytes_received = s->response.received;
    if (r->status == 0)
        r->ttfb_ns = -1;
    direct_response_done(s);
    struct transport *t = s->transport;
    struct direct_kept *kept = direct_response_kept(s);
    transport_done_fn *done = s->done;
    s->done = NULL;
    s->request = NULL;
    done(s->context, r);
    if (kept != NULL)
        direct_kept_give_back(t, kept);
}

void direct_fail(struct transport_session *s, enum outcome outcome, const char *text) {
    direct_close_connection(s);
    s->state = DIRECT_CLOSED;
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

static void finish_failed(void *context) {
    struct transport *t = context;
    struct transport_session *s = t->failed;
    t->failed = NULL;
    while (s != NULL) {
        struct transport_session *next = s->next_failed;
        if (s->state == DIRECT_FAILED)
            direct_fail(s, s->result.outcome, s->result.error);
        s = next;
    }
}

/* ---- sending ---- */

/* "Cookie: a=1; b=2\r\n", or nothing. */
static void fill_cookie_line(struct transport_session *s) {
    struct buf value;
    buf_clear(&s->cookie_line);
    if (s->cookies == NULL)
        return;
    buf_init(&value, COOKIE_LINE_MAX_BYTES);
    cookies_header(s->cookies, s->request->path, s->request->tls, time(NULL), &value);
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
    s->write_broken = false;
    s->result = (struct transport_result){.sent_ns = clock_mono_ns(), .ttfb_ns = -1, .error = ""};
    direct_response_begin(s);
    bool made = parts == NULL || direct_request_vary(s, parts) == 0;
    fill_cookie_line(s);
    deadline_add(&s->transport->whole, &s->whole, s->result.sent_ns);
    if (!made)
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
    curl_result_late(t->options, false, 0, t->text);
    direct_fail(s, OUTCOME_TIMEOUT, t->text);
}

static void on_late(void *context, struct deadline *d) {
    struct transport *t = context;
    struct transport_session *s = (struct transport_session *)(void *)d;
    curl_result_late(t->options, s->state == DIRECT_BUSY, s->result.status, t->text);
    if (s->state == DIRECT_CONNECTING)
        direct_connect_cancel(s);
    direct_fail(s, OUTCOME_TIMEOUT, t->text);
}

static void direct_cancel(struct transport_session *s) {
    if (s->done == NULL)
        return;
    if (s->state == DIRECT_CONNECTING)
        direct_connect_cancel(s);
    direct_fail(s, OUTCOME_CANCELLED, "given up because the run ended");
}

/* ---- beginning and end ---- */

static int direct_session_open(struct transport *t, struct transport_session **out, struct err *e) {
    struct transport_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_set(e, "not enough memory for another user");
    s->transport = t;
    buf_init(&s->cookie_line, COOKIE_LINE_MAX_BYTES);
    buf_init(&s->response.value, COOKIES_LINE_MAX_BYTES);
    *out = s;
    return 0;
}

static void direct_session_close(struct transport_session *s) {
    if (s == NULL)
        return;
    assert(s->done == NULL);
    direct_close_connection(s);
    cookies_free(s->cookies);
    buf_done(&s->cookie_line);
    buf_done(&s->response.value);
    direct_varied_free(s->varied);
    SSL_SESSION_free(s->resume);
    free(s);
}

static void free_transport(struct transport *t) {
    curl_slist_free_all(t->resolve);
    SSL_CTX_free(t->tls);
    BIO_meth_free(t->tls_method);
    direct_kept_free_all(t);
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
    for (size_t i = 0; i < options->resolve_count; i++) {
        struct curl_slist *longer = curl_slist_append(t->resolve, options->resolve[i]);
        if (longer == NULL)
            goto no_memory;
        t->resolve = longer;
    }
    if ((t->tls_method = direct_tls_method()) == NULL)
        goto no_memory;
    if (tls_context_new(options, &t->tls, e) != 0 ||
        curl_loop_init(&t->connector, loop, direct_connect_ended, finish_failed, t, e) != 0) {
        free_transport(t);
        return -1;
    }
    deadlines_init(&t->whole, loop, &options->timeout_ns, on_late, t);
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
    t->closing = 3;
    curl_loop_close(&t->connector, one_closed);
    deadlines_close(&t->whole, timer_closed);
    deadlines_close(&t->handshake, timer_closed);
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
