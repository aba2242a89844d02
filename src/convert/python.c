#include "convert/python.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/text.h"

#define PARTS_MAX 8
#define TIME_MAX_NS (60 * NS_PER_S)
#define SAID_MAX ((size_t)4096)

/* An argument has at most 128 KiB (Linux), so the script comes in parts. */
static const char start_text[] =
    "import sys; n = int(sys.argv[1]); text = ''.join(sys.argv[2:2 + n]); "
    "sys.argv = ['convert'] + sys.argv[2 + n:]; exec(compile(text, 'convert', 'exec'))";

struct child {
    pid_t pid;
    int in, out, said; /* its stdin, stdout and stderr; -1: closed */
};

static void close_fd(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int spawn(const char *const *parts, const char *argument, const int fds[3], pid_t *pid) {
    char *arguments[PARTS_MAX + 8];
    char count[16];
    size_t n = 0, part = 0;
    const char *const fixed[] = {"python3", "-I", "-S", "-c", start_text, count};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    /* posix_spawn() takes them without const, and changes none. */
    for (; n < sizeof fixed / sizeof *fixed; n++)
        memcpy(&arguments[n], &fixed[n], sizeof fixed[n]);
    for (; part < PARTS_MAX && parts[part] != NULL; part++)
        memcpy(&arguments[n++], &parts[part], sizeof parts[part]);
    snprintf(count, sizeof count, "%zu", part);
    memcpy(&arguments[n++], &argument, sizeof argument);
    arguments[n] = NULL;
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
        failed = posix_spawnp(pid, "python3", &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

static int start(const char *const *parts, const char *argument, struct child *c, struct err *e) {
    int in[2] = {-1, -1}, out[2] = {-1, -1}, said[2] = {-1, -1};
    int failed = 0;
    /* A socket for stdin: writing to a child that has ended is an error, and no signal. */
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0 || pipe2(out, O_CLOEXEC) != 0 ||
        pipe2(said, O_CLOEXEC) != 0)
        failed = errno;
    if (failed == 0)
        failed = spawn(parts, argument, (const int[3]){in[1], out[1], said[1]}, &c->pid);
    close_fd(&in[1]);
    close_fd(&out[1]);
    close_fd(&said[1]);
    c->in = in[0];
    c->out = out[0];
    c->said = said[0];
    if (failed == ENOENT)
        return err_set(e, "python3 is needed to read a locustfile, and is not installed; install "
                          "it (apt-get install python3-minimal)");
    return failed == 0 ? 0 : err_set(e, "cannot start python3: %s", strerror(failed));
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
static bool talk(struct child *c, const char *input, size_t bytes, struct buf *out,
                 struct buf *said) {
    const int64_t end_ns = clock_mono_ns() + TIME_MAX_NS;
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

int python_run(const char *const *parts, const char *argument, const char *input, size_t bytes,
               struct buf *out, struct err *e) {
    struct child c = {.pid = -1, .in = -1, .out = -1, .said = -1};
    struct buf said, shown;
    int result = -1, status = 0;
    buf_init(&said, SAID_MAX);
    buf_init(&shown, 8 * SAID_MAX);
    if (start(parts, argument, &c, e) != 0)
        goto out;
    bool good = talk(&c, input, bytes, out, &said);
    if (!good)
        kill(c.pid, SIGKILL);
    while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
        ;
    text_printable(&shown, buf_text(&said), said.len);
    if (!good)
        err_set(e, "reading it takes more than %d s or %zu bytes; make it simpler",
                (int)(TIME_MAX_NS / NS_PER_S), out->max);
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        err_set(e, "python3 failed, with %s %d%s%.300s; Python 3.8 or later is needed",
                WIFEXITED(status) ? "code" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                shown.len > 0 ? ": " : "",
                buf_text(&shown) + (shown.len > 300 ? shown.len - 300 : 0));
    else
        result = 0;
out:
    close_fd(&c.in);
    close_fd(&c.out);
    close_fd(&c.said);
    buf_done(&said);
    buf_done(&shown);
    return result;
}
