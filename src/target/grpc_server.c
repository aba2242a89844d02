#include "target/grpc_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "target/grpc_server_internal.h"
#include "util/clock.h"

#define EVENTS_MAX 64
#define READ_BYTES 65536
#define OUT_MAX_BYTES ((size_t)64 << 20)
#define PREFACE "PRI * HTTP/2"

/* ---- connections ---- */

static void watch(struct grpc_connection *c, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = c};
    epoll_ctl(c->server->epoll_fd, operation, c->fd, &event);
}

static void forget(struct grpc_connection *c) {
    if (c->before != NULL)
        c->before->after = c->after;
    else
        c->server->connections = c->after;
    if (c->after != NULL)
        c->after->before = c->before;
    buf_done(&c->out);
    free(c);
}

static void close_connection(struct grpc_connection *c) {
    if (c->session != NULL)
        grpc_h2_close(c);
    grpc_tls_end(c);
    close(c->fd);
    forget(c);
}

static void accept_one(struct grpc_server *s, int fd) {
    struct grpc_connection *c = calloc(1, sizeof *c);
    if (c == NULL) {
        close(fd);
        return;
    }
    *c = (struct grpc_connection){.server = s, .fd = fd, .after = s->connections};
    if (c->after != NULL)
        c->after->before = c;
    s->connections = c;
    buf_init(&c->out, OUT_MAX_BYTES);
    if (s->t->tls != NULL && grpc_tls_begin(c, s->t->tls) != 0) {
        close_connection(c);
        return;
    }
    /* At an edge: a client that has sent too little to tell must not keep the loop busy. */
    watch(c, EPOLL_CTL_ADD, EPOLLIN | EPOLLRDHUP | EPOLLET | (c->ssl != NULL ? EPOLLOUT : 0));
}

static void accept_all(struct grpc_server *s) {
    for (;;) {
        int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0)
            return;
        accept_one(s, fd);
    }
}

static void give_away(struct grpc_connection *c) {
    struct sockaddr_storage address;
    socklen_t n = sizeof address;
    int fd = c->fd;
    struct MHD_Daemon *daemon = c->server->t->daemon;
    epoll_ctl(c->server->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    forget(c);
    if (getpeername(fd, (struct sockaddr *)&address, &n) != 0)
        close(fd);
    else
        MHD_add_connection(daemon, fd, (struct sockaddr *)&address, n); /* closes it on failure */
}

/* Which protocol does it speak? False: it is not known yet, or the connection is gone. */
static bool is_ours(struct grpc_connection *c) {
    static const char preface[] = PREFACE;
    char seen[sizeof preface - 1];
    ssize_t n = recv(c->fd, seen, sizeof seen, MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n > 0 && n < (ssize_t)sizeof seen && memcmp(seen, preface, (size_t)n) == 0)
        return false;
    if (n <= 0 || memcmp(seen, preface, sizeof seen) != 0) {
        give_away(c);
        return false;
    }
    return true;
}

/* The same with TLS. */
static bool has_agreed(struct grpc_connection *c) {
    bool agreed = grpc_tls_handshake(c);
    if (c->broken)
        close_connection(c);
    return agreed;
}

static bool begin(struct grpc_connection *c) {
    if (c->ssl == NULL ? !is_ours(c) : !has_agreed(c))
        return false;
    counts_connection(&c->server->t->counts);
    if (grpc_h2_begin(c) != 0) {
        close_connection(c);
        return false;
    }
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
    return true;
}

/* Sends, and waits for room if the socket takes no more. */
static void go_on(struct grpc_connection *c) {
    bool was_blocked = c->blocked;
    grpc_h2_flush(c);
    if (c->broken)
        close_connection(c);
    else if (c->blocked != was_blocked)
        watch(c, EPOLL_CTL_MOD, EPOLLIN | (c->blocked ? EPOLLOUT : 0));
}

static void on_connection(struct grpc_connection *c, uint32_t events) {
    static _Thread_local char bytes[READ_BYTES];
    if (c->session == NULL && !begin(c))
        return;
    if ((events & EPOLLOUT) != 0)
        c->blocked = false;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
        ssize_t n = c->ssl != NULL ? grpc_tls_read(c, bytes, sizeof bytes)
                                   : recv(c->fd, bytes, sizeof bytes, 0);
        bool gone = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
        c->broken = gone || (n > 0 && grpc_h2_receive(c, bytes, (size_t)n) != 0);
    }
    if ((events & EPOLLOUT) != 0)
        watch(c, EPOLL_CTL_MOD, EPOLLIN);
    if (c->broken)
        close_connection(c);
    else
        go_on(c);
}

/* ---- jobs and tokens ---- */

void grpc_server_served(struct job *job, bool served) {
    struct grpc_call_in *call = (struct grpc_call_in *)job;
    struct grpc_server *s = call->server;
    uint64_t one = 1;
    call->served = served;
    pthread_mutex_lock(&s->lock);
    bool first = s->served == NULL;
    call->next_served = s->served;
    s->served = call;
    pthread_mutex_unlock(&s->lock);
    if (first && write(s->wake_fd, &one, sizeof one) != sizeof one)
        abort(); /* an eventfd at 0 takes a 1 */
}

