/* stream_floor PORT STREAMS PER_SECOND FILE: opens STREAMS connections to 127.0.0.1, PER_SECOND a second, sends the bytes of
 * FILE on each, and reads until each has ended. It only waits and reads, so its CPU time is the floor for any client that is
 * woken by the same bytes. Prints bytes and reads. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int open_one(int port, const char *text, size_t bytes) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    if (write(fd, text, bytes) != (ssize_t)bytes)
        die("write");
    return fd;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    static char text[65536], data[65536];
    struct epoll_event events[256];
    unsigned long long bytes = 0, reads = 0;
    if (argc != 5)
        return 2;
    FILE *f = fopen(argv[4], "r");
    if (f == NULL)
        die(argv[4]);
    size_t length = fread(text, 1, sizeof text, f);
    fclose(f);
    int port = atoi(argv[1]), streams = atoi(argv[2]), opened = 0, ended = 0;
    double between = 1 / atof(argv[3]), start = now();
    int poller = epoll_create1(0);
    while (ended < streams) {
        for (; opened < streams && now() >= start + opened * between; opened++) {
            int fd = open_one(port, text, length);
            struct epoll_event want = {.events = EPOLLIN, .data.fd = fd};
            if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &want) != 0)
                die("epoll_ctl");
        }
        int n = epoll_wait(poller, events, 256, opened < streams ? 1 : -1);
        for (int i = 0; i < n; i++) {
            ssize_t got = read(events[i].data.fd, data, sizeof data);
            if (got < 0)
                die("read");
            reads++;
            bytes += (unsigned long long)got;
            if (got == 0) {
                close(events[i].data.fd);
                ended++;
            }
        }
    }
    printf("%llu bytes, %llu reads\n", bytes, reads);
    return 0;
}
