#include "emulator/proxy.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/proxy_internal.h"
#include "util/clock.h"

#define BACKLOG 1024
#define TEXT_MAX_BYTES ((size_t)2 * HEAD_BYTES_MAX)

static struct front *front_of(struct exchange *x) {
    return (struct front *)(void *)((char *)x - offsetof(struct front, exchange));
}

static void connection_waits(uv_stream_t *listener, int status) {
    if (status == 0)
        front_accept(listener->data);
}

static int listen_on(struct proxy *p, const char *bind, int port, struct err *e) {
    struct sockaddr_storage address;
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    int size = sizeof address;
    if (uv_ip4_addr(bind, port, v4) != 0 && uv_ip6_addr(bind, port, v6) != 0)
        return err_set(e, "%s is not an address to listen on; give one like 127.0.0.1 or 0.0.0.0",
                       bind);
    int failed = uv_tcp_bind(&p->listener, (struct sockaddr *)&address, 0);
    if (failed == 0)
        failed = uv_listen((uv_stream_t *)&p->listener, BACKLOG, connection_waits);
    if (failed == UV_EADDRINUSE)
        return err_set(e,
                       "port %d of %s is in use, perhaps by another emulator; choose another "
                       "--port, or 0 for any free port",
                       port, bind);
    if (failed != 0)
        return err_set(e, "cannot listen on %s port %d: %s", bind, port, uv_strerror(failed));
    failed = uv_tcp_getsockname(&p->listener, (struct sockaddr *)&address, &size);
    if (failed != 0)
        return err_set(e, "cannot find out the port: %s", uv_strerror(failed));
    p->port = ntohs(address.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
    return 0;
}

int proxy_new(uv_loop_t *loop, const struct proxy_options *o, struct proxy **out, struct err *e) {
    struct proxy *p = calloc(1, sizeof *p);
    if (p == NULL)
        return err_memory(e, "the front end");
    p->loop = loop;
    p->options = *o;
    buf_init(&p->text, TEXT_MAX_BYTES);
    uv_tcp_init(loop, &p->listener);
    p->listener.data = p;
    p->listening = true;
    if (listen_on(p, o->bind, o->port, e) != 0) {
        proxy_close(p);
        uv_run(loop, UV_RUN_NOWAIT);
        proxy_free(p);
        return -1;
    }
    *out = p;
    return 0;
}

int proxy_port(const struct proxy *p) {
    return p->port;
}

static void stop_listening(struct proxy *p) {
    if (p->listening)
        uv_close((uv_handle_t *)&p->listener, NULL);
    p->listening = false;
}

void proxy_drain(struct proxy *p) {
    p->draining = true;
    stop_listening(p);
    for (struct front *f = p->fronts, *next; f != NULL; f = next) {
        next = f->next;
        if (f->state == FRONT_HEAD && !f->begun)
            front_close(f);
        else
            f->close_after = true;
    }
}

void proxy_close(struct proxy *p) {
    if (p == NULL)
        return;
    p->draining = true;
    stop_listening(p);
    for (struct front *f = p->fronts, *next; f != NULL; f = next) {
        next = f->next;
        front_close(f);
    }
}

void proxy_free(struct proxy *p) {
    if (p == NULL)
        return;
    assert(p->fronts == NULL);
    buf_done(&p->text);
    free(p);
}

void proxy_finished(struct front *f) {
    assert(f->open);
    f->open = false;
    /* Taken before the last bytes went, for the client may have them before we go on: an end that
     * is noted later would say that it had its answer too soon. */
    bool sent = f->answer_ended && !f->answer_to_close && f->sent_ns > 0;
    f->exchange.ended_ns = sent ? f->sent_ns : clock_mono_ns();
    f->proxy->options.finished(f->proxy->options.context, &f->exchange);
}

void exchange_assign(struct exchange *x, struct upstream *u) {
    struct front *f = front_of(x);
    assert(f->state == FRONT_WAIT && x->upstream == NULL);
    x->upstream = u;
    x->assigned_ns = clock_mono_ns();
    back_begin(f, u);
    front_resume(f);
}

void exchange_answer(struct exchange *x, int status, const char *text) {
    struct front *f = front_of(x);
    assert(f->state == FRONT_WAIT);
    front_fail(f, status, text);
}

void upstream_init(struct upstream *u, struct proxy *p, int port, void *owner) {
    *u = (struct upstream){.proxy = p, .owner = owner};
    u->address.sin_family = AF_INET;
    u->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    u->address.sin_port = htons((uint16_t)port);
}
