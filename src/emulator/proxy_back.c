/* The instance's side of the proxy. */
#include <assert.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/export_log.h"
#include "emulator/proxy_internal.h"

#define REPLAY_MAX_BYTES ((size_t)64 << 10)
#define DOUBT_MS 5
#define DOUBT_LOOKS 20

static void unlink_back(struct back *b) {
    struct upstream *u = b->upstream;
    if (b->previous != NULL)
        b->previous->next = b->next;
    else if (b->state == BACK_IDLE)
        u->idle = b->next;
    else
        u->in_use = b->next;
    if (b->next != NULL)
        b->next->previous = b->previous;
    b->next = b->previous = NULL;
}

static void link_back(struct back *b, enum back_state state) {
    struct back **list = state == BACK_IDLE ? &b->upstream->idle : &b->upstream->in_use;
    b->state = state;
    b->next = *list;
    if (b->next != NULL)
        b->next->previous = b;
    *list = b;
}

static void back_closed(uv_handle_t *handle) {
    struct back *b = handle->data;
    head_done(&b->head);
    buf_done(&b->replay);
    free(b);
}

static void doubt_closed(uv_handle_t *handle) {
    free(handle);
}

/* Closes the connection and lets go of the client, who is not told. */
static void drop(struct back *b) {
    if (b->state == BACK_CLOSED)
        return;
    if (b->doubt != NULL)
        uv_close((uv_handle_t *)b->doubt, doubt_closed);
    b->doubt = NULL;
    unlink_back(b);
    b->state = BACK_CLOSED;
    if (b->front != NULL)
        b->front->back = NULL;
    b->front = NULL;
    b->upstream = NULL;
    uv_close((uv_handle_t *)&b->tcp, back_closed);
}

void back_abandon(struct back *b) {
    drop(b);
}

void upstream_drop_idle(struct upstream *u) {
    while (u->idle != NULL)
        drop(u->idle);
}

void upstream_fail(struct upstream *u, int status, const char *text) {
    upstream_drop_idle(u);
    while (u->in_use != NULL) {
        struct front *f = u->in_use->front;
        assert(f != NULL);
        front_fail(f, status, text); /* takes its connection out of the list */
    }
}

static void back_sent(uv_stream_t *stream, int status);
static void broken(struct back *b, bool at_end);

static void send_to_instance(struct back *b, const uv_buf_t *pieces, unsigned n) {
    if (b->reused && !b->answer_byte)
        for (unsigned i = 0; i < n; i++)
            buf_add(&b->replay, pieces[i].base, pieces[i].len);
    int failed = wire_send((uv_stream_t *)&b->tcp, pieces, n, back_sent);
    /* An answer may be on its way although the instance takes no more: what comes by reading
     * decides, unless it cannot come. */
    if (failed != 0 && failed != UV_EPIPE && failed != UV_ECONNRESET)
        broken(b, false);
}

static void back_sent(uv_stream_t *stream, int status) {
    struct back *b = stream->data;
    if (status == 0 && b->front != NULL)
        front_resume(b->front);
}

bool back_is_full(const struct back *b) {
    return wire_queued((const uv_stream_t *)&b->tcp) >= WIRE_HIGH_BYTES;
}

void back_send_body(struct back *b, const char *bytes, size_t n) {
    char size[24];
    uv_buf_t pieces[3] = {{.base = size}, {.base = (char *)(uintptr_t)bytes, .len = n}};
    if (!b->body_chunks) {
        send_to_instance(b, &pieces[1], 1);
        return;
    }
    pieces[0].len = (size_t)snprintf(size, sizeof size, "%zx\r\n", n);
    pieces[2] = uv_buf_init((char *)(uintptr_t) "\r\n", 2);
    send_to_instance(b, pieces, 3);
}

void back_send_end(struct back *b) {
    b->request_whole = true;
    if (b->body_chunks) {
        uv_buf_t last = uv_buf_init((char *)(uintptr_t) "0\r\n\r\n", 5);
        send_to_instance(b, &last, 1);
    }
}

/* The answer is whole: the connection is kept or closed, and the client's side goes on. */
static void answered(struct back *b, bool more_came) {
    struct front *f = b->front;
    bool keep = http_should_keep_alive(&b->parser) && !b->until_close && b->request_whole &&
                !more_came && wire_queued((uv_stream_t *)&b->tcp) == 0;
    if (keep) {
        f->back = NULL;
        b->front = NULL;
        unlink_back(b);
        link_back(b, BACK_IDLE);
        back_read(b);
    } else {
        drop(b);
    }
    front_answer_end(f);
}

/* ---- the parser's findings ---- */

static int on_begin(http_parser *parser) {
    struct back *b = parser->data;
    head_reset(&b->head);
    return 0;
}

static int on_reason(http_parser *parser, const char *at, size_t n) {
    struct back *b = parser->data;
    head_add_target(&b->head, at, n);
    return 0;
}

