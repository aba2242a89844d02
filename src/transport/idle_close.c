#include "transport/idle_close.h"

#include <errno.h>
#include <linux/tcp.h> /* glibc's own tcp_info is the one of 2.6 */
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* Of include/net/tcp_states.h; <netinet/tcp.h> has them too, but cannot stand beside
 * <linux/tcp.h>. */
enum { STATE_CLOSE = 7, STATE_CLOSE_WAIT = 8 };

bool idle_close_seen(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0;
}

bool idle_close_goodbye(int fd) {
    enum { HEAD = 5, ALERT = 21, ENCRYPTED = 23, SEALED_ALERT = 2 + 1 + 16 };
    unsigned char bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
    for (ssize_t at = 0; at + HEAD <= n;) {
        ssize_t length = bytes[at + 3] << 8 | bytes[at + 4];
        if (bytes[at] == ALERT || (bytes[at] == ENCRYPTED && length == SEALED_ALERT))
            return true;
        at += HEAD + length;
    }
    return false;
}

static bool ask(int fd, struct tcp_info *info) {
    socklen_t size = sizeof *info;
    memset(info, 0, sizeof *info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0 &&
           size >= offsetof(struct tcp_info, tcpi_dsack_dups);
}

static uint64_t written_by(const struct tcp_info *info) {
    return info->tcpi_bytes_sent - info->tcpi_bytes_retrans + info->tcpi_notsent_bytes;
}

bool idle_close_proven(int fd, uint64_t request_bytes) {
    struct tcp_info info;
    /* The handshake's SYN counts as one acknowledged byte. */
    return idle_close_seen(fd) && ask(fd, &info) &&
           written_by(&info) + 1 - info.tcpi_bytes_acked >= request_bytes;
}

uint64_t idle_close_written(int fd) {
    struct tcp_info info;
    return ask(fd, &info) ? written_by(&info) : UINT64_MAX;
}

bool idle_close_unseen(int fd, uint64_t written) {
    struct tcp_info info;
    if (written == UINT64_MAX || !idle_close_seen(fd) || !ask(fd, &info) ||
        info.tcpi_bytes_acked > written + 1)
        return false;
    if (info.tcpi_state == STATE_CLOSE_WAIT)
        return true;
    int error = 0;
    socklen_t size = sizeof error;
    return info.tcpi_state == STATE_CLOSE &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == EPIPE;
}

bool idle_close_by_reset(int fd) {
    struct tcp_info info;
    return ask(fd, &info) && info.tcpi_state == STATE_CLOSE;
}
