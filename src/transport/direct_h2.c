/*
 * HTTP/2 on a connection: what its events mean for the requests on it (h2.h does the protocol).
 *
 * What is to be sent is gathered and written at once, at the end of an event or of a send.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "transport/direct_internal.h"
#include "transport/h2_text.h"
#include "util/clock.h"

#define LOOK_BYTES 16384

static struct transport_session *session_of(struct h2_stream *st) {
    return (struct transport_session *)(void *)((char *)st -
                                                offsetof(struct transport_session, stream));
}

static enum connection_end goaway_end(const struct direct_connection *c) {
    return h2_goaway_end(h2_goaway_code(c->h2));
}

/* ---- sending ---- */

/* What HTTP/2 wants to send, in the transport's scratch. */
static size_t gather(struct direct_connection *c) {
    char *to = c->transport->scratch;
    size_t have = 0;
    while (have <= DIRECT_READ_BYTES - H2_PIECE_MAX_BYTES) {
        const char *bytes;
        int n = h2_send(c->h2, &bytes);
        if (n <= 0 || n > H2_PIECE_MAX_BYTES)
            break;
        memcpy(to + have, bytes, (size_t)n);
        have += (size_t)n;
    }
    return have;
}

/* Returns how many bytes were written; less than n if no more can be written now, or ever. */
static size_t write_out(struct direct_connection *c, const char *from, size_t n, int *wants) {
    size_t at = 0;
    while (at < n) {
        *wants = UV_WRITABLE;
        ssize_t put = c->ssl != NULL ? direct_tls_write(c, from + at, n - at, wants)
                                     : send(c->fd, from + at, n - at, MSG_NOSIGNAL);
        if (put > 0)
            at += (size_t)put;
        else if (put == 0 || (errno != EINTR && errno != EAGAIN)) {
            /* The server has closed or reset; perhaps it has answered before. Reading tells. */
            c->write_broken = true;
            break;
        } else if (errno == EAGAIN)
            break;
    }
    c->written += at;
    return at;
}

/* Sends as much as the socket takes. Returns the event that the rest waits for; 0: nothing is
 * left. */
static int flush(struct direct_connection *c) {
    int wants = 0;
    while (!c->write_broken) {
        bool rest = c->out.len > 0;
        const char *from = rest ? c->out.data + c->out_at : c->transport->scratch;
        size_t n = rest ? c->out.len - c->out_at : gather(c);
        size_t put = n == 0 ? 0 : write_out(c, from, n, &wants);
        if (put < n && !rest) {
            c->out_at = 0;
            buf_add(&c->out, from + put, n - put);
            c->write_broken = c->write_broken || !buf_ok(&c->out);
        } else if (put < n)
            c->out_at += put;
        else
            buf_clear(&c->out);
        if (put < n)
            return c->write_broken ? 0 : wants;
        if (!rest && n <= DIRECT_READ_BYTES - H2_PIECE_MAX_BYTES)
            break;
    }
    return 0;
}

/* News are delivered in an event, which being able to write makes. */
static void flush_and_watch(struct direct_connection *c, int more) {
    int wants = flush(c);
    direct_watch(c, UV_READABLE | more | wants | (h2_news(c->h2) ? UV_WRITABLE : 0));
}

void direct_h2_flush(struct direct_connection *c) {
    flush_and_watch(c, 0);
}

/* ---- a request begins ---- */

static void on_arrived(struct h2_stream *st) {
    direct_stream_arrived(session_of(st));
}

static const struct h2_head *head_of(struct transport_session *s) {
    const struct direct_request *d = s->request;
    struct direct_varied *v = s->varied;
    if (v == NULL || d != &v->request)
        return &d->h2;
    return h2_head_make(&v->h2, d->head, d->head_bytes, d->extra_at, d->tls) == 0 ? &v->h2 : NULL;
}

/* From "Name: value\r\n". */
static struct h2_field extra_field(const char *name, const char *line, size_t line_bytes) {
    size_t front = strlen(name) + 2;
    return (struct h2_field){{name, front - 2}, {line + front, line_bytes - front - 2}, false};
}

static int submit(struct transport_session *s) {
    struct h2_field extra[H2_HEAD_EXTRA_MAX];
    size_t count = 0, trace_bytes = direct_request_trace(s);
    const struct h2_head *head = head_of(s);
    if (head == NULL)
        return -1;
    if (s->cookie_line.len > 0)
        extra[count++] = extra_field("cookie", s->cookie_line.data, s->cookie_line.len);
    if (trace_bytes > 0) {
        extra[count] = extra_field("traceparent", s->transport->trace, trace_bytes);
        extra[count++].once = h2_asked(s->connection->h2);
    }
    s->stream.response = &s->answer.http;
    s->stream.body = s->request->body;
    s->stream.body_bytes = s->request->body_bytes;
    s->stream.arrived = s->answer.stream.spec != NULL ? on_arrived : NULL;
    return h2_request(s->connection->h2, &s->stream, head, extra, count);
}

