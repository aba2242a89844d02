/* Reports and comparisons: each is made by a child process, so that a long one neither holds up the
 * page nor takes its memory, and with the lowest priority, so that a load comes first. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/hosting.h"
#include "record/reader.h"
#include "record/reader_streams.h"
#include "report/report.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/text.h"

#define TIME_MAX_NS (15 * 60 * NS_PER_S)
#define TICK_NS (10 * NS_PER_MS) /* how soon the end of the child is seen */
#define SAID_BYTES 2048

/* A file without a name; the folder of the runs has room for what is made of them. */
static int temporary(const struct hosting *h, struct err *e) {
    char path[HOSTING_PATH_BYTES + 32];
    snprintf(path, sizeof path, "%s.report-XXXXXX", h->runs);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    else
        err_set(e, "cannot make a file for the report in %.300s: %s", h->runs, strerror(errno));
    return fd;
}

/* What it says of a failure is kept in memory: the disk may be full. */
static int memory(struct err *e) {
    int fd = memfd_create("said", MFD_CLOEXEC);
    if (fd < 0)
        err_set(e, "cannot start a report: %s", strerror(errno));
    return fd;
}

static int spawn(const char *const *words, int out, int said, pid_t *pid) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    const struct sched_param none = {0};
    sigset_t empty, all;
    sigemptyset(&empty);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &empty);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setschedpolicy(&attributes, SCHED_IDLE);
    posix_spawnattr_setschedparam(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSCHEDULER | POSIX_SPAWN_SETPGROUP);
    int failed = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    if (failed == 0)
        failed = posix_spawn_file_actions_adddup2(&files, said, STDERR_FILENO);
    if (failed == 0) /* it takes them without const, and changes none */
        failed = posix_spawn(pid, "/proc/self/exe", &files, &attributes,
                             (char *const *)(uintptr_t)words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

/* The exit code; -1: it was killed, because nobody waits for it or it took too long. */
static int wait_for(pid_t pid, const struct web_ask *ask) {
    const struct timespec tick = {0, TICK_NS};
    int64_t until_ns = clock_mono_ns() + TIME_MAX_NS;
    bool killed = false;
    for (int status;;) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid || (ended < 0 && errno != EINTR))
            return ended == pid && WIFEXITED(status) && !killed ? WEXITSTATUS(status) : -1;
        if (!killed && (web_ask_gone(ask) || clock_mono_ns() > until_ns)) {
            kill(-pid, SIGKILL); /* and the gnuplot that it may have started */
            killed = true;
        }
        nanosleep(&tick, NULL);
    }
}

/* What it said of its failure, without the program's name before each line. */
static void explain(int said, int code, struct web_reply *out) {
    static const char program[] = "coldswarm: ";
    const size_t named = sizeof program - 1;
    char text[SAID_BYTES + 1], from[SAID_BYTES + 1];
    ssize_t n = pread(said, text, SAID_BYTES, 0);
    size_t length = 0;
    text[n > 0 ? n : 0] = '\0';
    for (const char *p = text; *p != '\0';)
        if ((p == text || p[-1] == '\n') && strncmp(p, program, named) == 0)
            p += named;
        else
            from[length++] = *p++;
    while (length > 0 && from[length - 1] == '\n')
        length--;
    from[length] = '\0';
    web_reply_error(out, code == EXIT_USAGE ? 409 : 500,
                    code < 0      ? "it was not finished: it took too long, or nobody waited for it"
                    : length == 0 ? "it failed and did not say why"
                                  : from);
}

static void make(const struct hosting *h, const char *const *words, const struct web_ask *ask,
                 struct web_reply *out) {
    struct err e = {""};
    int to = temporary(h, &e), said = to < 0 ? -1 : memory(&e), failed = 0;
    pid_t pid = -1;
    if (said >= 0 && (failed = spawn(words, to, said, &pid)) != 0)
        err_set(&e, "cannot start a report: %s", strerror(failed));
    if (e.text[0] != '\0')
        web_reply_error(out, 500, e.text);
    else {
        int code = wait_for(pid, ask);
        if (code == EXIT_OK) {
            out->status = 200;
            out->fd = to;
            to = -1;
        } else
            explain(said, code, out);
    }
    if (to >= 0)
        close(to);
    if (said >= 0)
        close(said);
}

/* ---- which ---- */

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), k = strlen(end);
    return n >= k && strcmp(text + n - k, end) == 0;
}

static void label(const struct web_ask *ask, const char *word, const char *file,
                  struct web_reply *out) {
    bool html = strcmp(word, "html") == 0, shown = html || strcmp(word, "table") == 0;
    out->type = html                       ? "text/html; charset=utf-8"
                : ends_with(file, ".json") ? "application/json"
                : ends_with(file, ".csv")  ? "text/csv; charset=utf-8"
                : ends_with(file, ".xml")  ? "application/xml"
                                           : "text/plain; charset=utf-8";
    out->document = html;
    if (!shown)
        snprintf(out->save_as, sizeof out->save_as, "%.*s-%s", (int)strlen(ask->name) - 3,
                 ask->name, file);
}

/* False: the format is of streams of tokens, and the run has none. What a file that cannot be read
 * lacks, the report says. */
static bool suits(const struct report_format *format, const char *path) {
    struct reader *r = NULL;
    struct err e;
    bool suitable = !format->of_streams || reader_peek(path, &r, &e) != 0 || reader_has_streams(r);
    reader_close(r);
    return suitable;
}

void hosting_report(const struct hosting *h, const struct web_ask *ask, struct web_reply *out) {
    char path[HOSTING_PATH_BYTES];
    struct err e = {""};
    const char *word = ask->format[0] == '\0' ? "html" : ask->format;
    const struct report_format *format = report_format(word);
    if (hosting_run_path(h, ask->name, path, &e) != 0)
        web_reply_error(out, 404, e.text);
    else if (format == NULL) {
        err_set(&e, "there is no format \"%.30s\"; the formats are %s", word, report_format_words);
        web_reply_error(out, 400, e.text);
    } else if (!suits(format, path)) {
        err_set(&e, "the format %s is for streams of tokens, and this run has none", word);
        web_reply_error(out, 409, e.text);
    } else {
        make(h, (const char *const[]){"coldswarm", "report", "-f", word, "--", path, NULL}, ask,
             out);
        if (out->fd >= 0)
            label(ask, word, format->file, out);
    }
}

void hosting_compare(const struct hosting *h, const struct web_ask *ask, struct web_reply *out) {
    char base[HOSTING_PATH_BYTES], with[HOSTING_PATH_BYTES + 8];
    struct err e = {""};
    const char *word = ask->format[0] == '\0' ? "text" : ask->format;
    bool json = strcmp(word, "json") == 0;
    int n = snprintf(with, sizeof with, "--with=");
    if (hosting_run_path(h, ask->name, base, &e) != 0 ||
        hosting_run_path(h, ask->other, with + n, &e) != 0)
        web_reply_error(out, 404, e.text);
    else if (!json && strcmp(word, "text") != 0 && strcmp(word, "markdown") != 0)
        web_reply_error(out, 400, "the formats of a comparison are text, json and markdown");
    else {
        make(h, (const char *const[]){"coldswarm", "compare", "-f", word, base, with, NULL}, ask,
             out);
        if (out->fd >= 0)
            out->type = json ? "application/json" : "text/plain; charset=utf-8";
    }
}
