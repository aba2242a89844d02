/*
 * canned: a server that answers each path with the bytes that a test wrote, and keeps the heads
 * that it was asked with.
 *
 * HTTP/1.1 on 127.0.0.1, a thread for each connection. A body is read as long as its Content-Length
 * says. After an answer with `close` the connection ends. Header-only: each test binary has its own
 * copy.
 *
 * Thread: start, stop and the heads belong to the test; heads may be read when the answer has come.
 */
#ifndef TESTS_SUPPORT_CANNED_H
#define TESTS_SUPPORT_CANNED_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CANNED_HEADS_MAX 64
#define CANNED_HEAD_BYTES 16384

struct canned_answer {
    const char *path; /* NULL ends the list */
    const void *bytes;
    size_t n; /* 0: a string */
    bool close;
    int delay_ms; /* before it, at least */
};

struct canned {
    int fd, port;
    pthread_t thread;
    pthread_mutex_t mutex;
    const struct canned_answer *answers; /* what is not there gets 200 and "ok" */
    char heads[CANNED_HEADS_MAX][CANNED_HEAD_BYTES];
    size_t body_bytes[CANNED_HEADS_MAX];
    int count;
    int open; /* connections */
    pthread_cond_t closed;
};

struct canned_connection {
    struct canned *server;
    int fd;
};

static inline bool canned_send(int fd, const char *bytes, size_t n) {
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* The request's target without its query. */
static inline bool canned_is(const char *head, const char *path) {
    const char *at = strchr(head, ' ');
    size_t n = strlen(path);
    return at != NULL && strncmp(at + 1, path, n) == 0 && strchr(" ?", at[1 + n]) != NULL;
}

static inline bool canned_answer_one(struct canned *c, int fd) {
    char head[CANNED_HEAD_BYTES];
    size_t n = 0, body = 0;
    while (n < sizeof head - 1) {
        if (recv(fd, head + n, 1, 0) <= 0)
            return false;
        head[++n] = '\0';
        if (n >= 4 && strcmp(head + n - 4, "\r\n\r\n") == 0)
            break;
    }
    const char *length = strcasestr(head, "\r\nContent-Length: ");
    if (length != NULL)
        body = strtoul(length + 18, NULL, 10);
    for (size_t left = body; left > 0; left--) {
        char byte;
        if (recv(fd, &byte, 1, 0) <= 0)
            return false;
    }
    pthread_mutex_lock(&c->mutex);
    if (c->count < CANNED_HEADS_MAX) {
        memcpy(c->heads[c->count], head, n + 1);
        c->body_bytes[c->count++] = body;
    }
    const struct canned_answer *a = c->answers;
    while (a != NULL && a->path != NULL && !canned_is(head, a->path))
        a++;
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct canned_answer one = {.bytes = ok,
                                .n = sizeof ok - (strncmp(head, "HEAD ", 5) == 0 ? 3 : 1)};
    if (a != NULL && a->path != NULL)
        one = *a;
    /* A copy: once the answer is out, the test may make another one in its place. */
    size_t bytes = one.n > 0 ? one.n : strlen(one.bytes);
    char *copy = malloc(bytes);
    if (copy == NULL)
        abort();
    memcpy(copy, one.bytes, bytes);
    pthread_mutex_unlock(&c->mutex);
    usleep((useconds_t)one.delay_ms * 1000);
    bool sent = canned_send(fd, copy, bytes);
    free(copy);
    return sent && !one.close;
}

static inline void *canned_serve(void *context) {
    struct canned_connection *k = context;
    struct canned *c = k->server;
    while (canned_answer_one(c, k->fd))
        continue;
    close(k->fd);
    free(k);
    pthread_mutex_lock(&c->mutex);
    c->open--;
    pthread_cond_signal(&c->closed);
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

static inline void *canned_accept(void *context) {
    struct canned *c = context;
    for (;;) {
        pthread_t thread;
        int fd = accept(c->fd, NULL, NULL);
        struct canned_connection *k = malloc(sizeof *k);
        if (fd < 0 || k == NULL) {
            free(k);
            return NULL;
        }
        *k = (struct canned_connection){c, fd};
        pthread_mutex_lock(&c->mutex);
        c->open++;
        pthread_mutex_unlock(&c->mutex);
        if (pthread_create(&thread, NULL, canned_serve, k) != 0)
            abort();
        pthread_detach(thread);
    }
}

static inline void canned_start(struct canned *c, const struct canned_answer *answers) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    memset(c, 0, sizeof *c);
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->closed, NULL);
    c->answers = answers;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&a, n) != 0 || listen(c->fd, 64) != 0 ||
        getsockname(c->fd, (struct sockaddr *)&a, &n) != 0 ||
        pthread_create(&c->thread, NULL, canned_accept, c) != 0)
        abort();
    c->port = ntohs(a.sin_port);
}

/* Clients must have closed their connections: it waits for them. */
static inline void canned_stop(struct canned *c) {
    shutdown(c->fd, SHUT_RDWR);
    pthread_join(c->thread, NULL);
    close(c->fd);
    pthread_mutex_lock(&c->mutex);
    while (c->open > 0)
        pthread_cond_wait(&c->closed, &c->mutex);
    pthread_mutex_unlock(&c->mutex);
    pthread_mutex_destroy(&c->mutex);
    pthread_cond_destroy(&c->closed);
}

/* The value of a header of the k-th request in `to`, "(none)", or "(several)" where it came more
 * than once. */
static inline const char *canned_header(const struct canned *c, int k, const char *name, char *to,
                                        size_t bytes) {
    size_t n = strlen(name);
    int found = 0;
    snprintf(to, bytes, "(none)");
    for (const char *at = k < c->count ? c->heads[k] : ""; (at = strstr(at, "\r\n")) != NULL;) {
        at += 2;
        if (strncasecmp(at, name, n) != 0 || at[n] != ':')
            continue;
        const char *value = at + n + 1 + strspn(at + n + 1, " ");
        snprintf(to, bytes, "%.*s", (int)strcspn(value, "\r"), value);
        found++;
    }
    if (found > 1)
        snprintf(to, bytes, "(several)");
    return to;
}

#endif
