#include "transport/kernel_clock.h"

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

/* How long ago, at the time of the call; 0 where nobody knows. */
static int64_t late_ns(struct msghdr *m) {
    struct timespec stamp;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        int64_t late = clock_real_ns() - (stamp.tv_sec * NS_PER_S + stamp.tv_nsec);
        return late > 0 && late < LATE_MAX_NS ? late : 0;
    }
    return 0;
}

static ssize_t recv_stamped(int fd, void *to, size_t n, int64_t *arrived_ns) {
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct timespec)) * 2];
    } control;
    struct iovec piece = {.iov_base = to, .iov_len = n};
    struct msghdr m = {.msg_iov = &piece,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(fd, &m, 0);
    if (got > 0) {
        /* In this order: where the thread is stopped between the two clocks, the answer seems to come later, never before it
         * was asked for. */
        int64_t late = late_ns(&m);
        *arrived_ns = clock_mono_ns() - late;
    }
    return got;
}

ssize_t kernel_clock_recv(int fd, bool stamped, void *to, size_t n, int64_t *arrived_ns) {
    if (stamped)
        return recv_stamped(fd, to, n, arrived_ns);
    ssize_t got = recv(fd, to, n, 0);
    if (got > 0)
        *arrived_ns = clock_mono_ns();
    return got;
}
