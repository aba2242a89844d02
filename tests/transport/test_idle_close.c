/* idle_close: what the kernel tells of a connection that its peer has ended. Both ends are in this
 * process, so that the order of things is certain. */
#include "transport/idle_close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ours, theirs;

static void connect_both(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&a, &n), 0);
    ours = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(ours, (struct sockaddr *)&a, sizeof a), 0);
    theirs = accept(listener, NULL, NULL);
    assert_true(theirs >= 0);
    close(listener);
    /* A request and its answer, as on every kept connection. */
    char bytes[16];
    assert_int_equal(send(ours, "first", 5, 0), 5);
    assert_int_equal(recv(theirs, bytes, sizeof bytes, 0), 5);
    assert_int_equal(send(theirs, "answer", 6, 0), 6);
    assert_int_equal(recv(ours, bytes, sizeof bytes, 0), 6);
}

static void wait_for_end(void) {
    struct pollfd p = {.fd = ours, .events = POLLRDHUP};
    assert_int_equal(poll(&p, 1, 60000), 1);
}

static void send_request(void) {
    assert_int_equal(send(ours, "request", 7, MSG_NOSIGNAL), 7);
}

/* Until the reset that answers it has come. */
static void wait_for_reset(void) {
    for (int i = 0; i < 60000 && !idle_close_by_reset(ours); i++)
        usleep(1000);
    assert_true(idle_close_by_reset(ours));
}

static void hard_close(int fd) {
    struct linger l = {.l_onoff = 1};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l), 0);
    close(fd);
}

/* Its end comes, our request goes out, and its kernel answers with a reset: no program can have
 * read it. */
static void closed_before_the_request_is_unseen(void **state) {
    (void)state;
    char byte;
    connect_both();
    close(theirs);
    wait_for_end();
    uint64_t written = idle_close_written(ours);
    assert_int_equal(written, 5);
    send_request();
    wait_for_reset();
    assert_int_equal(recv(ours, &byte, 1, 0), 0); /* as a transport reads: the end comes first */
    assert_true(idle_close_unseen(ours, written));
    close(ours);
}

/* Half closed: the end has come and the request does not reset. It may be read; nothing is
 * acknowledged before it is. */
static void not_acknowledged_is_unseen_and_acknowledged_is_not(void **state) {
    (void)state;
    char bytes[16];
    connect_both();
    assert_int_equal(shutdown(theirs, SHUT_WR), 0);
    wait_for_end();
    uint64_t written = idle_close_written(ours);
    send_request();
    assert_int_equal(recv(theirs, bytes, sizeof bytes, 0), 7);
    /* Reading does not acknowledge by itself; Linux does within 200 ms. */
    for (int i = 0; i < 60000 && idle_close_unseen(ours, written); i++)
        usleep(1000);
    assert_false(idle_close_unseen(ours, written));
    close(theirs);
    close(ours);
}

static void a_request_that_was_read_is_not_unseen(void **state) {
    (void)state;
    char bytes[16];
    connect_both();
    uint64_t written = idle_close_written(ours);
    send_request();
    assert_int_equal(recv(theirs, bytes, sizeof bytes, 0), 7);
    close(theirs);
    wait_for_end();
    assert_false(idle_close_unseen(ours, written));
    assert_false(idle_close_by_reset(ours));
    close(ours);
}

/* A reset alone: nobody can tell what was read. */
static void after_a_reset_nobody_knows(void **state) {
    (void)state;
    char byte;
    for (int read_first = 0; read_first < 2; read_first++) {
        connect_both();
        uint64_t written = idle_close_written(ours);
        send_request();
        if (read_first)
            assert_int_equal(recv(theirs, &byte, 1, 0), 1);
        hard_close(theirs);
        wait_for_reset();
        assert_false(idle_close_unseen(ours, written));
        recv(ours, &byte, 1, 0); /* the reset is read away, as libcurl does */
        assert_false(idle_close_unseen(ours, written));
        close(ours);
    }
}

static void what_is_no_tcp_socket_is_not_known(void **state) {
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_true(idle_close_written(pair[0]) == UINT64_MAX);
    close(pair[1]);
    assert_true(idle_close_seen(pair[0]));
    assert_false(idle_close_unseen(pair[0], UINT64_MAX));
    assert_false(idle_close_unseen(pair[0], 0));
    close(pair[0]);
}

/* Records as RFC 8446 5.1 has them: type, version, length; an encrypted alert is 2 bytes, its type
 * and a tag of 16. */
static void tls_says_goodbye_in_a_record_of_its_own(void **state) {
    (void)state;
    static const struct {
        struct {
            unsigned char type, bytes;
        } records[3];
        size_t sent; /* bytes of them; 0: all */
        bool goodbye;
    } cases[] = {
        {{{23, 19}}, 0, true},
        {{{21, 26}}, 0, true},   /* TLS 1.2 */
        {{{23, 200}}, 0, false}, /* a session ticket */
        {{{23, 200}, {23, 200}, {23, 19}}, 0, true},
        {{{23, 26}}, 0, false},              /* the smallest frame of HTTP/2 */
        {{{23, 200}, {23, 19}}, 207, false}, /* not all of its head has come */
        {{{23, 19}}, 4, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[1024] = {0};
        size_t n = 0;
        for (size_t k = 0; k < 3 && cases[i].records[k].type != 0; k++) {
            const unsigned char head[] = {cases[i].records[k].type, 3, 3, 0,
                                          cases[i].records[k].bytes};
            memcpy(bytes + n, head, sizeof head);
            n += sizeof head + cases[i].records[k].bytes;
        }
        n = cases[i].sent == 0 ? n : cases[i].sent;
        connect_both();
        assert_int_equal(send(theirs, bytes, n, 0), n);
        char all[1024];
        assert_int_equal(recv(ours, all, n, MSG_PEEK | MSG_WAITALL), n);
        assert_int_equal(idle_close_goodbye(ours), cases[i].goodbye);
        close(ours);
        close(theirs);
    }
    connect_both();
    assert_false(idle_close_goodbye(ours)); /* nothing has come */
    close(ours);
    close(theirs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_before_the_request_is_unseen),
        cmocka_unit_test(not_acknowledged_is_unseen_and_acknowledged_is_not),
        cmocka_unit_test(a_request_that_was_read_is_not_unseen),
        cmocka_unit_test(after_a_reset_nobody_knows),
        cmocka_unit_test(what_is_no_tcp_socket_is_not_known),
        cmocka_unit_test(tls_says_goodbye_in_a_record_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
