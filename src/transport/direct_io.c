/*
 * The loop's events of a connection: it is writable, readable, or has ended. And what they mean for
 * a request over HTTP/1.1.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/direct_internal.h"
#include "transport/h2_text.h"
#include "util/clock.h"

static void on_event(uv_poll_t *poll, int status, int events);

/* ---- connections ---- */

static void free_connection(uv_handle_t *poll) {
    free(poll->data);
}

void direct_close_connection(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    if (c == NULL)
        return;
    if (c->session != s) {
        direct_shared_detach(s);
        return;
    }
    s->connection = NULL;
    c->session = NULL;
    if (c->h2 != NULL)
        direct_h2_end(s, c);
    if (c->ssl != NULL)
        direct_tls_end(s, c);
    uv_poll_stop(&c->poll);
    uv_close((uv_handle_t *)&c->poll, free_connection);
    close(c->fd);
}

void direct_end_connection(struct transport_session *s, enum connection_end end,
                           int64_t idle_until_ns) {
    if (s->connection == NULL)
        return;
    bool own = s->connection->session == s;
    direct_close_connection(s);
    if (own)
        history_ended(&s->history, end, idle_until_ns);
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
    c->stamped = s->transport->options->kernel_clock && kernel_clock_ask(fd);
    c->fd = fd;
    c->transport = s->transport;
    c->session = s;
    c->poll.data = c;
    s->connection = c;
    if (s->request->tls)
        direct_tls_begin(s);
    else
        direct_established(s);
}

/* Without TLS there is no negotiation. With it, a server that does not know ALPN may know HTTP/2
 * all the same: then the scenario knows. */
static bool wants_h2(const struct transport_session *s) {
    enum transport_http version = s->transport->options->version;
    const unsigned char *chosen = NULL;
    unsigned n = 0;
    if (version == TRANSPORT_HTTP_1_1)
        return false;
    if (s->connection->ssl != NULL)
        SSL_get0_alpn_selected(s->connection->ssl, &chosen, &n);
    return n == 0 ? version == TRANSPORT_HTTP_2_PRIOR : n == 2 && memcmp(chosen, "h2", 2) == 0;
}

void direct_established(struct transport_session *s) {
    if (wants_h2(s) && direct_h2_begin(s->connection) != 0)
        direct_fail(s, OUTCOME_CONNECT_ERROR, "not enough memory to connect");
    else
        direct_ready(s);
}

/* ---- the end of an answer ---- */

/* The answer is complete. `left`: what came behind it ends the connection so; NONE: nothing did. */
static void complete(struct transport_session *s, enum connection_end left) {
    struct transport_result *r = &s->result;
    /* An answer that came early counts: nobody needs the rest of the request (RFC 9112 9.3). */
    bool unsent = s->sent_bytes < direct_request_bytes(s);
    r->end_ns = s->connection->arrived_ns;
    if (s->answer.http.keep && s->transport->options->keepalive && left == CONNECTION_END_NONE &&
        !unsent) {
        s->state = DIRECT_IDLE;
        history_answered(&s->history, r->end_ns);
        direct_watch(s->connection, UV_READABLE);
    } else {
        enum connection_end end = s->answer.http.ends           ? CONNECTION_END_ANNOUNCED
                                  : left != CONNECTION_END_NONE ? left
                                                                : CONNECTION_END_CLIENT;
        direct_end_connection(s, end, 0);
        s->state = DIRECT_CLOSED;
    }
    direct_answered(s);
}

void direct_answered(struct transport_session *s) {
    struct transport_result *r = &s->result;
    r->outcome = r->status >= 400 ? OUTCOME_HTTP_ERROR : OUTCOME_OK;
    r->error = "";
    if (r->status >= 400) {
        r->error = s->transport->text;
        snprintf(s->transport->text, sizeof s->transport->text, "HTTP %d", r->status);
    }
    /* Both the length and the connection are right, and yet half of it is missing. */
    const char *why = answer_check(&s->answer);
    if (why != NULL) {
        r->outcome = OUTCOME_PROTOCOL_ERROR;
        r->error = s->transport->text;
        snprintf(s->transport->text, sizeof s->transport->text, "%s", why);
    }
    direct_finish(s);
}

/* How much of what was written to the connection came with the request or after it. */
static uint64_t request_written(const struct transport_session *s) {
    return s->over_h2 ? s->connection->written - s->written_before : s->sent_bytes;
}

/* Once, since then the connection is new, and where that does no harm. Reason 0: it ended in
 * order. */
