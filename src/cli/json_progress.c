#include "cli/json_progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/listeners.h"
#include "control/status_json.h"
#include "util/clock.h"
#include "util/fits.h"
#include "util/text.h"

#define LINE_MAX_BYTES ((size_t)256 << 20)
#define LAST_MS 2000

struct json_progress {
    int fd;
    bool socket;
    record_event_fn *note;
    void *note_context;
    struct buf line;
    size_t written; /* of the line */
    uint64_t seen;  /* number of the newest event that was written */
    uint64_t missed, missed_in_all;
    bool first;       /* what does not change is still to be written */
    int64_t until_ns; /* the reader has this long for the end; 0: no end yet */
    struct err gone;  /* why nothing is written any more; "": it is */
};

/* The descriptor that is named; -1: it is a file. */
static int fd_of(const char *where) {
    size_t digits = strspn(where, "0123456789");
    return where[digits] == '\0' && digits > 0 && digits < 7 ? (int)strtol(where, NULL, 10) : -1;
}

static int check_fd(int fd, struct stat *st, struct err *e) {
    if (fstat(fd, st) == 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
        return 0;
    return err_set(e,
                   "--json-progress %d: this is no open file to write to; redirect it, as "
                   "in %d>FILE",
                   fd, fd);
}

int json_progress_check(const struct args *a, struct err *e) {
    const char *where = opt_text(a, "json-progress");
    struct stat st;
    int fd = where == NULL ? -1 : fd_of(where);
    return fd < 0 ? 0 : check_fd(fd, &st, e);
}

/* A descriptor of our own that never blocks. O_NONBLOCK on the given one would also be seen by
 * other programs that have it. */
static int take_fd(struct json_progress *p, int fd, struct err *e) {
    char path[64];
    struct stat st;
    if (check_fd(fd, &st, e) != 0)
        return -1;
    p->socket = S_ISSOCK(st.st_mode);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
        p->fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    else
        p->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return p->fd >= 0 ? 0 : err_set(e, "--json-progress %d: %s", fd, strerror(errno));
}

static bool is_database(const char *path) {
    static const char head[] = "SQLite format 3"; /* with its NUL */
    char found[sizeof head] = "";
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    bool is = fd >= 0 && read(fd, found, sizeof found) == (ssize_t)sizeof found &&
              memcmp(found, head, sizeof head) == 0;
    if (fd >= 0)
        close(fd);
    return is;
}

/* Under any name, as through a link. */
static bool is_file(const struct stat *st, const char *path) {
    struct stat other;
    return path != NULL && stat(path, &other) == 0 && st->st_dev == other.st_dev &&
           st->st_ino == other.st_ino;
}

/* The file is emptied, which must not take a scenario or a recorded run. */
static int check_file(const struct run_view *view, const char *path, struct err *e) {
    struct stat st;
    const char *what = NULL;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return strcmp(path, view->path) != 0
                   ? 0
                   : err_set(e, "--json-progress %s: this is the run file; use another name", path);
    if (is_file(&st, args_at(view->args, 0)))
        what = "the scenario";
    else if (is_file(&st, view->path))
        what = "the run file";
    else if (is_database(path))
        what = "an SQLite file, such as a recorded run";
    return what == NULL
               ? 0
               : err_set(e, "--json-progress %s: this is %s; use another name", path, what);
}

static int open_file(struct json_progress *p, const struct run_view *view, const char *path,
                     struct err *e) {
    if (check_file(view, path, e) != 0)
        return -1;
    p->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0666);
    if (p->fd < 0 && errno == ENXIO)
        return err_set(e, "--json-progress %s: nobody reads this pipe; start its reader first",
                       path);
    return p->fd >= 0 ? 0 : err_set(e, "--json-progress %s: %s", path, strerror(errno));
}

static int init(const void *run, void **self, struct err *e) {
    const struct run_view *view = run;
    const char *where = opt_text(view->args, "json-progress");
    char path[REPEAT_PATH_BYTES];
    if (where == NULL)
        return 0;
    struct json_progress *p = calloc(1, sizeof *p);
    if (p == NULL)
        return err_memory(e, "--json-progress");
    *p = (struct json_progress){
        .fd = -1, .note = view->note, .note_context = view->note_context, .first = true};
    buf_init(&p->line, LINE_MAX_BYTES);
    *self = p;
    int fd = fd_of(where);
    if (fd >= 0)
        return take_fd(p, fd, e);
    return repeat_file(view->repeat, where, path, e) != 0 ? -1 : open_file(p, view, path, e);
}

/* Writes what it takes. */
static void flush(struct json_progress *p) {
    while (p->written < p->line.len && p->gone.text[0] == '\0') {
        const char *from = p->line.data + p->written;
        size_t n = p->line.len - p->written;
        ssize_t done =
            p->socket ? send(p->fd, from, n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(p->fd, from, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (done < 0)
            err_set(&p->gone, "--json-progress: nothing more is written: %s", strerror(errno));
        else
            p->written += (size_t)done;
    }
}

/* Waits at the end until the reader has taken the line, as long as it may. */
static void drain(struct json_progress *p) {
    if (p->until_ns == 0)
        p->until_ns = clock_mono_ns() + LAST_MS * NS_PER_MS;
    while (p->fd >= 0 && p->written < p->line.len && p->gone.text[0] == '\0') {
        struct pollfd one = {.fd = p->fd, .events = POLLOUT};
        flush(p);
        int64_t left_ms = (p->until_ns - clock_mono_ns()) / NS_PER_MS;
        if (left_ms <= 0 || (p->written < p->line.len && poll(&one, 1, (int)left_ms) <= 0))
            break;
    }
}

static void second(void *self, const struct status *s) {
    struct json_progress *p = self;
    flush(p);
    if (s->phase == STATUS_ENDED)
        drain(p); /* the verdict must find room behind a line that waits */
    if (p->gone.text[0] != '\0')
        return;
    if (p->written < p->line.len) {
        p->missed++;
        p->missed_in_all++;
        return;
    }
    buf_clear(&p->line);
    p->written = 0;
    status_json(s, p->first ? STATUS_JSON_RUN : 0, p->seen, &p->line);
    if (p->missed > 0 && p->line.len > 0) {
        p->line.len--; /* the brace at the end */
        buf_printf(&p->line, ",\"missed_lines\":%" PRIu64 "}", p->missed);
    }
    buf_char(&p->line, '\n');
    if (buf_fits(&p->line, &p->gone, "use fewer names of requests", "a line of --json-progress") !=
        0)
        return;
    p->missed = 0;
    p->first = false;
    p->seen = s->mark_count > 0 ? s->marks[s->mark_count - 1].number : p->seen;
    flush(p);
    if (p->gone.text[0] != '\0' && s->phase != STATUS_ENDED)
        p->note(p->note_context, s->elapsed_ns, "json_progress", p->gone.text);
}

static void done(void *self) {
    struct json_progress *p = self;
    drain(p);
    if (p->gone.text[0] != '\0')
        fprintf(stderr, "coldswarm: warning: %s\n", p->gone.text);
    else if (p->written < p->line.len || p->missed_in_all > 0)
        fprintf(stderr,
                "coldswarm: warning: --json-progress: its reader was too slow for %" PRIu64
                " line%s\n",
                p->missed_in_all + (p->written < p->line.len),
                text_plural(p->missed_in_all + (p->written < p->line.len)));
    if (p->fd >= 0)
        close(p->fd);
    buf_done(&p->line);
    free(p);
}

const struct control_listener json_progress_listener = {
    .name = "json progress", .init = init, .second = second, .done = done};
