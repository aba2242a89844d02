/*
 * The fast transport: HTTP/1.1 with keep-alive on sockets of our own.
 *
 * libcurl makes the connection, then its socket is ours: a request is rendered once for all users, sent with one system call,
 * and its answer read with one more and given to http_parser. A connection stays registered with the loop for its life.
 * What it does not do (HTTP/2, proxies, redirects, several origins) choose.c keeps away from it.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "transport/direct_internal.h"
#include "util/clock.h"
#include "util/units.h"

#define COOKIE_LINE_MAX_BYTES (COOKIES_MAX * COOKIES_LINE_MAX_BYTES)
/* Answers that are larger are read over several turns, so that one user's download does not stop all others. */
#define READS_A_TURN 8

static void on_event(uv_poll_t *poll, int status, int events);

/* ---- connections ---- */

static void free_connection(uv_handle_t *poll) {
    free(poll->data);
}

static void close_connection(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    if (c == NULL)
        return;
    s->connection = NULL;
    c->session = NULL;
    if (c->ssl != NULL)
        direct_tls_end(s, c);
    uv_poll_stop(&c->poll);
    uv_close((uv_handle_t *)&c->poll, free_connection);
    close(c->fd);
}

void direct_watch(struct direct_connection *c, int events) {
    if (events == c->events)
        return;
    c->events = events;
    uv_poll_start(&c->poll, events, on_event);
}

void direct_connected(struct transport_session *s, int fd) {
    struct direct_connection *c = calloc(1, sizeof *c);
    if (c == NULL || uv_poll_init_socket(s->transport->loop, &c->poll, fd) != 0) {
        free(c);
        close(fd);
        direct_fail(s, OUTCOME_CONNECT_ERROR, "not enough memory to connect");
        return;
    }
    c->fd = fd;
    c->session = s;
    c->poll.data = c;
    s->connection = c;
    if (s->request->tls)
        direct_tls_begin(s);
    else
        direct_ready(s);
}

/* ---- the end of a request ---- */

/* The session is idle again before its callback runs, so that the callback may send, or close the session. */
static void finish(struct transport_session *s) {
    struct transport_result *r = &s->result;
    const struct direct_request *q = s->request;
    size_t before_body = q->head_bytes + s->cookie_line.len;
    deadline_remove(&s->transport->whole, &s->whole);
    deadline_remove(&s->transport->handshake, &s->handshake);
    r->end_ns = clock_mono_ns();
    r->bytes_sent = s->sent_bytes > before_body ? s->sent_bytes - before_body : 0;
    r->bytes_received = s->response.received;
    if (r->status == 0)
        r->ttfb_ns = -1;
    direct_response_done(s);
    transport_done_fn *done = s->done;
    s->done = NULL;
    s->request = NULL;
    done(s->context, r);
}

void direct_fail(struct transport_session *s, enum outcome outcome, const char *text) {
    close_connection(s);
    s->state = DIRECT_CLOSED;
    s->result.outcome = outcome;
    s->result.error = text;
    finish(s);
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

/* The answer is complete. `dirty`: more bytes came than belong to it. */
static void complete(struct transport_session *s, bool dirty) {
    const struct direct_response *a = &s->response;
    struct transport_result *r = &s->result;
    bool unsent = s->sent_bytes < direct_request_bytes(s);
    if (unsent && !s->write_broken && a->keep && r->status < 400) {
        /* The server answered early and may still want the rest. */
        direct_watch(s->connection, UV_READABLE | UV_WRITABLE);
        return;
    }
    if (a->keep && s->transport->options->keepalive && !dirty && !unsent) {
        s->state = DIRECT_IDLE;
        direct_watch(s->connection, UV_READABLE);
    } else {
        close_connection(s);
        s->state = DIRECT_CLOSED;
    }
    r->outcome = r->status >= 400 ? OUTCOME_HTTP_ERROR : OUTCOME_OK;
    r->error = "";
    if (r->status >= 400) {
        snprintf(s->text, sizeof s->text, "HTTP %d", r->status);
        r->error = s->text;
    }
    finish(s);
}

/* The server closes a kept connection when it likes, perhaps while our next request is on its way. Where its kernel never
 * acknowledged a byte of that request, its program cannot have seen it: then, and only then, it is sent once more. */
static bool may_send_again(const struct transport_session *s) {
    struct {
        struct tcp_info old; /* glibc's, which ends before what we look for */
        uint64_t pacing_rate, max_pacing_rate, bytes_acked;
    } info;
    socklen_t size = sizeof info;
    const struct direct_connection *c = s->connection;
    if (s->result.new_connection || s->response.begun || s->sent_again || c->ssl != NULL)
        return false;
    memset(&info, 0, sizeof info);
    if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < sizeof info)
        return false;
    /* The handshake's SYN counts as one byte. */
    return info.bytes_acked <= c->request_from + 1;
}