void direct_h2_request(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    s->over_h2 = true;
    s->written_before = c->written;
    if (submit(s) == 0) {
        if (!c->in_event)
            flush_and_watch(c, 0);
        return;
    }
    /* Its streams are used up, or memory is. */
    bool kept = !s->result.new_connection;
    if (c->session != s)
        direct_shared_retire(c->session);
    direct_end_connection(s, CONNECTION_END_CLIENT, 0);
    if (kept)
        direct_connect(s);
    else
        direct_fail_later(s, OUTCOME_CONNECT_ERROR, "not enough memory to send the request");
}

int direct_h2_begin(struct direct_connection *c) {
    c->h2 = h2_new();
    buf_init(&c->out, DIRECT_READ_BYTES);
    return c->h2 == NULL ? -1 : 0;
}

void direct_h2_end(struct transport_session *s, struct direct_connection *c) {
    h2_drop(c->h2, &s->stream);
    h2_leave(c->h2);
    flush(c);
    h2_free(c->h2);
    c->h2 = NULL;
    buf_done(&c->out);
}

/* ---- a request ends ---- */

bool direct_h2_let_go(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    if (c != NULL && c->session != s) {
        direct_shared_detach(s);
        return true;
    }
    if (c == NULL || c->h2 == NULL || !s->transport->options->keepalive || h2_goaway(c->h2) ||
        h2_over(c->h2))
        return false;
    h2_drop(c->h2, &s->stream);
    history_answered(&s->history, c->arrived_ns);
    if (!c->in_event)
        flush_and_watch(c, 0);
    return true;
}

/* An early response counts: nobody needs the rest of the request, and its stream is reset (RFC 9113
 * 8.1). */
static void complete(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    s->result.end_ns = c->arrived_ns;
    if (!direct_h2_let_go(s))
        direct_end_connection(s, h2_goaway(c->h2) ? goaway_end(c) : CONNECTION_END_CLIENT, 0);
    s->state = s->connection == NULL ? DIRECT_CLOSED : DIRECT_IDLE;
    direct_answered(s);
}

/* RFC 9113 6.8 and 8.7: the server has not acted on it. */
static bool is_unprocessed(const struct h2_stream *st) {
    return st->end == H2_UNPROCESSED || (st->code == NGHTTP2_REFUSED_STREAM && !st->begun);
}

static void reset(struct transport_session *s) {
    const struct h2_stream *st = &s->stream;
    bool above = st->end == H2_UNPROCESSED;
    enum connection_end goaway = goaway_end(s->connection);
    bool was_idle = !s->result.new_connection && !s->begun;
    if (is_unprocessed(st) && !s->result.sent_again &&
        s->transport->options->retry != TRANSPORT_RETRY_NEVER) {
        direct_end_connection(s, above ? goaway : CONNECTION_END_CLIENT,
                              was_idle && above ? s->result.sent_ns : 0);
        direct_send_again(s);
        return;
    }
    enum outcome outcome = OUTCOME_RESET;
    const char *text = H2_GOAWAY_UNPROCESSED;
    if (above)
        direct_end_connection(s, goaway, was_idle ? s->result.sent_ns : 0);
    else if (st->code == NGHTTP2_NO_ERROR && !s->answer.http.head_done) {
        outcome = OUTCOME_PROTOCOL_ERROR;
        text = H2_NO_HEAD;
    } else
        text = h2_reset_text(st->code, &outcome);
    direct_fail(s, outcome, text);
}

/* What a read brought for one request. */
static void take(struct transport_session *s) {
    const struct http1 *h = &s->answer.http;
    const struct h2_stream *st = &s->stream;
    if (st->begun && !s->begun) {
        s->begun = true;
        s->result.ttfb_ns = s->connection->arrived_ns - s->result.sent_ns;
    }
    s->result.status = h->head_done ? h->status : 0;
    if (h->state == HTTP1_FAILED) {
        snprintf(s->transport->text, sizeof s->transport->text, "%s", answer_failure(&s->answer));
        direct_fail(s, OUTCOME_PROTOCOL_ERROR, s->transport->text);
    } else if (answer_stream_enough(&s->answer.stream)) {
        s->result.end_ns = s->connection->arrived_ns;
        direct_stream_stop(s, STREAM_BODY_CANCEL_AFTER);
    } else if (st->end == H2_COMPLETE)
        complete(s);
    else if (st->end != H2_OPEN)
        reset(s);
}

static void deliver(struct direct_connection *c) {
    struct h2_stream *st;
    while (c->h2 != NULL && (st = h2_next(c->h2)) != NULL)
        take(session_of(st));
}

/* ---- a connection ends ---- */

/* It has no request. */
static void end_idle(struct direct_connection *c, int reason) {
    enum connection_end end = h2_goaway(c->h2)       ? goaway_end(c)
                              : reason == ECONNRESET ? CONNECTION_END_RESET
                                                     : CONNECTION_END_IDLE;
    struct transport_session *s = c->session;
    if (s->carries) {
        direct_shared_close(s, end, clock_mono_ns());
        return;
    }
    direct_end_connection(s, end, clock_mono_ns());
    s->state = DIRECT_CLOSED;
}

