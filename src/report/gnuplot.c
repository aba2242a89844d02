#include "report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"

enum {
    SAID_MAX = 4096, /* the first words matter, the rest is repetition */
    TICK_MS = 20,    /* how soon the end of a silent child is seen */
};

bool gnuplot_find(char *path, size_t size) {
    const char *at = getenv("PATH");
    while (at != NULL && *at != '\0') {
        size_t n = strcspn(at, ":");
        int length = snprintf(path, size, "%.*s/gnuplot", (int)n, at);
        struct stat st;
        if (*at == '/' && length > 0 && (size_t)length < size && access(path, X_OK) == 0 &&
            stat(path, &st) == 0 && S_ISREG(st.st_mode))
            return true;
        at += n + (at[n] == ':');
    }
    return false;
}

static int start(const char *program, const char *directory, const char *script, int said_fd,
                 pid_t *pid, struct err *e) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    /* The parent may block or ignore signals for reasons of its own; the child starts without. */
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const char *const arguments[] = {"gnuplot", "-d", script, NULL};
    int failed = posix_spawn_file_actions_adddup2(&files, said_fd, 2);
    if (failed == 0)
        failed = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_addchdir_np(&files, directory);
    if (failed == 0) {
        char *copy[sizeof arguments / sizeof *arguments];
        memcpy(copy, arguments, sizeof arguments); /* posix_spawn takes them without const */
        failed = posix_spawn(pid, program, &files, &attributes, copy, environ);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0)
        return err_set(e, "cannot start %s in %s: %s", program, directory, strerror(failed));
    return 0;
}

/* Reads what is there; false at the end of the stream. Beyond the ceiling it is read and
 * dropped, so that the child never waits for us. */
static bool drain(int fd, struct buf *raw) {
    char chunk[1024];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0) {
        size_t room = raw->max - raw->len;
        buf_add(raw, chunk, (size_t)n < room ? (size_t)n : room);
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Waits for the child while reading what it says. 0 with its status; -1 when time is up or it
 * cannot be waited for; the child is gone in either case. */
static int finish(pid_t pid, int fd, int64_t timeout_ns, struct buf *raw, int *status,
                  struct err *e) {
    int64_t deadline = clock_mono_ns() + timeout_ns;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    for (;;) {
        poll(&p, 1, TICK_MS);
        if (p.fd >= 0 && !drain(fd, raw))
            p.fd = -1;
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid) {
            drain(fd, raw);
            return 0;
        }
        if (ended < 0 && errno != EINTR)
            return err_set(e, "cannot wait for gnuplot: %s", strerror(errno));
        if (clock_mono_ns() >= deadline) {
            kill(pid, SIGKILL);
            while (waitpid(pid, status, 0) < 0 && errno == EINTR)
                ;
            char text[UNITS_BYTES];
            units_duration_text(timeout_ns, text);
            return err_set(e, "gnuplot took more than %s and was stopped", text);
        }
    }
}

/* gnuplot repeats the script's line, which can be very long, points below it with a ^ and then says what is wrong. */
#define LINE_SHOWN_BYTES 120

static void one_line(struct buf *out, const char *raw) {
    bool first = true;
    for (const char *at = raw; *at != '\0';) {
        size_t n = strcspn(at, "\n");
        size_t skip = strspn(at, " \t^\r");
        if (skip < n) {
            if (!first)
                buf_str(out, "; ");
            bool whole = n - skip <= LINE_SHOWN_BYTES;
            text_printable(out, at + skip, whole ? n - skip : LINE_SHOWN_BYTES);
            if (!whole)
                buf_str(out, " ...");
            first = false;
        }
        at += n + (at[n] == '\n');
    }
}

int gnuplot_run(const char *program, const char *directory, const char *script, int64_t timeout_ns,
                struct buf *said, struct err *e) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, "cannot make a pipe for gnuplot: %s", strerror(errno));
    fcntl(ends[0], F_SETFL, O_NONBLOCK); /* ours only: gnuplot expects to block */
    struct buf raw;
    buf_init(&raw, SAID_MAX);
    size_t before = said->len;
    pid_t pid = -1;
    int status = 0;
    int result = start(program, directory, script, ends[1], &pid, e);
    close(ends[1]);
    if (result == 0)
        result = finish(pid, ends[0], timeout_ns, &raw, &status, e);
    close(ends[0]);
    one_line(said, buf_text(&raw));
    buf_done(&raw);
    if (result != 0)
        return -1;
    const char *words = said->len > before ? said->data + before : "(it said nothing)";
    if (WIFSIGNALED(status))
        return err_set(e, "gnuplot was ended by signal %d: %s", WTERMSIG(status), words);
    if (WEXITSTATUS(status) != 0)
        return err_set(e, "gnuplot failed with status %d: %s", WEXITSTATUS(status), words);
    return 0;
}