static int on_name(http_parser *parser, const char *at, size_t n) {
    struct back *b = parser->data;
    if (b->front != NULL && !b->front->answer_begun)
        head_add_name(&b->head, at, n);
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t n) {
    struct back *b = parser->data;
    if (b->front != NULL && !b->front->answer_begun)
        head_add_value(&b->head, at, n);
    return 0;
}

#define NO_BODY 1
#define MALFORMED (-1)

static int on_head(http_parser *parser) {
    struct back *b = parser->data;
    if (parser->status_code / 100 == 1)
        return parser->status_code == 101 ? MALFORMED : 0; /* interim answers end here */
    if (b->front == NULL || b->head.too_large || !head_is_clean(&b->head) ||
        parser->http_major != 1)
        return MALFORMED;
    bool head_only = b->front->parser.method == HTTP_HEAD;
    unsigned status = parser->status_code;
    bool none = head_only || status == 204 || status == 304;
    bool chunks = (parser->flags & F_CHUNKED) != 0;
    bool known = !chunks && parser->content_length != UINT64_MAX;
    b->until_close = !none && !chunks && !known;
    front_answer_head(b->front, &b->head, status, !none,
                      known ? (int64_t)parser->content_length : -1);
    return none ? NO_BODY : 0;
}

static int on_body(http_parser *parser, const char *at, size_t n) {
    struct back *b = parser->data;
    if (b->front != NULL)
        front_answer_body(b->front, at, n);
    return 0;
}

static int on_whole(http_parser *parser) {
    struct back *b = parser->data;
    if (parser->status_code / 100 != 1) {
        b->answer_whole = true;
        http_parser_pause(parser, 1);
    }
    return 0;
}

static const http_parser_settings settings = {
    .on_message_begin = on_begin,
    .on_status = on_reason,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_whole,
};

/* ---- the connection ---- */

static struct back *connect_back(struct front *f, struct upstream *u);

static void back_read_cb(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    struct back *b = stream->data;
    if (b->state != BACK_BUSY) {
        if (n != 0) /* closed by the instance, or bytes that nobody asked for */
            drop(b);
        return;
    }
    if (n == UV_EOF && b->until_close && b->answer_byte) {
        http_parser_execute(&b->parser, &settings, NULL, 0);
        if (b->answer_whole)
            answered(b, false);
        else
            broken(b, true);
        return;
    }
    if (n < 0) {
        broken(b, n == UV_EOF || n == UV_EPIPE);
        return;
    }
    if (n == 0)
        return;
    b->answer_byte = true;
    size_t used = http_parser_execute(&b->parser, &settings, buffer->base, (size_t)n);
    if (b->state == BACK_CLOSED)
        return; /* the client left while it was being served */
    if (b->answer_whole) {
        answered(b, used < (size_t)n);
        return;
    }
    front_flush(b->front);
    if (b->state == BACK_CLOSED)
        return;
    if (HTTP_PARSER_ERRNO(&b->parser) != HPE_OK || b->parser.upgrade)
        broken(b, false);
    else
        back_read(b);
}

void back_read(struct back *b) {
    bool want = b->state == BACK_IDLE || (b->state == BACK_BUSY && !front_is_full(b->front));
    if (b->state == BACK_CLOSED || b->state == BACK_CONNECTING || want == b->reading)
        return;
    b->reading = want;
    if (want)
        uv_read_start((uv_stream_t *)&b->tcp, wire_scratch, back_read_cb);
    else
        uv_read_stop((uv_stream_t *)&b->tcp);
}

static void connected(uv_connect_t *request, int status) {
    struct back *b = request->data;
    if (status == UV_ECANCELED || b->state == BACK_CLOSED)
        return;
    if (status < 0) {
        broken(b, false);
        return;
    }
    b->state = BACK_BUSY;
    back_read(b);
}

/* A kept connection may be closed by the instance just when the next request is sent on it. Then
 * the kernel answers what we sent with a reset, and nobody has read it: such a request may be sent
 * again, whatever its method. An instance that read the request and then closed leaves the
 * connection half open, and that is its failure. The reset follows the end that we saw by as long
 * as the instance takes from shutdown() to close(): so there is doubt for a while. */
enum unread { UNREAD_NO, UNREAD_PERHAPS, UNREAD_YES };

static enum unread was_unread(struct back *b, bool at_end) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    uv_os_fd_t fd;
    if (!b->reused || !at_end || b->answer_byte || !buf_ok(&b->replay) ||
        uv_fileno((uv_handle_t *)&b->tcp, &fd) != 0 ||
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return UNREAD_NO;
    if (info.tcpi_state == TCP_CLOSE)
        return UNREAD_YES;
    return b->looks < DOUBT_LOOKS ? UNREAD_PERHAPS : UNREAD_NO;
}

static void look_again(uv_timer_t *timer) {
    broken(timer->data, true);
}

