/*
 * What the loop says of a connection: it can be written, it can be read, it has ended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/direct_internal.h"
#include "util/clock.h"

/* Answers that are larger are read over several turns, so that one user's download does not stop all others. */
#define READS_A_TURN 8

static void on_event(uv_poll_t *poll, int status, int events);

/* ---- connections ---- */

static void free_connection(uv_handle_t *poll) {
    free(poll->data);
}

void direct_close_connection(struct transport_session *s) {
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
    c->stamped = s->transport->options->kernel_clock && kernel_clock_ask(fd);
    c->fd = fd;
    c->session = s;
    c->poll.data = c;
    s->connection = c;
    if (s->request->tls)
        direct_tls_begin(s);
    else
        direct_ready(s);
}

/* ---- the end of an answer ---- */

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
    r->end_ns = s->connection->arrived_ns;
    if (a->keep && s->transport->options->keepalive && !dirty && !unsent) {
        s->state = DIRECT_IDLE;
        direct_watch(s->connection, UV_READABLE);
    } else {
        direct_close_connection(s);
        s->state = DIRECT_CLOSED;
    }
    r->outcome = r->status >= 400 ? OUTCOME_HTTP_ERROR : OUTCOME_OK;
    r->error = "";
    if (r->status >= 400) {
        r->error = s->transport->text;
        snprintf(s->transport->text, sizeof s->transport->text, "HTTP %d", r->status);
    }
    direct_finish(s);
}

/* Once, and where that does no harm. */
static bool may_send_again(const struct transport_session *s) {
    return !s->result.new_connection && !s->response.begun &&
           idle_close_proven(s->connection->fd, s->sent_bytes);
}

static void send_again(struct transport_session *s) {
    direct_close_connection(s);
    s->result.sent_again = true;
    s->write_broken = false;
    s->sent_bytes = 0;
    direct_response_begin(s);
    direct_connect(s);
}

/* The connection ended before the answer did; reason 0: in order. */
static void lost(struct transport_session *s, int reason) {
    if (reason == 0 && may_send_again(s)) {
        send_again(s);
        return;
    }
    char *room = s->transport->text;
    const char *text = room;
    if (!s->result.new_connection && !s->response.begun)
        text = "connection lost before an answer";
    else if (reason != 0)
        snprintf(room, CURL_RESULT_TEXT_BYTES, "connection lost: %s", strerror(reason));
    else if (s->response.begun)
        text = "connection closed before the answer was complete";
    else
        text = "connection closed without an answer";
    direct_fail(s, OUTCOME_RESET, text);
}

/* ---- sending ---- */

/* In one piece where it is small: that is one TLS record, or for the kernel one thing to copy instead of several. */
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
    s->state = DIRECT_BUSY;
    send_more(s);
}

/* ---- receiving ---- */

static ssize_t read_some(struct transport_session *s, int *wants) {
    struct direct_connection *c = s->connection;
    struct transport *t = s->transport;
    *wants = UV_READABLE;
    if (c->ssl != NULL)
        return direct_tls_read(c, t->buffer, DIRECT_READ_BYTES, wants);
    ssize_t n;
    do
        n = kernel_clock_recv(c->fd, c->stamped, t->buffer, DIRECT_READ_BYTES, &c->arrived_ns);
    while (n < 0 && errno == EINTR);
    return n;
}

/* Takes what was read. False where the request has ended: then nothing of the session may be touched any more. */
static bool take(struct transport_session *s, size_t n) {
    size_t rest = 0;
    if (!s->response.begun)
        s->result.ttfb_ns = s->connection->arrived_ns - s->result.sent_ns;
    int code = direct_response_feed(s, s->transport->buffer, n, &rest);
    if (code == 0)
        return true;
    if (code < 0)
        direct_fail(s, OUTCOME_PROTOCOL_ERROR, s->transport->text);
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
        s->connection->arrived_ns = clock_mono_ns();
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
        s->connection->arrived_ns = clock_mono_ns();
        complete(s, true);
        return;
    }
    int reads = 0;
    for (; reads < READS_A_TURN; reads++) {
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
    bool unsent = s->sent_bytes < direct_request_bytes(s) && !s->write_broken;
    /* What OpenSSL has read already makes no event: being able to write does, at the next turn. */
    bool unread = reads == READS_A_TURN && c->ssl != NULL;
    direct_watch(c, wants | UV_READABLE | (unsent || unread ? UV_WRITABLE : 0));
}

/* The server speaks without being asked: it says goodbye. TLS has messages of its own, which are no reason to part. */
static void on_idle_event(struct transport_session *s) {
    int wants;
    if (s->connection->ssl != NULL && read_some(s, &wants) < 0 && errno == EAGAIN) {
        direct_watch(s->connection, UV_READABLE);
        return;
    }
    direct_close_connection(s);
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
            s->connection->arrived_ns = clock_mono_ns();
            complete(s, false);
            return;
        }
    }
    if ((events & UV_READABLE) != 0 || (c->ssl != NULL && SSL_has_pending(c->ssl)))
        read_answer(s);
}