/* Those that came first go first. */
static struct grpc_call_in *take_served(struct grpc_server *s, bool *stopping) {
    struct grpc_call_in *first = NULL;
    pthread_mutex_lock(&s->lock);
    while (s->served != NULL) {
        struct grpc_call_in *call = s->served;
        s->served = call->next_served;
        call->next_served = first;
        first = call;
    }
    *stopping = s->stopping;
    pthread_mutex_unlock(&s->lock);
    return first;
}

static bool take_wake(struct grpc_server *s) {
    uint64_t count;
    bool stopping;
    if (read(s->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return true;
    for (struct grpc_call_in *call = take_served(s, &stopping), *next; call != NULL; call = next) {
        struct grpc_connection *c = call->c;
        next = call->next_served;
        grpc_call_served(call);
        if (c != NULL)
            go_on(c);
    }
    return stopping;
}

static struct grpc_call_in *call_of(struct token_sending *sending) {
    return (struct grpc_call_in *)(void *)((char *)sending -
                                           offsetof(struct grpc_call_in, sending));
}

static void serve_due(struct grpc_server *s) {
    struct token_sending *first;
    while ((first = token_heap_first(&s->heap)) != NULL && first->due_ns <= clock_mono_ns()) {
        struct grpc_connection *c = call_of(first)->c;
        token_heap_remove(&s->heap, first);
        grpc_call_due(call_of(first));
        go_on(c);
    }
}

static void arm(struct grpc_server *s) {
    const struct token_sending *first = token_heap_first(&s->heap);
    struct itimerspec at = {{0, 0}, {0, 0}};
    if (first != NULL) {
        int64_t due_ns = first->due_ns > 0 ? first->due_ns : 1;
        at.it_value = (struct timespec){due_ns / NS_PER_S, due_ns % NS_PER_S};
    }
    timerfd_settime(s->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* ---- the thread ---- */

static void *serve(void *context) {
    struct grpc_server *s = context;
    struct epoll_event events[EVENTS_MAX];
    bool stopping = false;
    prctl(PR_SET_TIMERSLACK, 1); /* the kernel's 50 us would be added to every token's time */
    while (!stopping) {
        bool accepts = false, wakes = false;
        arm(s);
        int n = epoll_wait(s->epoll_fd, events, EVENTS_MAX, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &s->listen_fd)
                accepts = true;
            else if (events[i].data.ptr == &s->wake_fd)
                wakes = true;
            else if (events[i].data.ptr != &s->timer_fd)
                on_connection(events[i].data.ptr, events[i].events);
        }
        /* Only then: they may close connections that have events in this turn. */
        if (wakes)
            stopping = take_wake(s);
        serve_due(s);
        if (accepts)
            accept_all(s);
    }
    for (struct grpc_connection *c = s->connections, *next; c != NULL; c = next) {
        next = c->after;
        close_connection(c);
    }
    return NULL;
}

/* ---- beginning and end ---- */

static int add(struct grpc_server *s, int *fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = fd};
    return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, *fd, &event);
}

int grpc_server_new(struct target *t, int listen_fd, struct grpc_server **out, struct err *e) {
    struct grpc_server *s = calloc(1, sizeof *s);
    if (s == NULL) {
        close(listen_fd);
        return err_memory(e, NULL);
    }
    s->t = t;
    s->listen_fd = listen_fd;
    pthread_mutex_init(&s->lock, NULL);
    buf_init(&s->scratch, OUT_MAX_BYTES);
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (s->epoll_fd < 0 || s->wake_fd < 0 || s->timer_fd < 0 || add(s, &s->listen_fd) != 0 ||
        add(s, &s->wake_fd) != 0 || add(s, &s->timer_fd) != 0) {
        err_set(e, "cannot wait for connections: %s", strerror(errno));
        grpc_server_free(s);
        return -1;
    }
    int rc = pthread_create(&s->thread, NULL, serve, s);
    if (rc != 0) {
        err_set(e, "cannot start a thread: %s", strerror(rc));
        grpc_server_free(s);
        return -1;
    }
    s->runs = true;
    *out = s;
    return 0;
}

void grpc_server_stop(struct grpc_server *s) {
    uint64_t one = 1;
    if (s == NULL || !s->runs)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
    if (write(s->wake_fd, &one, sizeof one) != sizeof one)
        abort(); /* far below its limit */
    pthread_join(s->thread, NULL);
    s->runs = false;
}

void grpc_server_free(struct grpc_server *s) {
    if (s == NULL)
        return;
    grpc_server_stop(s);
    const int all[] = {s->listen_fd, s->epoll_fd, s->wake_fd, s->timer_fd};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] >= 0)
            close(all[i]);
    token_heap_done(&s->heap);
    buf_done(&s->scratch);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void grpc_server_counts(struct grpc_server *s, uint64_t *streams, uint64_t *tokens) {
    *streams = s == NULL ? 0 : atomic_load(&s->streams);
    *tokens = s == NULL ? 0 : atomic_load(&s->tokens);
}