static bool wait_in_doubt(struct back *b) {
    if (b->doubt == NULL) {
        b->doubt = malloc(sizeof *b->doubt);
        if (b->doubt == NULL)
            return false;
        uv_timer_init(b->proxy->loop, b->doubt);
        b->doubt->data = b;
    }
    b->looks++;
    uv_timer_start(b->doubt, look_again, DOUBT_MS, 0);
    return true;
}

static void broken(struct back *b, bool at_end) {
    struct front *f = b->front;
    struct upstream *u = b->upstream;
    struct back *again = NULL;
    if (b->state == BACK_CLOSED)
        return;
    enum unread unread = f != NULL ? was_unread(b, at_end) : UNREAD_NO;
    if (unread == UNREAD_PERHAPS && wait_in_doubt(b))
        return;
    if (unread == UNREAD_YES)
        again = connect_back(NULL, u);
    if (again != NULL) {
        again->body_chunks = b->body_chunks;
        again->request_whole = b->request_whole;
        uv_buf_t all = uv_buf_init(b->replay.data, (unsigned)b->replay.len);
        drop(b);
        f->back = again;
        again->front = f;
        send_to_instance(again, &all, 1);
        return;
    }
    drop(b);
    if (f != NULL)
        front_fail(f, 503, EXPORT_BAD_ANSWER);
}

static struct back *connect_back(struct front *f, struct upstream *u) {
    struct back *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    uv_tcp_init(u->proxy->loop, &b->tcp);
    uv_tcp_nodelay(&b->tcp, 1);
    b->tcp.data = b->connect.data = b;
    b->upstream = u;
    b->proxy = u->proxy;
    b->front = f;
    head_init(&b->head);
    buf_init(&b->replay, REPLAY_MAX_BYTES);
    http_parser_init(&b->parser, HTTP_RESPONSE);
    b->parser.data = b;
    link_back(b, BACK_CONNECTING);
    if (uv_tcp_connect(&b->connect, &b->tcp, (struct sockaddr *)&u->address, connected) != 0) {
        drop(b);
        return NULL;
    }
    return b;
}

static struct back *reuse(struct front *f, struct upstream *u) {
    struct back *b = u->idle;
    unlink_back(b);
    link_back(b, BACK_BUSY);
    b->front = f;
    b->reused = true;
    b->answer_byte = b->answer_whole = b->until_close = b->request_whole = false;
    b->looks = 0;
    buf_clear(&b->replay);
    http_parser_init(&b->parser, HTTP_RESPONSE);
    return b;
}

static void add_forwarded_for(struct buf *out, const struct exchange *x) {
    struct view before = head_find(x->head, "x-forwarded-for");
    buf_str(out, "X-Forwarded-For: ");
    if (before.len > 0) {
        buf_add(out, before.text, before.len);
        buf_str(out, ", ");
    }
    buf_printf(out, "%s\r\nX-Forwarded-Proto: http\r\n", x->remote);
}

static void write_request(struct front *f, struct back *b, struct buf *out) {
    static const char *const but[] = {"x-forwarded-for", "x-forwarded-proto",     "expect",
                                      "traceparent",     "x-cloud-trace-context", NULL};
    const struct exchange *x = &f->exchange;
    struct view target = head_target(x->head);
    if (target.text[0] != '/' && target.text[0] != '*') { /* http://host/path: the path goes on */
        const char *slash = memchr(target.text + 7, '/', target.len - 7);
        target.len = slash == NULL ? 0 : target.len - (size_t)(slash - target.text);
        target.text = slash;
    }
    buf_printf(out, "%s ", x->method);
    buf_add(out, target.len > 0 ? target.text : "/", target.len > 0 ? target.len : 1);
    buf_str(out, " HTTP/1.1\r\n");
    head_copy_fields(x->head, but, out);
    add_forwarded_for(out, x);
    trace_write(&x->trace, out);
    b->body_chunks = (f->parser.flags & F_CHUNKED) != 0;
    if (b->body_chunks)
        buf_str(out, "Transfer-Encoding: chunked\r\n");
    else if (f->parser.flags & F_CONTENTLENGTH)
        buf_printf(out, "Content-Length: %llu\r\n", (unsigned long long)f->parser.content_length);
    buf_str(out, "\r\n");
}

void back_begin(struct front *f, struct upstream *u) {
    struct back *b = u->idle != NULL ? reuse(f, u) : connect_back(f, u);
    struct buf *out = &f->proxy->text;
    f->back = b;
    if (b == NULL) {
        front_fail(f, 503, EXPORT_BAD_ANSWER);
        return;
    }
    buf_clear(out);
    write_request(f, b, out);
    if (!buf_ok(out)) {
        front_fail(f, 431, NULL);
        return;
    }
    uv_buf_t head = uv_buf_init(out->data, (unsigned)out->len);
    send_to_instance(b, &head, 1);
    if (b->state == BACK_BUSY)
        back_read(b);
}
