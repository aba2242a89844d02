/* The client's side of the proxy. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/export_log.h"
#include "emulator/proxy_internal.h"
#include "util/clock.h"
#include "util/timer.h"

static void front_timer(uv_timer_t *timer);

#define LINGER_MS 5000
#define SWALLOW_MAX_BYTES ((uint64_t)1 << 20) /* of a request that is answered already */
#define TIMED_OUT                                                                                  \
    "The request has been terminated because it has reached the maximum request timeout. To "      \
    "change this limit, see https://cloud.google.com/run/docs/configuring/request-timeout"

static void feed(struct front *f, const char *data, size_t n);

static void set_timer(struct front *f, int64_t ns) {
    timer_after(&f->timer, front_timer, ns);
}

static void front_closed(uv_handle_t *handle) {
    struct front *f = handle->data;
    if (--f->handles > 0)
        return;
    head_done(&f->head);
    buf_done(&f->held);
    free(f);
}

/* The client went away or takes no more, whatever of its answer had been sent. */
static void client_gone(struct front *f) {
    f->exchange.client_left = f->open;
    front_close(f);
}

void front_close(struct front *f) {
    if (f->state == FRONT_CLOSED)
        return;
    if (f->back != NULL)
        back_abandon(f->back);
    if (f->open) {
        if (!f->answer_begun)
            f->exchange.status = STATUS_CLIENT_LEFT;
        proxy_finished(f);
    }
    f->state = FRONT_CLOSED;
    struct proxy *p = f->proxy;
    if (f->previous != NULL)
        f->previous->next = f->next;
    else
        p->fronts = f->next;
    if (f->next != NULL)
        f->next->previous = f->previous;
    p->front_count--;
    uv_close((uv_handle_t *)&f->tcp, front_closed);
    uv_close((uv_handle_t *)&f->timer, front_closed);
}

static void shut(uv_shutdown_t *request, int status) {
    if (status < 0 && !uv_is_closing((uv_handle_t *)request->handle))
        front_close(request->handle->data);
}

/* Closes without hurting what is in progress to the client: a close() while it still sends would
 * reset the connection. */
static void linger(struct front *f) {
    f->state = FRONT_LINGER;
    set_timer(f, LINGER_MS * NS_PER_MS);
    if (uv_shutdown(&f->shutdown, (uv_stream_t *)&f->tcp, shut) != 0)
        front_close(f);
}

static void front_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

/* Reads unless what is read would have to be kept beyond the ceiling. */
static void update_reading(struct front *f) {
    bool want = true;
    if (f->state == FRONT_CLOSED)
        return;
    if (f->state == FRONT_WAIT || f->state == FRONT_ANSWER)
        want = f->held.len < HELD_MAX_BYTES;
    else if (f->state == FRONT_BODY && f->back != NULL)
        want = !back_is_full(f->back);
    if (want == f->reading)
        return;
    f->reading = want;
    if (want)
        uv_read_start((uv_stream_t *)&f->tcp, wire_scratch, front_read);
    else
        uv_read_stop((uv_stream_t *)&f->tcp);
}

static void front_sent(uv_stream_t *stream, int status) {
    struct front *f = stream->data;
    if (status < 0)
        client_gone(f);
    else if (f->back != NULL)
        back_read(f->back);
}

bool front_is_full(const struct front *f) {
    return wire_queued((const uv_stream_t *)&f->tcp) >= WIRE_HIGH_BYTES;
}

/* False: the connection is broken, and closed. */
static bool send_pieces(struct front *f, const uv_buf_t *pieces, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        f->exchange.response_bytes += pieces[i].len;
    f->sent_ns = clock_mono_ns();
    if (wire_send((uv_stream_t *)&f->tcp, pieces, n, front_sent) == 0)
        return true;
    client_gone(f);
    return false;
}

static void next_request(struct front *f) {
    f->state = FRONT_HEAD;
    f->begun = f->head_whole = f->answer_begun = f->answer_ended = f->answer_chunks = false;
    f->expects_100 = false;
    set_timer(f, f->proxy->options.keep_alive_ns);
    front_resume(f);
}

/* The rest of a request that is answered already: so little that it may come, for the connection's
 * sake? */
static bool rest_is_small(const struct front *f) {
    if (f->state == FRONT_ANSWER)
        return true;
    if (f->expects_100 || f->parser.flags & F_CHUNKED)
        return false;
    return !(f->parser.flags & F_CONTENTLENGTH) || f->parser.content_length <= SWALLOW_MAX_BYTES;
}