static bool may_send_again(const struct transport_session *s, int reason) {
    enum transport_retry retry = s->transport->options->retry;
    if (s->result.new_connection || s->begun || retry == TRANSPORT_RETRY_NEVER ||
        s->connection->tls_error != 0)
        return false;
    return (retry == TRANSPORT_RETRY_SAFE && s->request->idempotent) ||
           (reason == 0 && idle_close_proven(s->connection->fd, request_written(s)));
}

void direct_send_again(struct transport_session *s) {
    s->result.sent_again = true;
    s->result.resent_ns = clock_mono_ns();
    s->write_broken = s->over_h2 = false;
    s->sent_bytes = 0;
    direct_response_begin(s);
    direct_connect(s);
}

void direct_lost(struct transport_session *s, int reason) {
    bool again = may_send_again(s, reason);
    bool goaway = s->connection->h2 != NULL && h2_goaway(s->connection->h2);
    char *room = s->transport->text;
    const char *text = room;
    unsigned long tls_error = s->connection->tls_error;
    enum connection_end end = s->begun ? CONNECTION_END_CUT : CONNECTION_END_LOST;
    if (tls_error != 0)
        end = tls_error_is_alert(tls_error) ? end : CONNECTION_END_CLIENT;
    else if (goaway)
        end = h2_goaway_end(h2_goaway_code(s->connection->h2));
    else if (reason != 0)
        end = CONNECTION_END_RESET;
    bool was_idle = !s->begun && end != CONNECTION_END_CLIENT;
    direct_end_connection(s, end, was_idle ? s->result.sent_ns : 0);
    if (tls_error != 0) {
        tls_error_text(tls_error, room, CURL_RESULT_TEXT_BYTES);
        direct_fail(s, OUTCOME_TLS_ERROR, text);
        return;
    }
    if (again) {
        direct_send_again(s);
        return;
    }
    if (goaway)
        text = s->begun ? H2_GOAWAY_CUT : H2_GOAWAY_LOST;
    else if (!s->result.new_connection && !s->begun)
        text = "connection lost before a response";
    else if (reason != 0)
        snprintf(room, CURL_RESULT_TEXT_BYTES, "connection lost: %s", strerror(reason));
    else if (s->answer.http.status != 0)
        text = "connection closed before the response was complete";
    else
        text = "connection closed without a response";
    direct_fail(s, OUTCOME_RESET, text);
}

/* ---- sending ---- */

/* In one piece where it is small: that is one TLS record, or for the kernel one thing to copy
 * instead of several. */
static ssize_t write_some(struct transport_session *s, int *wants) {
    struct direct_connection *c = s->connection;
    struct iovec pieces[DIRECT_PIECES];
    int n = direct_request_pieces(s, s->sent_bytes, pieces);
    const char *from = pieces[0].iov_base;
    size_t bytes = pieces[0].iov_len;
    if (n > 1) {
        char *joined = s->transport->scratch;
        bytes = 0;
        for (int i = 0; i < n; i++) {
            size_t room = DIRECT_READ_BYTES - bytes;
            size_t part = pieces[i].iov_len < room ? pieces[i].iov_len : room;
            memcpy(joined + bytes, pieces[i].iov_base, part);
            bytes += part;
        }
        from = joined;
    }
    if (c->ssl != NULL)
        return direct_tls_write(c, from, bytes, wants);
    *wants = UV_WRITABLE;
    return send(c->fd, from, bytes, MSG_NOSIGNAL);
}

