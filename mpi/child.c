#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT_MAX_BYTES ((size_t)1 << 30)
#define ERRORS_MAX_BYTES 4096
#define PREFIX "coldswarm: "

static int spawn(struct child *c, int control, const char *program, char *const *argv,
                 struct err *e) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, c->errors, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, control, CHILD_CONTROL_FD);
    /* Descriptors of MPI would keep the job from ending. */
    posix_spawn_file_actions_addclosefrom_np(&actions, CHILD_CONTROL_FD + 1);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int rc = posix_spawnp(&c->pid, program, &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (rc == 0)
        return 0;
    c->pid = 0;
    return err_set(e, "cannot start %s: %s (set COLDSWARM to its path on this host)", program,
                   strerror(rc));
}

/* Above the numbers that the load process gets. */
static int move_up(int fd) {
    int above = fcntl(fd, F_DUPFD_CLOEXEC, CHILD_CONTROL_FD + 1);
    close(fd);
    return above;
}

int child_start(struct child *c, const char *program, char *const *argv, struct err *e) {
    int pair[2];
    *c = (struct child){.fd = -1, .errors = -1};
    buf_init(&c->out, OUT_MAX_BYTES);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return err_set(e, "cannot make a socket: %s", strerror(errno));
    c->fd = move_up(pair[0]);
    int control = move_up(pair[1]);
    c->errors = move_up(memfd_create("errors", MFD_CLOEXEC));
    int result = c->fd < 0 || control < 0 || c->errors < 0
                     ? err_set(e, "cannot make a socket: %s", strerror(errno))
                     : spawn(c, control, program, argv, e);
    if (control >= 0)
        close(control);
    return result;
}

static void flush(struct child *c) {
    while (!c->deaf && c->sent < c->out.len) {
        ssize_t n =
            send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) {
            c->deaf = errno != EAGAIN && errno != EINTR;
            return;
        }
        c->sent += (size_t)n;
    }
    buf_clear(&c->out);
    c->sent = 0;
}

void child_say(struct child *c, const void *bytes, size_t n) {
    if (c->pid == 0 || c->deaf)
        return;
    buf_add(&c->out, bytes, n);
    flush(c);
}

static void reap(struct child *c) {
    int status;
    if (c->pid == 0 || c->exited || waitpid(c->pid, &status, WNOHANG) != c->pid)
        return;
    c->exited = true;
    c->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

void child_turn(struct child *c, struct buf *in, size_t max) {
    char bytes[65536];
    if (c->pid == 0)
        return;
    reap(c); /* before the last bytes are read */
    flush(c);
    while (in->len < max) {
        ssize_t n = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n <= 0)
            return;
        buf_add(in, bytes, (size_t)n);
    }
}

void child_errors(const struct child *c, struct buf *out) {
    char text[ERRORS_MAX_BYTES + 1];
    struct stat st = {.st_size = 0};
    if (c->errors >= 0)
        fstat(c->errors, &st);
    off_t size = st.st_size;
    off_t from = size > ERRORS_MAX_BYTES ? size - ERRORS_MAX_BYTES : 0;
    ssize_t n = size > 0 ? pread(c->errors, text, ERRORS_MAX_BYTES, from) : 0;
    text[n > 0 ? n : 0] = '\0';
    for (char *line = text, *end; *line != '\0'; line = end + (*end != '\0')) {
        end = line + strcspn(line, "\n");
        bool ours = strncmp(line, PREFIX, strlen(PREFIX)) == 0;
        line += ours ? strlen(PREFIX) : 0;
        if (end == line)
            continue;
        buf_str(out, out->len > 0 ? "\n" : "");
        buf_add(out, line, (size_t)(end - line));
    }
}

void child_kill(struct child *c) {
    if (c->pid > 0 && !c->exited)
        kill(c->pid, SIGKILL);
}

void child_done(struct child *c) {
    if (c->fd > 0)
        close(c->fd);
    if (c->errors > 0)
        close(c->errors);
    buf_done(&c->out);
    c->fd = c->errors = -1;
}
