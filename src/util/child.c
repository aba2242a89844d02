#include "util/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clock.h"

struct child {
    pid_t pid;
    int in, out, said; /* its stdin, stdout and stderr; -1: closed */
};

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int spawn(const char *const *arguments, const int fds[3], pid_t *pid) {
    char *copy[CHILD_ARGUMENTS_MAX + 1] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    assert(arguments[0] != NULL);
    /* posix_spawn() takes them without const, and changes none. */
    for (size_t n = 0; n < CHILD_ARGUMENTS_MAX && arguments[n] != NULL; n++)
        memcpy(&copy[n], &arguments[n], sizeof copy[n]);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int failed = 0;
    for (int i = 0; i < 3 && failed == 0; i++)
        failed = posix_spawn_file_actions_adddup2(&files, fds[i], i);
    if (failed == 0)
        failed = posix_spawnp(pid, arguments[0], &files, &attributes, copy, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

/* Returns 0 or errno. */
static int start(const char *const *arguments, struct child *c) {
    int in[2] = {-1, -1}, out[2] = {-1, -1}, said[2] = {-1, -1};
    int failed = 0;
    /* A socket for stdin: writing to a child that has ended is an error, and no signal. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
        pipe2(said, O_CLOEXEC) != 0)
        failed = errno;
    if (failed == 0)
        failed = spawn(arguments, (const int[3]){in[1], out[1], said[1]}, &c->pid);
    close_fd(&in[1]);
    close_fd(&out[1]);
    close_fd(&said[1]);
    c->in = in[0];
    c->out = out[0];
    c->said = said[0];
    return failed;
}

/* Reads what is there; closes the descriptor at its end. */
static void take(int *fd, struct buf *to) {
    char chunk[65536];
    ssize_t n = read(*fd, chunk, sizeof chunk);
    if (n > 0)
        buf_add(to, chunk, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        close_fd(fd);
}

/* Writes the input and reads both outputs until the child has closed them. Returns false if time
 * or room ran out. */
static bool talk(struct child *c, const char *input, size_t bytes, int64_t most_ns, struct buf *out,
                 struct buf *said) {
    const int64_t end_ns = clock_mono_ns() + most_ns;
    size_t done = 0;
    while (c->out >= 0 || c->said >= 0) {
        if (done == bytes)
            close_fd(&c->in);
        struct pollfd p[] = {{.fd = c->out, .events = POLLIN},
                             {.fd = c->said, .events = POLLIN},
                             {.fd = c->in, .events = POLLOUT}};
        int64_t left_ns = end_ns - clock_mono_ns();
        if (left_ns <= 0 || !buf_ok(out))
            return false;
        if (poll(p, 3, (int)(left_ns / NS_PER_MS) + 1) < 0 && errno != EINTR)
            return false;
        if (p[2].revents != 0) {
            ssize_t n = send(c->in, input + done, bytes - done, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n > 0)
                done += (size_t)n;
            else if (n < 0 && errno != EINTR && errno != EAGAIN)
                close_fd(&c->in);
        }
        if (p[0].revents != 0)
            take(&c->out, out);
        if (p[1].revents != 0) {
            take(&c->said, said);
            if (!buf_ok(said))
                close_fd(&c->said);
        }
    }
    return true;
}

enum child_end child_run(const char *const *arguments, const void *input, size_t bytes,
                         int64_t most_ns, struct buf *out, struct buf *said, int *status) {
    struct child c = {.pid = -1, .in = -1, .out = -1, .said = -1};
    enum child_end end = CHILD_ENDED;
    int failed = start(arguments, &c);
    if (failed != 0) {
        *status = failed;
        end = failed == ENOENT ? CHILD_MISSING : CHILD_FAILED;
        goto out;
    }
    if (!talk(&c, input, bytes, most_ns, out, said)) {
        kill(c.pid, SIGKILL);
        end = CHILD_LIMIT;
    }
    while (waitpid(c.pid, status, 0) < 0 && errno == EINTR)
        ;
out:
    close_fd(&c.in);
    close_fd(&c.out);
    close_fd(&c.said);
    return end;
}
