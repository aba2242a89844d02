#include "report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
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

/* A run of scripts, and what gnuplot says meanwhile. */
struct batch {
    const char *const *scripts;
    size_t count;
    size_t done;        /* of them */
    int64_t timeout_ns; /* for each */
    int64_t deadline_ns;
    struct buf line;  /* that has no end yet */
    struct buf words; /* of the script in progress */
    struct buf *said; /* of all */
};

/* What makes gnuplot forget a script, and say so. Settings, variables and functions go with the
 * session. The SVG terminal keeps the width and the colour of its last pen and writes them at the
 * head of the next picture: an empty plot leaves it the width that a new process has, an empty page
 * the colour. */
static const char *const between[] = {
    "reset session",
    ("set terminal svg; set output '/dev/null'; plot [0:1] [0:1] NaN; set multiplot; "
     "unset multiplot; unset output"),
    "reset session",
    "print \"\\001\"",
};
/* The line of the last of these; no script of ours writes it. */
static const char mark[] = "\001";

enum { BETWEEN_COUNT = sizeof between / sizeof *between };

/* The arguments, for the caller to free; the words themselves are borrowed. */
static char **arguments_of(const struct batch *b) {
    const char **list = calloc(3 + b->count * (1 + 2 * BETWEEN_COUNT), sizeof *list);
    if (list == NULL)
        return NULL;
    size_t n = 0;
    list[n++] = "gnuplot";
    list[n++] = "-d";
    for (size_t i = 0; i < b->count; i++) {
        list[n++] = b->scripts[i];
        for (size_t k = 0; k < BETWEEN_COUNT && i + 1 < b->count; k++) {
            list[n++] = "-e";
            list[n++] = between[k];
        }
    }
    char **arguments = NULL;
    memcpy(&arguments, &list, sizeof arguments); /* posix_spawn takes them without const */
    return arguments;
}

static int start(const struct batch *b, const char *program, const char *directory, int said_fd,
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
    char **arguments = arguments_of(b);
    int failed = arguments == NULL ? ENOMEM : 0;
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(&files, said_fd, 2);
    if (failed == 0)
        failed = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_addchdir_np(&files, directory);
    if (failed == 0)
        failed = posix_spawn(pid, program, &files, &attributes, arguments, environ);
    free(arguments);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (failed != 0)
        return err_set(e, "cannot start %s in %s: %s", program, directory, strerror(failed));
    return 0;
}

/* gnuplot repeats the script's line, which can be very long, points below it with a ^ and then says
 * what is wrong. */
#define LINE_SHOWN_BYTES 120

static const char separator[] = "; ";

static void one_line(struct buf *out, const char *raw) {
    bool first = true;
    for (const char *at = raw; *at != '\0';) {
        size_t n = strcspn(at, "\n");
        size_t skip = strspn(at, " \t^\r");
        if (skip < n) {
            if (!first)
                buf_str(out, separator);
            bool whole = n - skip <= LINE_SHOWN_BYTES;
            text_printable(out, at + skip, whole ? n - skip : LINE_SHOWN_BYTES);
            if (!whole)
                buf_str(out, " ...");
            first = false;
        }
        at += n + (at[n] == '\n');
    }
}

/* Moves the words of a script to those of all, and says where they begin there. */
static size_t end_script(struct batch *b) {
    if (b->words.len > 0 && b->said->len > 0)
        buf_str(b->said, separator);
    size_t at = b->said->len;
    one_line(b->said, buf_text(&b->words));
    buf_clear(&b->words);
    return at;
}

static void end_line(struct batch *b) {
    if (strcmp(buf_text(&b->line), mark) == 0 && b->done + 1 < b->count) {
        end_script(b);
        b->done++;
        b->deadline_ns = clock_mono_ns() + b->timeout_ns;
    } else if (b->words.len + b->line.len < b->words.max) {
        buf_add(&b->words, buf_text(&b->line), b->line.len);
        buf_char(&b->words, '\n');
    }
    buf_clear(&b->line);
}

/* Reads what is there; false at the end of the stream. Beyond the ceiling it is read and
 * dropped, so that the child never waits for us. */
static bool drain(int fd, struct batch *b) {
    char chunk[1024];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof chunk)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (chunk[i] == '\n')
                end_line(b);
            else if (b->line.len < b->line.max)
                buf_char(&b->line, chunk[i]);
        }
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Waits for the child while reading what it says. 0 with its status; -1 when time is up or it
 * cannot be waited for; the child is gone in either case. */
static int finish(struct batch *b, pid_t pid, int fd, int *status, struct err *e) {
    struct pollfd p = {.fd = fd, .events = POLLIN};
    b->deadline_ns = clock_mono_ns() + b->timeout_ns;
    for (;;) {
        poll(&p, 1, TICK_MS);
        if (p.fd >= 0 && !drain(fd, b))
            p.fd = -1;
        pid_t ended = waitpid(pid, status, WNOHANG);
        if (ended == pid) {
            drain(fd, b);
            return 0;
        }
        if (ended < 0 && errno != EINTR)
            return err_set(e, "cannot wait for gnuplot: %s", strerror(errno));
        if (clock_mono_ns() >= b->deadline_ns) {
            kill(pid, SIGKILL);
            while (waitpid(pid, status, 0) < 0 && errno == EINTR)
                ;
            char text[UNITS_BYTES];
            units_duration_text(b->timeout_ns, text);
            return err_set(e, "gnuplot took more than %s and was stopped", text);
        }
    }
}

/* What the end of the process means for the script in progress, whose words begin at `at`. */
static int script_result(struct batch *b, int status, size_t at, struct err *e) {
    const char *words = b->said->len > at ? b->said->data + at : "(it said nothing)";
    if (WIFSIGNALED(status))
        return err_set(e, "gnuplot was ended by signal %d: %s", WTERMSIG(status), words);
    if (WEXITSTATUS(status) != 0)
        return err_set(e, "gnuplot failed with status %d: %s", WEXITSTATUS(status), words);
    b->done = b->count;
    return 0;
}

int gnuplot_run(const char *program, const char *directory, const char *const scripts[],
                size_t count, int64_t timeout_ns, struct buf *said, size_t *done, struct err *e) {
    struct batch b = {.scripts = scripts, .count = count, .timeout_ns = timeout_ns, .said = said};
    int ends[2];
    *done = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, "cannot make a pipe for gnuplot: %s", strerror(errno));
    fcntl(ends[0], F_SETFL, O_NONBLOCK); /* ours only: gnuplot expects to block */
    buf_init(&b.line, SAID_MAX);
    buf_init(&b.words, SAID_MAX + 1);
    pid_t pid = -1;
    int status = 0;
    int result = start(&b, program, directory, ends[1], &pid, e);
    close(ends[1]);
    if (result == 0)
        result = finish(&b, pid, ends[0], &status, e);
    close(ends[0]);
    if (b.line.len > 0)
        end_line(&b);
    size_t at = end_script(&b);
    if (result == 0)
        result = script_result(&b, status, at, e);
    *done = b.done;
    buf_done(&b.line);
    buf_done(&b.words);
    return result;
}
