#include "emulator/admin.h"

#include <stdlib.h>
#include <string.h>

#include "emulator/wire.h"

#define HEAD_MAX_BYTES 4096
#define PAGE_MAX_BYTES ((size_t)8 << 20)
#define VISIT_MS 5000

struct visit {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_shutdown_t shutdown;
    struct admin *admin;
    struct visit *next, *previous;
    int handles;
    bool closing, answered;
    size_t len;
    char head[HEAD_MAX_BYTES];
};

struct admin {
    uv_tcp_t listener;
    bool listening;
    int port;
    admin_render_fn *render;
    void *context;
    struct visit *visits;
};

static void visit_closed(uv_handle_t *handle) {
    struct visit *v = handle->data;
    if (--v->handles == 0)
        free(v);
}

static void visit_close(struct visit *v) {
    if (v->closing)
        return;
    v->closing = true;
    if (v->previous != NULL)
        v->previous->next = v->next;
    else
        v->admin->visits = v->next;
    if (v->next != NULL)
        v->next->previous = v->previous;
    uv_close((uv_handle_t *)&v->tcp, visit_closed);
    uv_close((uv_handle_t *)&v->timer, visit_closed);
}

static void visit_late(uv_timer_t *timer) {
    visit_close(timer->data);
}

static void visit_sent(uv_stream_t *stream, int status) {
    if (status < 0)
        visit_close(stream->data);
}

static void answer(struct visit *v) {
    struct buf body, head;
    bool json = strncmp(v->head, "GET /status.json ", 17) == 0;
    bool found = json || strncmp(v->head, "GET / ", 6) == 0;
    v->answered = true;
    buf_init(&body, PAGE_MAX_BYTES);
    buf_init(&head, 1024);
    if (found)
        v->admin->render(v->admin->context, json, &body);
    else
        buf_str(&body, "GET / or GET /status.json\n");
    buf_printf(
        &head,
        "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
        "Connection: close\r\n\r\n",
        found ? "200 OK" : "404 Not Found",
        json    ? "application/json"
        : found ? "text/html; charset=utf-8"
                : "text/plain",
        body.len);
    uv_buf_t pieces[2] = {uv_buf_init(head.data, (unsigned)head.len),
                          uv_buf_init(body.data, (unsigned)body.len)};
    if (wire_send((uv_stream_t *)&v->tcp, pieces, 2, visit_sent) != 0 ||
        uv_shutdown(&v->shutdown, (uv_stream_t *)&v->tcp, NULL) != 0)
        visit_close(v);
    buf_done(&head);
    buf_done(&body);
}

static void visit_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    struct visit *v = stream->data;
    if (n < 0) {
        visit_close(v);
        return;
    }
    if (v->answered)
        return;
    size_t room = sizeof v->head - 1 - v->len, part = (size_t)n < room ? (size_t)n : room;
    memcpy(v->head + v->len, buffer->base, part);
    v->len += part;
    v->head[v->len] = '\0';
    if (strstr(v->head, "\r\n\r\n") != NULL)
        answer(v);
    else if (part < (size_t)n)
        visit_close(v);
}

static void visitor(uv_stream_t *listener, int status) {
    struct admin *a = listener->data;
    struct visit *v = status == 0 ? calloc(1, sizeof *v) : NULL;
    if (v == NULL)
        return;
    uv_tcp_init(listener->loop, &v->tcp);
    uv_timer_init(listener->loop, &v->timer);
    v->tcp.data = v->timer.data = v;
    v->handles = 2;
    v->admin = a;
    v->next = a->visits;
    if (v->next != NULL)
        v->next->previous = v;
    a->visits = v;
    if (uv_accept(listener, (uv_stream_t *)&v->tcp) != 0 ||
        uv_read_start((uv_stream_t *)&v->tcp, wire_scratch, visit_read) != 0) {
        visit_close(v);
        return;
    }
    uv_timer_start(&v->timer, visit_late, VISIT_MS, 0);
}

int admin_new(uv_loop_t *loop, const char *bind, int port, admin_render_fn *render, void *context,
              struct admin **out, struct err *e) {
    struct sockaddr_storage address;
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    int size = sizeof address;
    if (uv_ip4_addr(bind, port, v4) != 0 && uv_ip6_addr(bind, port, v6) != 0)
        return err_set(e, "%s is not an address", bind);
    struct admin *a = calloc(1, sizeof *a);
    if (a == NULL)
        return err_memory(e, NULL);
    *a = (struct admin){.render = render, .context = context, .listening = true};
    uv_tcp_init(loop, &a->listener);
    a->listener.data = a;
    int failed = uv_tcp_bind(&a->listener, (struct sockaddr *)&address, 0);
    if (failed == 0)
        failed = uv_listen((uv_stream_t *)&a->listener, 16, visitor);
    if (failed == 0)
        failed = uv_tcp_getsockname(&a->listener, (struct sockaddr *)&address, &size);
    if (failed != 0) {
        admin_close(a);
        uv_run(loop, UV_RUN_NOWAIT); /* until its handle is closed */
        admin_free(a);
        return err_set(e, "cannot listen on %s port %d: %s; choose another --admin-port", bind,
                       port, uv_strerror(failed));
    }
    *out = a;
    a->port = ntohs(address.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
    return 0;
}

int admin_port(const struct admin *a) {
    return a->port;
}

void admin_close(struct admin *a) {
    if (a == NULL)
        return;
    if (a->listening)
        uv_close((uv_handle_t *)&a->listener, NULL);
    a->listening = false;
    while (a->visits != NULL)
        visit_close(a->visits);
}

void admin_free(struct admin *a) {
    free(a);
}