static void send_again(struct transport_session *s) {
    close_connection(s);
    s->sent_again = true;
    s->write_broken = false;
    s->sent_bytes = 0;
    direct_response_begin(s);
    direct_connect(s);
}

/* The connection ended before the answer did; reason 0: in order. */
static void lost(struct transport_session *s, int reason) {
    if (may_send_again(s)) {
        send_again(s);
        return;
    }
    const char *text = s->text;
    if (!s->result.new_connection && !s->response.begun)
        text = "connection lost before an answer";
    else if (reason != 0)
        snprintf(s->text, sizeof s->text, "connection lost: %s", strerror(reason));
    else if (s->response.begun)
        text = "connection closed before the answer was complete";
    else
        text = "connection closed without an answer";
    direct_fail(s, OUTCOME_RESET, text);
}

/* ---- sending ---- */

static ssize_t write_some(struct transport_session *s, int *wants) {
    struct direct_connection *c = s->connection;
    struct iovec pieces[DIRECT_PIECES];
    int n = direct_request_pieces(s, s->sent_bytes, pieces);
    if (c->ssl == NULL) {
        struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)n};
        *wants = UV_WRITABLE;
        return sendmsg(c->fd, &message, MSG_NOSIGNAL);
    }
    /* One TLS record where it fits, not one for each piece. */
    char *record = s->transport->unpacked;
    size_t filled = 0;
    if (n == 1)
        return direct_tls_write(c, pieces[0].iov_base, pieces[0].iov_len, wants);
    for (int i = 0; i < n; i++) {
        size_t room = DIRECT_READ_BYTES - filled;
        size_t part = pieces[i].iov_len < room ? pieces[i].iov_len : room;
        memcpy(record + filled, pieces[i].iov_base, part);
        filled += part;
    }
    return direct_tls_write(c, record, filled, wants);
}