void front_answer_end(struct front *f) {
    front_flush(f);
    if (f->state == FRONT_CLOSED)
        return;
    if (f->answer_chunks) {
        uv_buf_t last = uv_buf_init((char *)(uintptr_t) "0\r\n\r\n", 5);
        if (!send_pieces(f, &last, 1))
            return;
    }
    f->answer_ended = true;
    proxy_finished(f);
    if (f->close_after || !rest_is_small(f)) {
        linger(f);
    } else if (f->state == FRONT_ANSWER) {
        next_request(f);
    } else {
        f->state = FRONT_BODY;
        set_timer(f, f->proxy->options.head_timeout_ns);
        front_resume(f);
    }
    update_reading(f);
}

static void answer_itself(struct front *f, int status) {
    struct buf out;
    buf_init(&out, 2 * (size_t)HEAD_BYTES_MAX);
    f->close_after = f->close_after || f->proxy->draining || !rest_is_small(f);
    bool head_only = f->head_whole && f->parser.method == HTTP_HEAD;
    own_answer(&out, status, head_target(&f->head), head_only, f->close_after, &f->exchange.trace);
    f->answer_begun = true;
    f->exchange.status = status;
    uv_buf_t piece = uv_buf_init(out.data, (unsigned)out.len);
    send_pieces(f, &piece, 1);
    buf_done(&out);
}

void front_fail(struct front *f, int status, const char *text) {
    f->exchange.text = text;
    if (f->back != NULL)
        back_abandon(f->back);
    if (f->head_waits) /* nobody has seen it: an answer of our own can still take its place */
        f->head_waits = f->answer_begun = f->answer_chunks = false;
    if (f->answer_begun) {
        front_close(f);
        return;
    }
    answer_itself(f, status);
    if (f->state != FRONT_CLOSED)
        front_answer_end(f);
}

/* A head that cannot go to any instance: answered, not logged, and the connection ends. */
static void refuse(struct front *f, int status) {
    f->close_after = true;
    f->exchange = (struct exchange){0};
    answer_itself(f, status);
    if (f->state != FRONT_CLOSED) {
        linger(f);
        update_reading(f);
    }
}

static void front_timer(uv_timer_t *timer) {
    struct front *f = timer->data;
    if (f->open) {
        f->close_after =
            f->close_after || f->state == FRONT_BODY; /* the client itself may be what stalls */
        f->exchange.timed_out = true;
        front_fail(f, 504, TIMED_OUT);
    } else if (f->state == FRONT_HEAD && f->begun) {
        refuse(f, 408);
    } else {
        front_close(f);
    }
}

void front_answer_head(struct front *f, const struct head *h, unsigned status, bool body,
                       int64_t length) {
    static const char *const but[] = {"server", "x-cloud-trace-context", NULL};
    struct buf *out = &f->proxy->text;
    struct view reason = head_target(h), told = head_find(h, "content-length");
    buf_clear(out);
    f->close_after = f->close_after || f->proxy->draining;
    f->answer_chunks = body && length < 0 && f->exchange.http_minor > 0;
    f->answer_to_close = body && length < 0 && !f->answer_chunks;
    if (f->answer_to_close)
        f->close_after = true;
    buf_printf(out, "HTTP/1.1 %u ", status);
    buf_add(out, reason.text, reason.len);
    buf_str(out, "\r\n");
    head_copy_fields(h, but, out);
    if (f->answer_chunks)
        buf_str(out, "Transfer-Encoding: chunked\r\n");
    else if (body && length >= 0)
        buf_printf(out, "Content-Length: %lld\r\n", (long long)length);
    else if (!body && told.text != NULL && status != 204)
        buf_printf(out, "Content-Length: %.*s\r\n", (int)told.len, told.text);
    buf_printf(out, "X-Cloud-Trace-Context: %s;o=%d\r\nServer: Google Frontend\r\n",
               f->exchange.trace.id, f->exchange.trace.sampled);
    if (f->close_after)
        buf_str(out, "Connection: close\r\n");
    else if (f->exchange.http_minor == 0)
        buf_str(out, "Connection: keep-alive\r\n");
    buf_str(out, "\r\n");
    f->answer_begun = true;
    f->exchange.status = (int)status;
    f->head_waits = buf_ok(out);
    if (!f->head_waits)
        front_close(f);
}

void front_flush(struct front *f) {
    if (!f->head_waits)
        return;
    const struct buf *head = &f->proxy->text;
    uv_buf_t piece = uv_buf_init(head->data, (unsigned)head->len);
    f->head_waits = false;
    if (send_pieces(f, &piece, 1))
        f->exchange.head_ns = f->sent_ns;
}

