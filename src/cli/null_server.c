#include "cli/null_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stats/hist.h"
#include "util/clock.h"

#define HIST_BITS 9u
#define BATCH 64

/* What an event is about: a connection's index, or one of these. */
enum { ABOUT_LISTENER = NULL_SERVER_CONNECTIONS, ABOUT_STOP };

static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 48\r\n\r\n"
    "nothing was done for this, and it is 48 bytes...";

struct connection {
    int fd;           /* -1: free */
    unsigned matched; /* bytes of "\r\n\r\n" that have been seen in a row */
};

struct null_server {
    int listener, poll, stop, port;
    pthread_t thread;
    bool started;
    struct connection connections[NULL_SERVER_CONNECTIONS];
    struct hist took_ns;
};

static void watch(struct null_server *s, int fd, uint32_t about) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = about};
    epoll_ctl(s->poll, EPOLL_CTL_ADD, fd, &event);
}

static void take_connection(struct null_server *s) {
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    for (uint32_t i = 0; i < NULL_SERVER_CONNECTIONS; i++) {
        if (s->connections[i].fd >= 0)
            continue;
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        s->connections[i] = (struct connection){.fd = fd};
        watch(s, fd, i);
        return;
    }
    close(fd);
}

static void drop(struct connection *c) {
    close(c->fd); /* and out of the epoll with it */
    c->fd = -1;
}

/* How many heads end in these bytes. */
static unsigned heads_ended(struct connection *c, const char *bytes, size_t n) {
    unsigned ended = 0;
    for (size_t i = 0; i < n; i++) {
        char wanted = c->matched % 2 == 0 ? '\r' : '\n';
        c->matched = bytes[i] == wanted ? c->matched + 1 : bytes[i] == '\r' ? 1 : 0;
        if (c->matched == 4) {
            c->matched = 0;
            ended++;
        }
    }
    return ended;
}

static void serve(struct null_server *s, struct connection *c) {
    char bytes[4096];
    ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
    int64_t read_ns = clock_mono_ns();
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(c);
        return;
    }
    for (unsigned ended = heads_ended(c, bytes, (size_t)n); ended > 0; ended--) {
        /* Taken before send(), which on loopback does the client's receiving too. */
        hist_record(&s->took_ns, clock_mono_ns() - read_ns);
        if (send(c->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) != (ssize_t)sizeof answer - 1) {
            drop(c);
            return;
        }
    }
}

static void *run(void *argument) {
    struct null_server *s = argument;
    struct epoll_event events[BATCH];
    for (;;) {
        int n = epoll_wait(s->poll, events, BATCH, -1);
        for (int i = 0; i < n; i++) {
            uint32_t about = events[i].data.u32;
            if (about == ABOUT_STOP)
                return NULL;
            if (about == ABOUT_LISTENER)
                take_connection(s);
            else if (s->connections[about].fd >= 0)
                serve(s, &s->connections[about]);
        }
    }
}

static int listen_anywhere(struct null_server *s) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    s->poll = epoll_create1(EPOLL_CLOEXEC);
    s->stop = eventfd(0, EFD_CLOEXEC);
    if (s->listener < 0 || s->poll < 0 || s->stop < 0 ||
        bind(s->listener, (struct sockaddr *)&at, size) != 0 ||
        listen(s->listener, NULL_SERVER_CONNECTIONS) != 0 ||
        getsockname(s->listener, (struct sockaddr *)&at, &size) != 0)
        return errno;
    s->port = ntohs(at.sin_port);
    watch(s, s->listener, ABOUT_LISTENER);
    watch(s, s->stop, ABOUT_STOP);
    return 0;
}

int null_server_start(struct null_server **out, struct err *e) {
    struct null_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return err_memory(e, "a server to calibrate against");
    s->listener = s->poll = s->stop = -1;
    for (size_t i = 0; i < NULL_SERVER_CONNECTIONS; i++)
        s->connections[i].fd = -1;
    int status = hist_init(&s->took_ns, HIST_BITS, e);
    int code = status == 0 ? listen_anywhere(s) : 0;
    if (status == 0 && code == 0)
        code = pthread_create(&s->thread, NULL, run, s);
    if (code != 0)
        status = err_set(e, "cannot start a server to calibrate against: %s", strerror(code));
    if (status != 0) {
        null_server_free(s);
        return -1;
    }
    s->started = true;
    *out = s;
    return 0;
}

int null_server_port(const struct null_server *s) {
    return s->port;
}

void null_server_stop(struct null_server *s) {
    if (!s->started)
        return;
    eventfd_write(s->stop, 1);
    pthread_join(s->thread, NULL);
    s->started = false;
}

int64_t null_server_p50_ns(const struct null_server *s) {
    return s->took_ns.total == 0 ? 0 : hist_quantile(&s->took_ns, 0.5);
}

void null_server_free(struct null_server *s) {
    if (s == NULL)
        return;
    null_server_stop(s);
    for (size_t i = 0; i < NULL_SERVER_CONNECTIONS; i++)
        if (s->connections[i].fd >= 0)
            close(s->connections[i].fd);
    int fds[] = {s->listener, s->poll, s->stop};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    hist_done(&s->took_ns);
    free(s);
}
