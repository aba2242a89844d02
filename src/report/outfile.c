#include "report/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/file.h"
#include "util/fits.h"

#define PATH_MAX_BYTES 65536

/* What the stream writes to. stdio keeps no reason of a failure until the file is closed. */
struct outfile_sink {
    int fd;
    int error; /* errno of the first failure; 0: none */
};

static ssize_t sink_write(void *cookie, const char *data, size_t n) {
    struct outfile_sink *sink = cookie;
    ssize_t put;
    do
        put = write(sink->fd, data, n);
    while (put < 0 && errno == EINTR);
    if (put < 0 && sink->error == 0)
        sink->error = errno;
    return put < 0 ? 0 : put;
}

static int sink_close(void *cookie) {
    struct outfile_sink *sink = cookie;
    if (close(sink->fd) != 0 && sink->error == 0)
        sink->error = errno;
    sink->fd = -1;
    return 0;
}

/* ---- opening ---- */

/* Whether a file that is renamed to `path` is what the user gets: not if there is a pipe, a device
 * or a link. */
static bool can_be_replaced(const char *path, mode_t *mode) {
    struct stat s;
    *mode = 0;
    if (lstat(path, &s) != 0)
        return errno == ENOENT;
    *mode = s.st_mode & 07777;
    return S_ISREG(s.st_mode) && s.st_nlink == 1 && access(path, W_OK) == 0;
}

/* A new file next to `path`, with the permissions of the one that it replaces. NULL: there can be
 * none. */
static char *make_temporary(const char *path, mode_t mode, int *fd) {
    struct buf name;
    buf_init(&name, PATH_MAX_BYTES);
    buf_printf(&name, "%s.%ld.tmp", path, (long)getpid());
    char *text = buf_take(&name);
    if (text == NULL)
        return NULL;
    unlink(text); /* of an earlier process with this number */
    *fd = open(text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (*fd >= 0 && (mode == 0 || fchmod(*fd, mode) == 0))
        return text;
    if (*fd >= 0) {
        close(*fd);
        unlink(text);
    }
    free(text);
    return NULL;
}

/* -1: errno has the reason. Where a file can be written but not its folder, it is written in
 * place. */
static int open_files(struct outfile *f) {
    mode_t mode;
    int fd = -1;
    if (can_be_replaced(f->path, &mode))
        f->temporary = make_temporary(f->path, mode, &fd);
    if (f->temporary == NULL)
        fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    static const cookie_io_functions_t functions = {.write = sink_write, .close = sink_close};
    f->sink = calloc(1, sizeof *f->sink);
    f->stream = f->sink == NULL ? NULL : fopencookie(f->sink, "w", functions);
    if (f->stream == NULL) {
        close(fd);
        errno = ENOMEM;
        return -1;
    }
    f->sink->fd = fd;
    return 0;
}

static void forget(struct outfile *f) {
    free(f->sink);
    free(f->temporary);
    free(f->path);
    *f = (struct outfile){0};
}

static int open_taken(struct outfile *f, struct buf *path, struct err *e) {
    *f = (struct outfile){.path = buf_take(path)};
    if (f->path == NULL)
        return err_set(e, "the path of the report is too long");
    if (open_files(f) == 0)
        return 0;
    err_set(e, "cannot write %s: %s", f->path, strerror(errno));
    if (f->temporary != NULL)
        unlink(f->temporary);
    forget(f);
    return -1;
}

int outfile_open(struct outfile *f, const char *dir, const char *name, struct err *e) {
    struct buf path;
    buf_init(&path, PATH_MAX_BYTES);
    buf_printf(&path, "%s/%s", dir, name);
    return open_taken(f, &path, e);
}

int outfile_open_path(struct outfile *f, const char *name, struct err *e) {
    struct buf path;
    buf_init(&path, PATH_MAX_BYTES);
    buf_str(&path, name);
    return open_taken(f, &path, e);
}

/* ---- writing and closing ---- */

static int failed(const struct outfile *f, int number, struct err *e) {
    return number == ENOSPC || number == EDQUOT
               ? err_set(e, "cannot write %s: %s (free some space, or choose another place)",
                         f->path, strerror(number))
               : err_set(e, "cannot write %s: %s", f->path, strerror(number));
}

int outfile_keep(struct outfile *f, struct err *e) {
    if (f->temporary == NULL)
        return 0;
    if (rename(f->temporary, f->path) != 0)
        return failed(f, errno, e);
    free(f->temporary);
    f->temporary = NULL;
    return 0;
}

int outfile_at(struct outfile *f, off_t at, const struct buf *b, struct err *e) {
    size_t done = 0;
    if (buf_fits(b, e, NULL, "what %s gets at once", f->path) != 0)
        return -1;
    if (fflush(f->stream) != 0)
        return failed(f, f->sink->error, e);
    while (done < b->len) {
        ssize_t put = pwrite(f->sink->fd, buf_text(b) + done, b->len - done, at + (off_t)done);
        if (put < 0 && errno != EINTR)
            return failed(f, errno, e);
        done += put > 0 ? (size_t)put : 0;
    }
    return ftruncate(f->sink->fd, at + (off_t)b->len) == 0 ? 0 : failed(f, errno, e);
}

int outfile_finish(struct outfile *f, int result, struct err *e) {
    fclose(f->stream);
    int number = f->sink->error;
    if (result == 0 && number != 0)
        result = failed(f, number, e);
    if (result == 0)
        result = outfile_keep(f, e);
    if (f->temporary != NULL)
        unlink(f->temporary);
    forget(f);
    return result == 0 ? 0 : -1;
}

int outfile_close(struct outfile *f, struct err *e) {
    return outfile_finish(f, 0, e);
}

int outfile_put(FILE *to, const struct buf *b, struct err *e) {
    if (buf_fits(b, e, NULL, "the report") != 0)
        return -1;
    fwrite(buf_text(b), 1, b->len, to);
    return 0;
}

int outfile_write(const char *dir, const char *name, struct buf *document, struct err *e) {
    struct outfile f;
    int result = outfile_open(&f, dir, name, e);
    if (result == 0)
        result = outfile_finish(&f, outfile_put(f.stream, document, e), e);
    buf_done(document);
    return result;
}

/* ---- folders ---- */

int outfile_remove(const char *dir, const char *name, struct err *e) {
    struct buf path;
    int result = 0;
    buf_init(&path, PATH_MAX_BYTES);
    buf_printf(&path, "%s/%s", dir, name);
    if (!buf_ok(&path))
        result = err_set(e, "the path of the report is too long");
    else if (unlink(buf_text(&path)) != 0 && errno != ENOENT)
        result = err_set(e, "cannot remove %s: %s", buf_text(&path), strerror(errno));
    buf_done(&path);
    return result;
}

int outfile_directory(const char *path, struct err *e) {
    struct stat s;
    if (file_make_folder(path, e) != 0)
        return -1;
    if (stat(path, &s) != 0 || !S_ISDIR(s.st_mode))
        return err_set(e, "cannot write a report to %s: it is not a directory", path);
    return 0;
}
