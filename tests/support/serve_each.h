/* serve_each: a server of a test on 127.0.0.1 that gives each connection a thread. It does not end:
 * it is there until the test's process ends. */
#ifndef TESTS_SUPPORT_SERVE_EACH_H
#define TESTS_SUPPORT_SERVE_EACH_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>

struct serve_each {
    int listener;
    /* Gets the connection as an intptr_t, and closes it. */
    void *(*serve)(void *connection);
};

static void *serve_each_accept(void *context) {
    struct serve_each *server = context;
    int fd;
    while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, server->serve, (void *)(intptr_t)fd) != 0)
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

/* The port it listens on, or -1. One server for each program. */
static int serve_each_start(void *(*serve)(void *connection)) {
    static struct serve_each server;
    pthread_t thread;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    server = (struct serve_each){socket(AF_INET, SOCK_STREAM, 0), serve};
    if (server.listener < 0 || bind(server.listener, (struct sockaddr *)&at, size) != 0 ||
        listen(server.listener, 64) != 0 ||
        getsockname(server.listener, (struct sockaddr *)&at, &size) != 0 ||
        pthread_create(&thread, NULL, serve_each_accept, &server) != 0)
        return -1;
    return ntohs(at.sin_port);
}

#endif
