/*
 * truth: an HTTP server that knows how long each of its answers took, to hold a client's numbers
 * against.
 *
 *   truth [--port N] [--delay 5ms] [--freeze-at 4s --freeze-for 2s]
 *
 * Prints "truth: listening on http://127.0.0.1:PORT", answers every request (of any path; without a
 * body) with 200 and 48 bytes after the delay, and at SIGTERM or SIGINT prints one line of JSON:
 * how many, and the percentiles of its own times. A time runs from the kernel's receipt of the
 * request (SO_TIMESTAMPNS; the clock at read where there is none) to just before the answer is
 * sent, so it holds everything that is the server's doing: its own wake-up, its timer, its queue.
 * With --freeze-at it does nothing at all for the time of --freeze-for, that long after its first
 * request.
 *
 * One thread. One request at a time on a connection: it is no server for clients that pipeline.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "stats/quantile.h"
#include "util/clock.h"
#include "util/units.h"

#define REQUEST_BYTES 4096
#define EVENTS 256
#define CONNECTIONS_MAX 65536

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 48\r\n"
                             "Connection: keep-alive\r\n\r\n"
                             "000000000000000000000000000000000000000000000000";

/* A connection reads a request, then waits in the queue for its answer's time, then reads the
 * next. */
struct connection {
    size_t length;
    int64_t received_ns;
    int64_t due_ns;
    char request[REQUEST_BYTES];
};

struct truth {
    int64_t delay_ns, freeze_at_ns, freeze_for_ns;
    int64_t first_ns; /* receipt of the first request; 0 before it */
    int64_t armed_ns; /* what the timer is set to; 0: it is not */
    int listener, timer, signals, poll;
    struct connection *by_fd[CONNECTIONS_MAX];
    int queue
        [CONNECTIONS_MAX]; /* ring of sockets in the order of their requests; -1: left meanwhile */
    size_t head, queued, accepted;
    int64_t *times_ns;
    size_t times, capacity, unstamped;
};

static _Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

