/* The server that does nothing, spoken to byte by byte, and the rate that is calibrated at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/calibrate.h"
#include "cli/null_server.h"

static int dial(const struct null_server *s) {
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)null_server_port(s)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads n bytes, or up to the end. */
static size_t hear(int fd, char *out, size_t n) {
    size_t used = 0;
    ssize_t got;
    while (used < n && (got = recv(fd, out + used, n - used, 0)) > 0)
        used += (size_t)got;
    out[used] = '\0';
    return used;
}

static bool is_silent(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 30) == 0;
}

/* Of the answer that a text begins with: its head and 48 bytes. */
static size_t answer_bytes(const char *text) {
    const char *body = strstr(text, "\r\n\r\n");
    assert_non_null(body);
    assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(text, "Content-Length: 48\r\n"));
    return (size_t)(body + 4 - text) + 48;
}

static void each_head_gets_one_answer_on_a_kept_connection(void **state) {
    (void)state;
    struct null_server *s;
    struct err e;
    char text[4096];
    assert_int_equal(null_server_start(&s, &e), 0);
    int fd = dial(s);
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r");
    assert_true(is_silent(fd));
    say(fd, "\n");
    size_t n = (size_t)recv(fd, text, sizeof text - 1, 0);
    text[n] = '\0';
    size_t size = answer_bytes(text);
    assert_int_equal(n, size);
    say(fd, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nX: \r\r\n\r\n");
    assert_int_equal(hear(fd, text, 3 * size), 3 * size);
    assert_true(is_silent(fd));
    close(fd);
    null_server_stop(s);
    assert_true(null_server_p50_ns(s) >= 0 && null_server_p50_ns(s) < 1000000000);
    null_server_free(s);
    null_server_free(NULL);
}

static void more_connections_than_it_has_are_closed(void **state) {
    (void)state;
    struct null_server *s;
    struct err e;
    char text[4096];
    int fds[NULL_SERVER_CONNECTIONS + 1];
    assert_int_equal(null_server_start(&s, &e), 0);
    for (int i = 0; i <= NULL_SERVER_CONNECTIONS; i++)
        fds[i] = dial(s);
    assert_int_equal(hear(fds[NULL_SERVER_CONNECTIONS], text, 1), 0);
    close(fds[0]);
    close(fds[NULL_SERVER_CONNECTIONS]);
    say(fds[1], "GET / HTTP/1.1\r\n\r\n");
    assert_true(hear(fds[1], text, 48) == 48);
    for (int i = 1; i < NULL_SERVER_CONNECTIONS; i++)
        close(fds[i]);
    null_server_free(s); /* stops it too */
}

static void the_rate_is_that_of_users_and_waits(void **state) {
    (void)state;
    struct scenario_load load = {.load = {.kind = LOAD_USERS,
                                          .users = 100,
                                          .spawn_rate = 100,
                                          .duration_ns = INT64_C(60000000000)},
                                 .class_count = 1};
    struct scenario_class users = {0};
    struct scenario s = {.loads = &load, .load_count = 1, .classes = &users, .class_count = 1};
    assert_true(calibrate_rate(&s) == 1000); /* as fast as the target lets them: not known */
    users.wait = (struct wait){.kind = WAIT_CONSTANT, .low_ns = 50000000};
    assert_true(calibrate_rate(&s) == 2000); /* 100 / 0.05 s */
    users.wait = (struct wait){.kind = WAIT_BETWEEN, .low_ns = 0, .high_ns = 400000000};
    assert_true(calibrate_rate(&s) == 500); /* 100 / 0.2 s */
    users.wait = (struct wait){.kind = WAIT_CONSTANT, .low_ns = 5000000000};
    assert_true(calibrate_rate(&s) == 200); /* 20, and a 99th percentile needs more */
    users.wait = (struct wait){.kind = WAIT_CONSTANT, .low_ns = 1};
    assert_true(calibrate_rate(&s) == 100000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_head_gets_one_answer_on_a_kept_connection),
        cmocka_unit_test(more_connections_than_it_has_are_closed),
        cmocka_unit_test(the_rate_is_that_of_users_and_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
