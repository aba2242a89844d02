/*
 * server: starts tests/support/hostile.py (or the SERVER_SCRIPT that was defined before) for a unit
 * test and stops it again.
 *
 * Header-only: each test binary has its own copy. Thread: main.
 */
#ifndef TESTS_SUPPORT_SERVER_H
#define TESTS_SUPPORT_SERVER_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVER_ARGS_MAX 16
#define SERVER_PORTS_MAX 256
#ifndef SERVER_SCRIPT
#define SERVER_SCRIPT "tests/support/hostile.py"
#endif

struct server {
    pid_t pid;
    int port;
    int ports[SERVER_PORTS_MAX]; /* those that it says, `port` first */
    char log[64];                /* a JSON line per request that it saw */
};

static inline void server_make_log(struct server *s) {
    snprintf(s->log, sizeof s->log, "/tmp/coldswarm-hostile-XXXXXX");
    int log = mkstemp(s->log);
    if (log < 0)
        abort();
    close(log);
}

/* Starts a program that writes to s->log. Ends the test program with a message where the server
 * does not come up. */
static inline void server_run(struct server *s, const char *const *argv) {
    int fds[2];
    if (pipe(fds) != 0)
        abort();
    s->pid = fork();
    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes must not leave it behind */
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        execvp(argv[0], (char *const *)(const void *)argv);
        _exit(127);
    }
    close(fds[1]);
    FILE *out = fdopen(fds[0], "r");
    char line[8 * SERVER_PORTS_MAX] = "";
    if (out == NULL || fgets(line, sizeof line, out) == NULL || strncmp(line, "ready ", 6) != 0) {
        fprintf(stderr, "%s did not start: %s\n", argv[1], line);
        exit(1);
    }
    char *at = line + 6;
    for (int i = 0; i < SERVER_PORTS_MAX && *at != '\0' && *at != '\n'; i++)
        s->ports[i] = (int)strtol(at, &at, 10);
    s->port = s->ports[0];
    fclose(out);
}

/* NULL ends the options. */
static inline void server_start(struct server *s, const char *const *options) {
    const char *argv[SERVER_ARGS_MAX + 5] = {"python3", SERVER_SCRIPT, "--log", s->log};
    size_t n = 4;
    server_make_log(s);
    for (size_t i = 0; options != NULL && options[i] != NULL && n < SERVER_ARGS_MAX + 4; i++)
        argv[n++] = options[i];
    server_run(s, argv);
}

static inline void server_stop(struct server *s) {
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    unlink(s->log);
}

/* Whether one of our connections to a port of this machine is still open at both ends. */
static inline bool server_is_connected(int port) {
    char line[512];
    unsigned to = 0, state = 0;
    bool open = false;
    FILE *f = fopen("/proc/self/net/tcp", "r");
    if (f == NULL)
        abort();
    while (fgets(line, sizeof line, f) != NULL) {
        bool row = sscanf(line, "%*d: %*8x:%*x %*8x:%x %x", &to, &state) == 2;
        open = open || (row && (int)to == port && state == 1); /* TCP_ESTABLISHED */
    }
    fclose(f);
    return open;
}

/* Until the server has ended all of them, without a look at our loop. */
static inline void server_wait_disconnected(int port) {
    while (server_is_connected(port))
        usleep(1000);
}

/* How many lines of the log hold `text`. */
static inline int server_count(const struct server *s, const char *text) {
    char line[262144];
    int n = 0;
    FILE *f = fopen(s->log, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        n += strstr(line, text) != NULL;
    if (f != NULL)
        fclose(f);
    return n;
}

#endif
