/* http_floor PORT CONNECTIONS SECONDS RATE FILE: sends the bytes of FILE, one HTTP/1.1 request, to 127.0.0.1 again and again over
 * kept connections, and reads the answers, which must all be as long as the first. With a RATE of 0 each connection sends as soon
 * as its answer is there; otherwise a timerfd wakes the loop at each request's time, and a free connection sends it. It keeps
 * nothing but counts, and how late the requests of a rate were, so it is the floor for a client that uses epoll.
 * Prints "N requests, late p99 T us". */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, LATE_MAX_US = 1 << 20 };

static char request[65536], data[65536];
static size_t request_bytes;
static size_t answer_bytes; /* of each; 0: none has come whole */
static unsigned long long good;
static unsigned late[LATE_MAX_US]; /* requests by how many us late they were */

struct connection {
    int fd;
    size_t got; /* bytes of the answer */
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

static int open_one(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void ask(struct connection *c) {
    c->got = 0;
    if (send(c->fd, request, request_bytes, MSG_NOSIGNAL) != (ssize_t)request_bytes)
        die("send");
}

/* The first answer says how long all are. It comes in one piece. */
static size_t length_of(const char *answer, size_t bytes) {
    const char *end = memmem(answer, bytes, "\r\n\r\n", 4);
    const char *length = memmem(answer, bytes, "Content-Length: ", 16);
    if (end == NULL || length == NULL || length > end)
        die("an answer without Content-Length");
    return (size_t)(end + 4 - answer) + strtoull(length + 16, NULL, 10);
}

/* Whether the answer is whole. */
static int hear(struct connection *c) {
    ssize_t n = recv(c->fd, data, sizeof data, MSG_DONTWAIT);
    if (n <= 0)
        die("recv");
    if (answer_bytes == 0)
        answer_bytes = length_of(data, (size_t)n);
    c->got += (size_t)n;
    if (c->got > answer_bytes)
        die("an answer of another length");
    return c->got == answer_bytes;
}

static void wake_at(int timer, double at) {
    struct itimerspec t = {.it_value = {(time_t)at, (long)((at - (double)(time_t)at) * 1e9)}};
    if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &t, NULL) != 0)
        die("timerfd_settime");
}

static void watch(int poller, int fd, void *of) {
    struct epoll_event want = {.events = EPOLLIN, .data.ptr = of};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &want) != 0)
        die("epoll_ctl");
}

static int late_p99(void) {
    unsigned long long all = 0, seen = 0;
    int us = 0;
    for (int i = 0; i < LATE_MAX_US; i++)
        all += late[i];
    for (; us < LATE_MAX_US && seen * 100 < all * 99; us++)
        seen += late[us];
    return us;
}

int main(int argc, char **argv) {
    struct epoll_event events[EVENTS];
    FILE *f = argc == 6 ? fopen(argv[5], "r") : NULL;
    if (f == NULL)
        die("FILE");
    request_bytes = fread(request, 1, sizeof request, f);
    fclose(f);
    int port = atoi(argv[1]), n = atoi(argv[2]), free_ones = 0, poller = epoll_create1(0);
    double seconds = atof(argv[3]), rate = atof(argv[4]);
    struct connection *all = calloc((size_t)n, sizeof *all),
                      **idle = calloc((size_t)n, sizeof *idle);
    if (all == NULL || idle == NULL)
        die("calloc");
    for (int i = 0; i < n; i++) {
        all[i].fd = open_one(port);
        watch(poller, all[i].fd, &all[i]);
        idle[free_ones++] = &all[i];
    }
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    double start = now(), end = start + seconds;
    unsigned long long due = 0;
    if (rate > 0) {
        watch(poller, timer, NULL);
        wake_at(timer, start);
    } else {
        while (free_ones > 0)
            ask(idle[--free_ones]);
    }
    for (double at = start; at < end; at = now()) {
        int count = epoll_wait(poller, events, EVENTS, 1000);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == NULL || !hear(c))
                continue;
            good++;
            if (rate > 0)
                idle[free_ones++] = c;
            else
                ask(c);
        }
        if (rate <= 0)
            continue;
        for (at = now(); free_ones > 0 && at >= start + (double)due / rate; at = now()) {
            int us = (int)((at - start - (double)due / rate) * 1e6);
            late[us < LATE_MAX_US ? us : LATE_MAX_US - 1]++;
            due++;
            ask(idle[--free_ones]);
        }
        if (free_ones > 0)
            wake_at(timer, start + (double)due / rate);
    }
    printf("%llu requests, late p99 %d us\n", good, rate > 0 ? late_p99() : 0);
    return 0;
}