static void send_more(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    size_t total = direct_request_bytes(s);
    int wants = UV_WRITABLE;
    while (s->sent_bytes < total) {
        ssize_t n = write_some(s, &wants);
        if (n > 0) {
            s->sent_bytes += (size_t)n;
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
    if (s->carries) {
        direct_shared_ready(s);
        return;
    }
    if (s->request->wanted.grpc != NULL && s->connection->h2 == NULL) {
        direct_fail_later(s, OUTCOME_PROTOCOL_ERROR,
                          "gRPC needs HTTP/2, and the connection uses HTTP/1.1");
        return;
    }
    s->state = DIRECT_BUSY;
    direct_stream_begin(s);
    if (s->connection->h2 != NULL)
        direct_h2_request(s);
    else
        send_more(s);
}

/* ---- receiving ---- */

static ssize_t read_some(struct transport_session *s, int *wants) {
    struct direct_connection *c = s->connection;
    struct transport *t = s->transport;
    *wants = UV_READABLE;
    if (c->ssl != NULL)
        return direct_tls_read(c, t->buffer, DIRECT_READ_BYTES, wants);
    if (c->by_event && s->state == DIRECT_BUSY)
        return direct_stream_read(s);
    ssize_t n;
    do
        n = kernel_clock_recv(c->fd, c->stamped, t->buffer, DIRECT_READ_BYTES, &c->arrived_ns);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Takes what was read. False where the request has ended: then nothing of the session may be
 * touched any more. */
static bool take(struct transport_session *s, size_t n) {
    size_t rest = 0;
    enum http1_state before = s->answer.http.state;
    if (s->connection->by_event)
        direct_stream_arrived(s);
    if (!s->begun)
        s->result.ttfb_ns = s->connection->arrived_ns - s->result.sent_ns;
    int code = direct_response_feed(s, s->transport->buffer, n, &rest);
    if (code == 0 && answer_stream_enough(&s->answer.stream)) {
        s->result.end_ns = s->connection->arrived_ns;
        direct_stream_stop(s, STREAM_BODY_CANCEL_AFTER);
        return false;
    }
    if (code == 0) {
        direct_stream_fed(s, before, n);
        return true;
    }
    if (code < 0)
        direct_fail(s, OUTCOME_PROTOCOL_ERROR, s->transport->text);
    else if (rest > 0)
        complete(s, CONNECTION_END_CLIENT); /* more than belongs to it */
    else if (s->connection->ssl != NULL && SSL_has_pending(s->connection->ssl))
        complete(s, CONNECTION_END_IDLE); /* TLS's goodbye */
    else
        complete(s, CONNECTION_END_NONE);
    return false;
}

static void at_end(struct transport_session *s) {
    /* A body without a length ends here; with TLS it must say goodbye (RFC 9112 9.8). */
    if (http1_end(&s->answer.http, !s->connection->truncated)) {
        s->connection->arrived_ns = clock_mono_ns();
        complete(s, CONNECTION_END_NONE);
    } else {
        direct_lost(s, 0);
    }
}

/* The kernel puts an acknowledgement off for 40 ms, for it may travel with what we send next. A
 * server that holds the rest of its answer back until it has one (Nagle) waits that long. The
 * kernel forgets the wish, so it is said again for each part that has come. */
void direct_acknowledge(const struct direct_connection *c) {
    int on = 1;
    if (c->transport->options->quickack)
        setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

static void read_answer(struct transport_session *s) {
    struct direct_connection *c = s->connection;
    int wants = UV_READABLE;
    int reads = 0;
    for (; reads < DIRECT_READS_A_TURN; reads++) {
        ssize_t n = read_some(s, &wants);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            direct_lost(s, errno);
            return;
        }
        if (n == 0) {
            at_end(s);
            return;
        }
        if (!take(s, (size_t)n))
            return;
        if (c->by_event ? direct_stream_drained(s, (size_t)n)
                        : c->ssl == NULL && n < DIRECT_READ_BYTES)
            break;
    }
    direct_acknowledge(c);
    bool unsent = s->sent_bytes < direct_request_bytes(s) && !s->write_broken;
    /* What OpenSSL has read already makes no event: being able to write does, at the next turn. */
    bool unread = reads == DIRECT_READS_A_TURN && c->ssl != NULL;
    direct_watch(c, wants | UV_READABLE | (unsent || unread ? UV_WRITABLE : 0));
}

/* The server speaks without being asked: it says goodbye. TLS has messages of its own, which are no
 * reason to part. */
static void on_idle_event(struct transport_session *s) {
    int wants;
    ssize_t n = read_some(s, &wants);
    if (n < 0 && errno == EAGAIN) {
        direct_watch(s->connection, UV_READABLE);
        return;
    }
    bool reset = n < 0 && errno == ECONNRESET;
    direct_end_connection(s, reset ? CONNECTION_END_RESET : CONNECTION_END_IDLE, clock_mono_ns());
    s->state = DIRECT_CLOSED;
}

static void on_event(uv_poll_t *poll, int status, int events) {
    struct direct_connection *c = poll->data;
    struct transport_session *s = c->session;
    if (s == NULL)
        return;
    /* libuv reports a socket's error as a failure of its own and stops watching; reading tells the
     * true reason. */
    if (status < 0) {
        c->events = 0;
        events = UV_READABLE;
    }
    if (c->h2 != NULL) {
        direct_h2_event(c, events);
        return;
    }
    if (s->state == DIRECT_IDLE) {
        on_idle_event(s);
        return;
    }
    if (s->state == DIRECT_HANDSHAKE) {
        direct_tls_continue(s);
        return;
    }
    if ((events & UV_WRITABLE) != 0 && !s->write_broken)
        send_more(s);
    if ((events & UV_READABLE) != 0 || (c->ssl != NULL && SSL_has_pending(c->ssl)))
        read_answer(s);
}
