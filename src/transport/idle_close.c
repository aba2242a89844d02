#include "transport/idle_close.h"

#include <linux/tcp.h> /* glibc's own tcp_info is the one of 2.6 */
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

bool idle_close_seen(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLRDHUP};
    return poll(&p, 1, 0) > 0;
}

bool idle_close_proven(int fd, uint64_t request_bytes) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    if (!idle_close_seen(fd) || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
        size < offsetof(struct tcp_info, tcpi_dsack_dups))
        return false;
    /* The handshake's SYN counts as one acknowledged byte. */
    uint64_t written = info.tcpi_bytes_sent - info.tcpi_bytes_retrans + info.tcpi_notsent_bytes;
    return written + 1 - info.tcpi_bytes_acked >= request_bytes;
}