void front_answer_body(struct front *f, const char *bytes, size_t n) {
    char size[24];
    uv_buf_t pieces[WIRE_PIECES_MAX];
    unsigned count = 0;
    bool has_head = f->head_waits;
    if (has_head)
        pieces[count++] = uv_buf_init(f->proxy->text.data, (unsigned)f->proxy->text.len);
    f->head_waits = false;
    if (f->answer_chunks)
        pieces[count++] = uv_buf_init(size, (unsigned)snprintf(size, sizeof size, "%zx\r\n", n));
    pieces[count++] = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)n);
    if (f->answer_chunks)
        pieces[count++] = uv_buf_init((char *)(uintptr_t) "\r\n", 2);
    if (send_pieces(f, pieces, count) && has_head)
        f->exchange.head_ns = f->sent_ns;
}

/* 0, or the status with which the front end refuses the head. */
static int check_head(struct front *f) {
    const struct head *h = &f->head;
    struct view target = head_target(h), upgrade = head_find(h, "upgrade");
    size_t hosts = head_count(h, "host"), codings = head_count(h, "transfer-encoding");
    if (h->too_large)
        return 431;
    if (f->parser.http_major != 1)
        return 505;
    if (!head_is_clean(h) || hosts > 1 || (hosts == 0 && f->parser.http_minor > 0))
        return 400;
    if (f->parser.method == HTTP_CONNECT)
        return 400;
    if (f->parser.upgrade && !view_is(upgrade, "h2c"))
        return 501;
    if (codings > 0 && f->parser.http_minor == 0)
        return 400; /* HTTP/1.0 has no chunks; what its end would be is anybody's guess */
    if (codings > 1 || (codings == 1 && !view_is(head_find(h, "transfer-encoding"), "chunked")))
        return 501;
    bool is_star = view_is(target, "*") && f->parser.method == HTTP_OPTIONS;
    bool is_absolute = target.len > 7 && strncasecmp(target.text, "http://", 7) == 0;
    return is_star || is_absolute || (target.len > 0 && target.text[0] == '/') ? 0 : 400;
}

static void name_client(struct front *f) {
    struct sockaddr_storage address;
    int size = sizeof address;
    char *out = f->remote;
    if (uv_tcp_getpeername(&f->tcp, (struct sockaddr *)&address, &size) != 0)
        return;
    if (address.ss_family == AF_INET)
        uv_ip4_name((struct sockaddr_in *)&address, out, sizeof f->remote);
    else
        uv_ip6_name((struct sockaddr_in6 *)&address, out, sizeof f->remote);
}

static void take_trace(struct front *f) {
    struct trace *t = &f->exchange.trace;
    if (trace_read_parent(head_find(&f->head, "traceparent"), t) ||
        trace_read_cloud(head_find(&f->head, "x-cloud-trace-context"), t))
        trace_fresh_span(t);
    else
        trace_fresh(t);
}

static void begin_exchange(struct front *f) {
    struct exchange *x = &f->exchange;
    *x = (struct exchange){0};
    int status = check_head(f);
    if (status != 0) {
        refuse(f, status);
        return;
    }
    x->arrived_ns = clock_mono_ns();
    x->arrived_real_ns = clock_real_ns();
    x->method = http_method_str((enum http_method)f->parser.method);
    x->head = &f->head;
    x->http_minor = f->parser.http_minor;
    x->request_bytes = f->parser.nread;
    f->expects_100 = view_is(head_find(&f->head, "expect"), "100-continue") && x->http_minor > 0;
    f->close_after = f->proxy->draining || !http_should_keep_alive(&f->parser);
    x->remote = f->remote;
    take_trace(f);
    f->state = FRONT_WAIT;
    f->open = true;
    set_timer(f, f->proxy->options.request_timeout_ns);
    f->proxy->options.arrived(f->proxy->options.context, x);
}

/* ---- the parser's findings ---- */

static int on_begin(http_parser *parser) {
    struct front *f = parser->data;
    head_reset(&f->head);
    f->begun = true;
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t n) {
    struct front *f = parser->data;
    head_add_target(&f->head, at, n);
    return 0;
}

/* Fields behind a chunked body (trailers) come here too: they do not go on. */
static int on_name(http_parser *parser, const char *at, size_t n) {
    struct front *f = parser->data;
    if (f->state == FRONT_HEAD)
        head_add_name(&f->head, at, n);
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t n) {
    struct front *f = parser->data;
    if (f->state == FRONT_HEAD)
        head_add_value(&f->head, at, n);
    return 0;
}

static int on_head(http_parser *parser) {
    struct front *f = parser->data;
    f->head_whole = true;
    http_parser_pause(parser, 1);
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t n) {
    struct front *f = parser->data;
    f->exchange.request_bytes += n;
    if (f->back != NULL)
        back_send_body(f->back, at, n);
    return 0;
}

