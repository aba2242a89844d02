/* exporter: its queue is bounded, the newest parts win, and what is left at the end is counted. */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "export/exporter.h"
#include "transport/transport.h"
#include "util/clock.h"

#define PART_BYTES ((size_t)1 << 20)
#define PARTS 40

/* ---- a receiver that accepts when it is told to ---- */

struct receiver {
    int fd;
    unsigned port;
    pthread_t thread;
    char numbers[PARTS * 16]; /* of the parts that came, in their order */
    size_t requests, largest;
};

static void listen_only(struct receiver *r) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    memset(r, 0, sizeof *r);
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(r->fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(r->fd, 8), 0);
    assert_int_equal(getsockname(r->fd, (struct sockaddr *)&a, &n), 0);
    r->port = ntohs(a.sin_port);
}

static bool read_all(int fd, char *to, size_t n) {
    for (size_t got = 0; got < n;) {
        ssize_t more = read(fd, to + got, n - got);
        if (more <= 0)
            return false;
        got += (size_t)more;
    }
    return true;
}

/* One request; false at the end of the connection. */
static bool take(struct receiver *r, int fd) {
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    char head[4096] = "";
    size_t n = 0;
    while (strstr(head, "\r\n\r\n") == NULL) {
        if (n + 1 >= sizeof head || !read_all(fd, head + n, 1))
            return false;
        head[++n] = '\0';
    }
    const char *length = strstr(head, "Content-Length: ");
    size_t bytes = length == NULL ? 0 : (size_t)strtoull(length + 16, NULL, 10);
    char *body = malloc(bytes + 1);
    bool good = body != NULL && read_all(fd, body, bytes);
    for (size_t i = 0; good && i < bytes; i += PART_BYTES) {
        size_t at = strlen(r->numbers);
        snprintf(r->numbers + at, sizeof r->numbers - at, "%.3s ", body + i);
    }
    free(body);
    r->requests++;
    r->largest = bytes > r->largest ? bytes : r->largest;
    return good && write(fd, ok, sizeof ok - 1) == (ssize_t)sizeof ok - 1;
}

static void *serve(void *context) {
    struct receiver *r = context;
    for (int fd; (fd = accept(r->fd, NULL, NULL)) >= 0;) {
        while (take(r, fd))
            ;
        close(fd);
    }
    return NULL;
}

static void stop_receiver(struct receiver *r, bool serves) {
    shutdown(r->fd, SHUT_RDWR);
    if (serves)
        pthread_join(r->thread, NULL);
    close(r->fd);
}

/* ---- the exporter ---- */

static bool never(long status) {
    (void)status;
    return false;
}

static void read_nothing(long status, const char *text, size_t bytes, struct exporter_answer *out) {
    (void)status;
    (void)text;
    (void)bytes;
    (void)out;
}

static void ignore(void *context, const char *text) {
    (void)context;
    (void)text;
}

static const struct exporter_format format = {.type = "text/plain",
                                              .begin = "",
                                              .between = "",
                                              .end = "",
                                              .repeats = never,
                                              .read = read_nothing};

static struct exporter *open_exporter(struct exporter_options *o, const struct receiver *r,
                                      char url[64]) {
    struct exporter *x = NULL;
    struct err e = {""};
    snprintf(url, 64, "http://127.0.0.1:%u/", r->port);
    *o = (struct exporter_options){.format = &format, .url = url, .shown = url, .note = ignore};
    if (transport_global_init(&e) != 0 || exporter_new(o, &x, &e) != 0)
        fail_msg("%s", e.text);
    return x;
}

static void push(struct exporter *x, unsigned number) {
    static char part[PART_BYTES];
    memset(part, 'x', sizeof part);
    snprintf(part, 4, "%03u", number);
    part[3] = 'x';
    exporter_push(x, part, sizeof part);
}

static void the_newest_parts_reach_a_receiver_that_was_away(void **state) {
    (void)state;
    struct receiver r;
    struct exporter_options o;
    struct exporter_result result;
    char url[64], expected[PARTS * 16] = "000 ";
    listen_only(&r);
    struct exporter *x = open_exporter(&o, &r, url);
    push(x, 0);
    /* It is in a request of its own once that has a connection. */
    struct pollfd connected = {.fd = r.fd, .events = POLLIN};
    assert_int_equal(poll(&connected, 1, 60000), 1);
    for (unsigned i = 1; i < PARTS; i++)
        push(x, i);
    assert_int_equal(pthread_create(&r.thread, NULL, serve, &r), 0);
    exporter_finish(x, clock_mono_ns() + 60 * NS_PER_S);
    exporter_join(x, &result);
    exporter_free(x);
    stop_receiver(&r, true);
    size_t kept = EXPORTER_QUEUE_BYTES / PART_BYTES;
    for (size_t i = PARTS - kept; i < PARTS; i++)
        snprintf(expected + strlen(expected), 8, "%03zu ", i);
    assert_string_equal(r.numbers, expected);
    assert_int_equal(result.parts, PARTS);
    assert_int_equal(result.sent, strlen(expected) / 4);
    assert_true(r.largest <= EXPORTER_REQUEST_BYTES);
}

static void a_receiver_that_never_answers_is_not_waited_for(void **state) {
    (void)state;
    struct receiver r;
    struct exporter_options o;
    struct exporter_result result;
    char url[64];
    listen_only(&r);
    struct exporter *x = open_exporter(&o, &r, url);
    for (unsigned i = 0; i < 3; i++)
        push(x, i);
    exporter_finish(x, clock_mono_ns() + NS_PER_S / 5);
    exporter_join(x, &result);
    assert_int_equal(result.parts, 3);
    assert_int_equal(result.sent, 0);
    exporter_free(x);
    /* Freeing does not wait either, nor needs an end before it. */
    x = open_exporter(&o, &r, url);
    push(x, 0);
    exporter_free(x);
    exporter_free(NULL);
    stop_receiver(&r, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_parts_reach_a_receiver_that_was_away),
        cmocka_unit_test(a_receiver_that_never_answers_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
