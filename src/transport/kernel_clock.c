#include "transport/kernel_clock.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "util/clock.h"

/* A stamp that is older was not late, the clock was set. */
#define LATE_MAX_NS NS_PER_S

bool kernel_clock_ask(int fd) {
    int on = 1;
    return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0;
}

bool kernel_clock_available(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool available = fd >= 0 && kernel_clock_ask(fd);
    if (fd >= 0)
        close(fd);
    return available;
}

void kernel_clock_ask_waiting(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_INQ, &on, sizeof on);
}

static void take_control(const struct cmsghdr *c, struct kernel_arrival *out) {
    struct timespec stamp;
    int waiting;
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
        memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        out->stamp_ns = stamp.tv_sec * NS_PER_S + stamp.tv_nsec;
    } else if (c->cmsg_level == IPPROTO_TCP && c->cmsg_type == TCP_CM_INQ) {
        memcpy(&waiting, CMSG_DATA(c), sizeof waiting);
        out->waiting = waiting;
    }
}

/* How long ago a stamp was, at the time of the call; 0 where nobody knows. */
static int64_t late_ns(int64_t stamp_ns) {
    int64_t late = stamp_ns == 0 ? 0 : clock_real_ns() - stamp_ns;
    return late > 0 && late < LATE_MAX_NS ? late : 0;
}

ssize_t kernel_clock_read(int fd, bool stamped, void *to, size_t n, struct kernel_arrival *out) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(int)) + 64];
    } control;
    struct iovec piece = {.iov_base = to, .iov_len = n};
    struct msghdr m = {.msg_iov = &piece,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    struct kernel_arrival a = {.waiting = -1};
    ssize_t got = recvmsg(fd, &m, 0);
    if (got <= 0)
        return got;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
        take_control(c, &a);
    if (!stamped)
        a.stamp_ns = 0;
    /* In this order: where the thread is stopped between the two clocks, the answer seems to come
     * later, never before it was asked for. */
    int64_t late = late_ns(a.stamp_ns);
    a.at_ns = clock_mono_ns() - late;
    *out = a;
    return got;
}

ssize_t kernel_clock_recv(int fd, bool stamped, void *to, size_t n, int64_t *arrived_ns) {
    struct kernel_arrival a;
    ssize_t got;
    if (stamped) {
        if ((got = kernel_clock_read(fd, true, to, n, &a)) > 0)
            *arrived_ns = a.at_ns;
        return got;
    }
    got = recv(fd, to, n, 0);
    if (got > 0)
        *arrived_ns = clock_mono_ns();
    return got;
}
