/* grpc_floor PORT CONNECTIONS SECONDS PATH FILE: unary gRPC calls over HTTP/2 (h2c) to 127.0.0.1 by a bare loop over nghttp2: one call
 * at a time on each connection. FILE has the message with its prefix. It keeps nothing of the answers but their number and the statuses
 * of the calls, so its CPU time is the floor for a client that uses nghttp2. Prints the number of calls that ended with grpc-status 0. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char body[65536];
static size_t body_bytes;
static const char *path;
static unsigned long long good, bad;

struct connection {
    nghttp2_session *session;
    int fd;
    size_t sent; /* of the body */
    int ended;   /* the call has; the next may begin */
};

static void die(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static ssize_t read_body(nghttp2_session *s, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
                         nghttp2_data_source *source, void *context) {
    struct connection *c = context;
    (void)s, (void)id, (void)source;
    size_t n = body_bytes - c->sent < room ? body_bytes - c->sent : room;
    memcpy(to, body + c->sent, n);
    c->sent += n;
    if (c->sent == body_bytes)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static int on_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name, size_t n,
                     const uint8_t *value, size_t m, uint8_t flags, void *context) {
    (void)s, (void)f, (void)flags, (void)context;
    if (n == 11 && memcmp(name, "grpc-status", 11) == 0) {
        int ok = m == 1 && *value == '0';
        good += (unsigned)ok;
        bad += (unsigned)!ok;
    }
    return 0;
}

static int on_close(nghttp2_session *s, int32_t id, uint32_t code, void *context) {
    (void)s, (void)id, (void)code;
    ((struct connection *)context)->ended = 1;
    return 0;
}

#define FIELD(name, value)                                                                         \
    {                                                                                              \
        (uint8_t *)name, (uint8_t *)(uintptr_t)(value), sizeof(name) - 1, strlen(value),           \
            NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE                           \
    }

static void call(struct connection *c) {
    nghttp2_data_provider provider = {.read_callback = read_body};
    nghttp2_nv fields[] = {
        FIELD(":method", "POST"),       FIELD(":path", path),
        FIELD(":scheme", "http"),       FIELD(":authority", "127.0.0.1"),
        FIELD("user-agent", "floor/1"), FIELD("content-type", "application/grpc"),
        FIELD("te", "trailers")};
    c->sent = 0;
    c->ended = 0;
    if (nghttp2_submit_request(c->session, NULL, fields, sizeof fields / sizeof *fields, &provider,
                               NULL) < 0)
        die("nghttp2_submit_request");
}

static void flush(struct connection *c) {
    static uint8_t out[262144];
    const uint8_t *bytes;
    size_t have = 0;
    ssize_t n;
    while (have < sizeof out - 32768 && (n = nghttp2_session_mem_send(c->session, &bytes)) > 0) {
        memcpy(out + have, bytes, (size_t)n);
        have += (size_t)n;
    }
    if (have > 0 && send(c->fd, out, have, MSG_NOSIGNAL) != (ssize_t)have)
        die("send");
}

int main(int argc, char **argv) {
    static uint8_t in[65536];
    struct epoll_event events[256];
    if (argc != 6)
        return 2;
    int port = atoi(argv[1]), count = atoi(argv[2]), poller = epoll_create1(0), on = 1;
    path = argv[4];
    FILE *f = fopen(argv[5], "r");
    if (f == NULL)
        die(argv[5]);
    body_bytes = fread(body, 1, sizeof body, f);
    fclose(f);
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    struct connection *all = calloc((size_t)count, sizeof *all);
    for (int i = 0; i < count; i++) {
        struct sockaddr_in to = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        struct epoll_event want = {.events = EPOLLIN, .data.ptr = &all[i]};
        all[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(all[i].fd, (struct sockaddr *)&to, sizeof to) != 0 ||
            epoll_ctl(poller, EPOLL_CTL_ADD, all[i].fd, &want) != 0)
            die("connect");
        setsockopt(all[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        nghttp2_session_client_new(&all[i].session, callbacks, &all[i]);
        nghttp2_submit_settings(all[i].session, 0, NULL, 0);
        nghttp2_session_set_local_window_size(all[i].session, 0, 0, 1 << 24);
        call(&all[i]);
        flush(&all[i]);
    }
    double end = now() + atof(argv[3]);
    while (now() < end) {
        int n = epoll_wait(poller, events, 256, 100);
        for (int i = 0; i < n; i++) {
            struct connection *c = events[i].data.ptr;
            ssize_t got = recv(c->fd, in, sizeof in, MSG_DONTWAIT);
            if (got == 0 || (got < 0 && errno != EAGAIN))
                die("recv");
            if (got < 0)
                continue;
            if (nghttp2_session_mem_recv(c->session, in, (size_t)got) < 0)
                die("nghttp2_session_mem_recv");
            if (c->ended)
                call(c);
            flush(c);
        }
    }
    printf("%llu calls, %llu failed\n", good, bad);
    return bad > 0;
}