static void listen_at(struct truth *t, uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int on = 1;
    t->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Accepted sockets inherit these; stamps must be on before the first bytes come. */
    if (t->listener < 0 || setsockopt(t->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(t->listener, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        setsockopt(t->listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        bind(t->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(t->listener, 8192) != 0 ||
        getsockname(t->listener, (struct sockaddr *)&address, &size) != 0) {
        fail("truth: listen");
    }
    printf("truth: listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
}

static void watch(struct truth *t, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(t->poll, EPOLL_CTL_ADD, fd, &event) != 0) {
        fail("truth: epoll_ctl");
    }
}

static void start(struct truth *t, uint16_t port) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    t->poll = epoll_create1(EPOLL_CLOEXEC);
    t->signals = signalfd(-1, &ends, SFD_CLOEXEC);
    t->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (t->poll < 0 || t->signals < 0 || t->timer < 0) {
        fail("truth");
    }
    listen_at(t, port);
    watch(t, t->listener);
    watch(t, t->signals);
    watch(t, t->timer);
}

static void leave(struct truth *t, int fd) {
    for (size_t i = 0; t->by_fd[fd]->due_ns != 0 && i < t->queued; i++) {
        int *waiting = &t->queue[(t->head + i) % CONNECTIONS_MAX];
        *waiting = *waiting == fd ? -1 : *waiting;
    }
    free(t->by_fd[fd]);
    t->by_fd[fd] = NULL;
    close(fd);
}

static void accept_all(struct truth *t) {
    for (;;) {
        int fd = accept4(t->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        struct connection *c = fd < CONNECTIONS_MAX ? calloc(1, sizeof *c) : NULL;
        if (c == NULL) {
            close(fd);
            continue;
        }
        t->by_fd[fd] = c;
        t->accepted++;
        watch(t, fd);
    }
}

/* When the last bytes arrived, on the monotonic clock: the kernel stamps by the real one. */
static int64_t receipt_ns(struct truth *t, struct msghdr *message) {
    int64_t now_ns = clock_mono_ns();
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec at;
            memcpy(&at, CMSG_DATA(c), sizeof at);
            int64_t ago_ns = clock_real_ns() - (at.tv_sec * NS_PER_S + at.tv_nsec);
            return ago_ns > 0 ? now_ns - ago_ns : now_ns;
        }
    }
    t->unstamped++;
    return now_ns;
}

/* Reads what there is; a complete request joins the queue. */
static void receive(struct truth *t, int fd) {
    struct connection *c = t->by_fd[fd];
    char control[256];
    struct iovec into = {c->request + c->length, sizeof c->request - c->length};
    struct msghdr message = {.msg_iov = &into,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (n <= 0 || c->due_ns != 0) { /* gone, a request that does not fit, or one before its turn */
        leave(t, fd);
        return;
    }
    c->length += (size_t)n;
    if (c->length < 4 || memcmp(c->request + c->length - 4, "\r\n\r\n", 4) != 0) {
        return;
    }
    c->length = 0;
    c->received_ns = receipt_ns(t, &message);
    c->due_ns = c->received_ns + t->delay_ns;
    t->queue[(t->head + t->queued++) % CONNECTIONS_MAX] = fd;
    t->first_ns = t->first_ns == 0 ? c->received_ns : t->first_ns;
}

static void keep(struct truth *t, int64_t took_ns) {
    if (t->times == t->capacity) {
        t->capacity = t->capacity == 0 ? 65536 : 2 * t->capacity;
        t->times_ns = realloc(t->times_ns, t->capacity * sizeof *t->times_ns);
        if (t->times_ns == NULL) {
            fail("truth");
        }
    }
    t->times_ns[t->times++] = took_ns;
}

/* Sends every answer whose time has come, and sets the timer to the next one's. */
static void answer_due(struct truth *t) {
    while (t->queued > 0) {
        int fd = t->queue[t->head];
        struct connection *c = fd < 0 ? NULL : t->by_fd[fd];
        int64_t now_ns = clock_mono_ns();
        if (c != NULL && c->due_ns > now_ns) {
            if (t->armed_ns != c->due_ns) {
                struct itimerspec at = {.it_value.tv_sec = c->due_ns / NS_PER_S,
                                        .it_value.tv_nsec = c->due_ns % NS_PER_S};
                timerfd_settime(t->timer, TFD_TIMER_ABSTIME, &at, NULL);
                t->armed_ns = c->due_ns;
            }
            return;
        }
        t->head = (t->head + 1) % CONNECTIONS_MAX;
        t->queued--;
        if (c == NULL) {
            continue;
        }
        keep(t, now_ns - c->received_ns);
        c->due_ns = 0;
        /* It fits into an empty socket buffer; a client that is gone shows at the next read. */
        (void)!send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
    }
}

static void freeze_when_due(struct truth *t) {
    int64_t since_ns = clock_mono_ns() - t->first_ns;
    if (t->freeze_for_ns == 0 || t->first_ns == 0 || since_ns < t->freeze_at_ns) {
        return;
    }
    int64_t until_ns = t->first_ns + t->freeze_at_ns + t->freeze_for_ns;
    struct timespec until = {until_ns / NS_PER_S, until_ns % NS_PER_S};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
    t->freeze_for_ns = 0;
}

/* Until a signal. */
static void serve(struct truth *t) {
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(t->poll, events, EVENTS, t->freeze_for_ns != 0 ? 1 : -1);
        freeze_when_due(t);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == t->signals) {
                return;
            }
            if (fd == t->listener) {
                accept_all(t);
            } else if (fd == t->timer) {
                uint64_t times;
                (void)!read(fd, &times, sizeof times);
                t->armed_ns = 0;
            } else if (t->by_fd[fd] != NULL) {
                receive(t, fd);
                answer_due(t);
            }
        }
        answer_due(t);
    }
}

static void print_truth(struct truth *t) {
    static const struct {
        const char *name;
        double p;
    } shown[] = {{"p50_us", 0.5}, {"p90_us", 0.9}, {"p99_us", 0.99}, {"max_us", 1}};
    printf("{\"requests\": %zu, \"connections\": %zu, \"unstamped\": %zu", t->times, t->accepted,
           t->unstamped);
    if (t->times > 0) {
        quantile_sort(t->times_ns, t->times);
    }
    for (size_t i = 0; t->times > 0 && i < sizeof shown / sizeof *shown; i++) {
        printf(", \"%s\": %.1f", shown[i].name,
               quantile_sorted(t->times_ns, t->times, shown[i].p) / NS_PER_US);
    }
    printf("}\n");
}

int main(int argc, char **argv) {
    static struct truth t = {.delay_ns = 5 * NS_PER_MS};
    static const struct option options[] = {{"port", required_argument, NULL, 'p'},
                                            {"delay", required_argument, NULL, 'd'},
                                            {"freeze-at", required_argument, NULL, 'a'},
                                            {"freeze-for", required_argument, NULL, 'f'},
                                            {0}};
    struct err e = {0};
    uint16_t port = 0;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        int failed = o == '?';
        if (o == 'p') {
            port = (uint16_t)strtoul(optarg, NULL, 10);
        } else if (!failed) {
            int64_t *to = o == 'd' ? &t.delay_ns : o == 'a' ? &t.freeze_at_ns : &t.freeze_for_ns;
            failed = units_duration(optarg, to, &e);
        }
        if (failed) {
            fprintf(stderr, "truth: %s\n", o == '?' ? "see the top of truth.c" : e.text);
            return 2;
        }
    }
    start(&t, port);
    serve(&t);
    print_truth(&t);
    for (int fd = 0; fd < CONNECTIONS_MAX; fd++) {
        free(t.by_fd[fd]);
    }
    free(t.times_ns);
    return 0;
}