static void send_more(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    size_t total = direct_request_bytes(s);
    int wants = UV_WRITABLE;
    while (s->sent_bytes < total) {
        ssize_t n = write_some(s, &wants);
        if (n > 0) {
            s->sent_bytes += (size_t)n;
            c->written += (uint64_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            direct_watch(c, UV_READABLE | wants);
            return;
        }
        /* The server has closed or reset; perhaps it has answered before. Reading tells. */
        s->write_broken = true;
        break;
    }
    direct_watch(c, UV_READABLE);
}

void direct_ready(struct transport_session *s) {
    s->state = DIRECT_BUSY;
    s->connection->request_from = s->connection->written;
    send_more(s);
}

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

static void direct_send(struct transport_session *s, const void *compiled, transport_done_fn *done,
                        void *context) {
    assert(s->done == NULL);
    s->request = compiled;
    s->done = done;
    s->context = context;
    s->sent_bytes = 0;
    s->write_broken = s->sent_again = false;
    s->result = (struct transport_result){.sent_ns = clock_mono_ns(), .ttfb_ns = -1, .error = ""};
    direct_response_begin(s);
    fill_cookie_line(s);
    deadline_add(&s->transport->whole, &s->whole, s->result.sent_ns);
    if (s->connection != NULL)
        direct_ready(s);
    else
        direct_connect(s);
}

/* ---- receiving ---- */

static ssize_t read_some(struct transport_session *s, int *wants) {
    struct direct_connection *c = s->connection;
    *wants = UV_READABLE;
    if (c->ssl != NULL)
        return direct_tls_read(c, s->transport->buffer, DIRECT_READ_BYTES, wants);
    ssize_t n;
    do
        n = recv(c->fd, s->transport->buffer, DIRECT_READ_BYTES, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Takes what was read. False where the request has ended: then nothing of the session may be touched any more. */
static bool take(struct transport_session *s, size_t n) {
    size_t rest = 0;
    if (!s->response.begun)
        s->result.ttfb_ns = clock_mono_ns() - s->result.sent_ns;
    int code = direct_response_feed(s, s->transport->buffer, n, &rest);
    if (code == 0)
        return true;
    if (code < 0)
        direct_fail(s, OUTCOME_PROTOCOL_ERROR, s->text);
    else
        complete(s,
                 rest > 0 || (s->connection->ssl != NULL && SSL_has_pending(s->connection->ssl)));
    return false;
}

static void at_end(struct transport_session *s) {
    size_t rest = 0;
    /* A body without a length ends here. */
    if (s->response.begun && direct_response_feed(s, NULL, 0, &rest) == 1) {
        s->response.keep = false;
        complete(s, false);
    } else {
        lost(s, 0);
    }
}

static void read_answer(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    int wants = UV_READABLE;
    if (s->response.complete) {
        /* Answered early, and the rest of the request still going out: nothing more is to come. */
        s->write_broken = true;
        complete(s, true);
        return;
    }
    for (int i = 0; i < READS_A_TURN || (c->ssl != NULL && SSL_has_pending(c->ssl)); i++) {
        ssize_t n = read_some(s, &wants);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            lost(s, errno);
            return;
        }
        if (n == 0) {
            at_end(s);
            return;
        }
        if (!take(s, (size_t)n))
            return;
        if (c->ssl == NULL && n < DIRECT_READ_BYTES)
            break;
    }
    bool more = s->sent_bytes < direct_request_bytes(s) && !s->write_broken;
    direct_watch(c, wants | UV_READABLE | (more ? UV_WRITABLE : 0));
}

/* The server speaks without being asked: it says goodbye. TLS has messages of its own, which are no reason to part. */
static void on_idle_event(struct transport_session *s) {
    int wants;
    if (s->connection->ssl != NULL && read_some(s, &wants) < 0 && errno == EAGAIN) {
        direct_watch(s->connection, UV_READABLE);
        return;
    }
    close_connection(s);
    s->state = DIRECT_CLOSED;
}

static void on_event(uv_poll_t *poll, int status, int events) {
    struct direct_connection *c = poll->data;
    struct transport_session *s = c->session;
    if (s == NULL)
        return;
    /* libuv reports a socket's error as a failure of its own and stops watching; reading tells the true reason. */
    if (status < 0) {
        c->events = 0;
        events = UV_READABLE;
    }
    if (s->state == DIRECT_IDLE) {
        on_idle_event(s);
        return;
    }
    if (s->state == DIRECT_HANDSHAKE) {
        direct_tls_continue(s);
        return;
    }
    if ((events & UV_WRITABLE) != 0 && !s->write_broken) {
        send_more(s);
        if (s->response.complete && s->sent_bytes == direct_request_bytes(s)) {
            complete(s, false);
            return;
        }
    }
    if ((events & UV_READABLE) != 0)
        read_answer(s);
}

/* ---- limits of time, giving up ---- */

static void on_handshake_late(void *context, struct deadline *d) {
    (void)context;
    struct transport_session *s =
        (struct transport_session *)(void *)((char *)d -
                                             offsetof(struct transport_session, handshake));
    char span[UNITS_BYTES];
    units_duration_text(s->transport->options->connect_timeout_ns, span);
    snprintf(s->text, sizeof s->text, "no connection within %s", span);
    direct_fail(s, OUTCOME_TIMEOUT, s->text);
}

static void on_late(void *context, struct deadline *d) {
    (void)context;
    struct transport_session *s = (struct transport_session *)(void *)d;
    char span[UNITS_BYTES];
    bool connected = s->state == DIRECT_BUSY;
    units_duration_text(s->transport->options->timeout_ns, span);
    snprintf(s->text, sizeof s->text, "%s within %s",
             !connected              ? "no connection"
             : s->result.status != 0 ? "the answer was not complete"
                                     : "no answer",
             span);
    if (s->state == DIRECT_CONNECTING)
        direct_connect_cancel(s);
    direct_fail(s, OUTCOME_TIMEOUT, s->text);
}

static void direct_cancel(struct transport_session *s) {
    if (s->done == NULL)
        return;
    if (s->state == DIRECT_CONNECTING)
        direct_connect_cancel(s);
    direct_fail(s, OUTCOME_CANCELLED, "Operation was aborted by an application callback");
}

/* ---- beginning and end ---- */

static int direct_session_open(struct transport *t, struct transport_session **out, struct err *e) {
    struct transport_session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_set(e, "not enough memory for another user");
    s->transport = t;
    s->fd = -1;
    buf_init(&s->cookie_line, COOKIE_LINE_MAX_BYTES);
    buf_init(&s->response.value, COOKIES_LINE_MAX_BYTES);
    *out = s;
    return 0;
}

static void direct_session_close(struct transport_session *s) {
    if (s == NULL)
        return;
    assert(s->done == NULL);
    close_connection(s);
    cookies_free(s->cookies);
    buf_done(&s->cookie_line);
    buf_done(&s->response.value);
    SSL_SESSION_free(s->resume);
    free(s);
}

static void free_transport(struct transport *t) {
    curl_slist_free_all(t->resolve);
    SSL_CTX_free(t->tls);
    free(t->buffer);
    free(t->unpacked);
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
    t->unpacked = malloc(DIRECT_READ_BYTES);
    if (t->buffer == NULL || t->unpacked == NULL)
        goto no_memory;
    for (size_t i = 0; i < options->resolve_count; i++) {
        struct curl_slist *longer = curl_slist_append(t->resolve, options->resolve[i]);
        if (longer == NULL)
            goto no_memory;
        t->resolve = longer;
    }
    if (direct_tls_open(t, e) != 0 ||
        curl_loop_init(&t->connector, loop, direct_connect_ended, finish_failed, t, e) != 0) {
        free_transport(t);
        return -1;
    }
    deadlines_init(&t->whole, loop, options->timeout_ns, on_late, t);
    deadlines_init(&t->handshake, loop, options->connect_timeout_ns, on_handshake_late, t);
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