/* All requests on a shared connection end in the same way; reason -1: because it broke a rule. */
static void end_all(struct direct_connection *c, int reason) {
    struct transport_session *k = c->session;
    struct h2_stream *st = h2_first(c->h2);
    const char *why = h2_why(c->h2);
    enum connection_end end = h2_goaway(c->h2) ? goaway_end(c)
                              : reason < 0     ? CONNECTION_END_CLIENT
                              : reason > 0     ? CONNECTION_END_RESET
                              : st->begun      ? CONNECTION_END_CUT
                                               : CONNECTION_END_LOST;
    direct_shared_retire(k);
    c->in_event = true;
    while ((st = h2_first(c->h2)) != NULL)
        if (reason < 0)
            direct_fail(session_of(st), OUTCOME_PROTOCOL_ERROR, why);
        else
            direct_lost(session_of(st), reason);
    c->in_event = false;
    direct_shared_close(k, end, 0);
}

/* The server has ended it; reason 0: in order. */
static void gone(struct direct_connection *c, int reason) {
    struct h2_stream *st = h2_first(c->h2);
    if (st == NULL)
        end_idle(c, reason);
    else if (c->session->carries)
        end_all(c, reason);
    else
        direct_lost(session_of(st), reason);
}

/* It broke a rule, or GOAWAY has come and nothing is left to do. */
static void over(struct direct_connection *c) {
    struct h2_stream *st = h2_first(c->h2);
    const char *why = h2_why(c->h2);
    if (st == NULL)
        end_idle(c, 0);
    else if (c->session->carries)
        end_all(c, -1);
    else
        direct_fail(session_of(st), OUTCOME_PROTOCOL_ERROR, why);
}

/* ---- receiving ---- */

/* As much as one frame of data has, so that each event of a stream has its own stamp. *drained: no
 * more waits. */
static ssize_t read_frame(struct direct_connection *c, bool *drained) {
    char *buffer = c->transport->buffer;
    ssize_t waiting = recv(c->fd, buffer, LOOK_BYTES, MSG_PEEK);
    if (waiting <= 0)
        return waiting;
    struct h2_walk walk = c->walk;
    c->asked = h2_walk(&walk, buffer, (size_t)waiting, true);
    ssize_t n = kernel_clock_read(c->fd, c->stamped, buffer, c->asked, &c->last);
    c->arrived_ns = n > 0 ? c->last.at_ns : c->arrived_ns;
    *drained = waiting < LOOK_BYTES && n == waiting;
    return n;
}

static ssize_t read_some(struct direct_connection *c, int *wants, bool *drained) {
    char *buffer = c->transport->buffer;
    ssize_t n;
    *wants = UV_READABLE;
    if (c->ssl != NULL) {
        n = direct_tls_read(c, buffer, DIRECT_READ_BYTES, wants);
        *drained = c->by_event && c->last.waiting == 0 && SSL_has_pending(c->ssl) == 0;
        return n;
    }
    do {
        if (c->by_event)
            n = read_frame(c, drained);
        else {
            n = kernel_clock_recv(c->fd, c->stamped, buffer, DIRECT_READ_BYTES, &c->arrived_ns);
            *drained = n < DIRECT_READ_BYTES;
        }
    } while (n < 0 && errno == EINTR);
    if (n > 0)
        h2_walk(&c->walk, buffer, (size_t)n, false);
    return n;
}

/* Returns what to wait for. */
static int read_all(struct direct_connection *c) {
    int wants = UV_READABLE;
    bool drained = false;
    for (int reads = 0; reads < DIRECT_READS_A_TURN && !drained; reads++) {
        ssize_t n = read_some(c, &wants, &drained);
        if (n < 0 && errno == EAGAIN)
            return wants;
        if (n <= 0) {
            gone(c, n < 0 ? errno : 0);
            return 0;
        }
        int good = h2_receive(c->h2, c->transport->buffer, (size_t)n);
        if (c->session->carries && h2_goaway(c->h2))
            direct_shared_retire(c->session);
        deliver(c);
        if (c->h2 != NULL && good != 0)
            over(c);
        if (c->h2 == NULL)
            return 0;
    }
    /* What OpenSSL has read already makes no event: being able to write does, at the next turn. */
    return wants | (!drained && c->ssl != NULL ? UV_WRITABLE : 0);
}

void direct_h2_event(struct direct_connection *c, int events) {
    c->in_event = true;
    int wants = (events & UV_READABLE) != 0 || (c->ssl != NULL && SSL_has_pending(c->ssl))
                    ? read_all(c)
                    : UV_READABLE;
    while (c->h2 != NULL && flush(c) == 0 && h2_news(c->h2))
        deliver(c);
    c->in_event = false;
    if (c->h2 == NULL)
        return;
    direct_acknowledge(c);
    flush_and_watch(c, wants);
    if (h2_over(c->h2))
        over(c);
    else if (c->session->retired && h2_first(c->h2) == NULL)
        direct_shared_close(c->session, CONNECTION_END_CLIENT, 0);
}