static int on_whole(http_parser *parser) {
    struct front *f = parser->data;
    if (f->state == FRONT_BODY)
        f->state = FRONT_ANSWER;
    http_parser_pause(parser, 1); /* what follows is not this request's */
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_begin,
    .on_url = on_url,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_whole,
};

/* The parser stopped by itself: behind a head, or behind a request. */
static void parser_stopped(struct front *f) {
    http_parser_pause(&f->parser, 0);
    if (f->state == FRONT_HEAD && f->head_whole) {
        begin_exchange(f);
        f->parser.upgrade = 0; /* refused, or ignored as RFC 9110 lets us */
    } else if (f->state == FRONT_ANSWER) {
        if (f->back != NULL)
            back_send_end(f->back);
        else if (f->answer_ended)
            next_request(f);
    }
}

static void parser_failed(struct front *f) {
    enum http_errno why = HTTP_PARSER_ERRNO(&f->parser);
    if (f->open) { /* in the body: the instance gets no half request as a whole one */
        f->close_after = true;
        front_fail(f, 400, NULL);
    } else if (f->state == FRONT_HEAD) {
        refuse(f, why == HPE_HEADER_OVERFLOW             ? 431
                  : why == HPE_INVALID_VERSION           ? 505
                  : why == HPE_INVALID_TRANSFER_ENCODING ? 501
                                                         : 400);
    } else {
        front_close(f);
    }
}

static void feed(struct front *f, const char *data, size_t n) {
    f->feeding = true;
    while (n > 0 && (f->state == FRONT_HEAD || f->state == FRONT_BODY)) {
        size_t used = http_parser_execute(&f->parser, &settings, data, n);
        data += used;
        n -= used;
        if (f->state == FRONT_CLOSED)
            break;
        if (HTTP_PARSER_ERRNO(&f->parser) == HPE_PAUSED)
            parser_stopped(f);
        else if (HTTP_PARSER_ERRNO(&f->parser) != HPE_OK) {
            parser_failed(f);
            break;
        }
    }
    f->feeding = false;
    if (f->state == FRONT_CLOSED || f->state == FRONT_LINGER)
        return;
    if (n > 0)
        buf_add(&f->held, data, n);
    if (!buf_ok(&f->held))
        front_close(f);
    else if (f->state == FRONT_HEAD && f->begun)
        set_timer(f, f->proxy->options.head_timeout_ns);
}

void front_resume(struct front *f) {
    if (f->state == FRONT_WAIT && f->back != NULL) {
        f->state = FRONT_BODY;
        if (f->expects_100) {
            uv_buf_t go = uv_buf_init((char *)(uintptr_t) "HTTP/1.1 100 Continue\r\n\r\n", 25);
            f->expects_100 = false;
            if (!send_pieces(f, &go, 1))
                return;
        }
    }
    if (!f->feeding && f->held.len > 0 && (f->state == FRONT_BODY || f->state == FRONT_HEAD)) {
        struct buf held = f->held;
        buf_init(&f->held, held.max);
        feed(f, held.data, held.len);
        buf_done(&held);
    }
    update_reading(f);
}

static void front_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    struct front *f = stream->data;
    if (n < 0) {
        client_gone(f);
        return;
    }
    if (f->state == FRONT_LINGER)
        return;
    if (f->held.len > 0 || f->state == FRONT_WAIT || f->state == FRONT_ANSWER) {
        buf_add(&f->held, buffer->base, (size_t)n);
        if (!buf_ok(&f->held))
            front_close(f);
    } else {
        feed(f, buffer->base, (size_t)n);
    }
    update_reading(f);
}

void front_accept(struct proxy *p) {
    struct front *f = calloc(1, sizeof *f);
    if (f == NULL)
        return; /* the connection stays in the queue until the next one comes */
    uv_tcp_init(p->loop, &f->tcp);
    uv_timer_init(p->loop, &f->timer);
    f->tcp.data = f->timer.data = f;
    f->handles = 2;
    f->proxy = p;
    head_init(&f->head);
    buf_init(&f->held, 4 * HELD_MAX_BYTES);
    http_parser_init(&f->parser, HTTP_REQUEST);
    f->parser.data = f;
    f->next = p->fronts;
    if (f->next != NULL)
        f->next->previous = f;
    p->fronts = f;
    p->front_count++;
    if (uv_accept((uv_stream_t *)&p->listener, (uv_stream_t *)&f->tcp) != 0 ||
        p->front_count > p->options.clients_max) {
        front_close(f);
        return;
    }
    uv_tcp_nodelay(&f->tcp, 1);
    name_client(f);
    set_timer(f, p->options.head_timeout_ns);
    update_reading(f);
}
