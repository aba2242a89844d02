#include "report/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/buf.h"
#include "util/file.h"

#define PATH_MAX_BYTES 65536

static int open_taken(struct outfile *f, struct buf *path, struct err *e) {
    char *text = buf_take(path);
    if (text == NULL)
        return err_set(e, "the path of the report is too long");
    FILE *stream = fopen(text, "w");
    if (stream == NULL) {
        err_set(e, "cannot write %s: %s", text, strerror(errno));
        free(text);
        return -1;
    }
    *f = (struct outfile){.stream = stream, .path = text};
    return 0;
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

int outfile_close(struct outfile *f, struct err *e) {
    errno = 0;
    int failed = ferror(f->stream);
    int result = 0;
    if (fclose(f->stream) != 0 || failed)
        result = err_set(e, "cannot write %s%s%s", f->path, errno == 0 ? "" : ": ",
                         errno == 0 ? "" : strerror(errno));
    free(f->path);
    *f = (struct outfile){0};
    return result;
}

int outfile_put(FILE *to, const struct buf *b, struct err *e) {
    if (!buf_ok(b))
        return err_set(e, "out of memory for the report");
    fwrite(buf_text(b), 1, b->len, to);
    return 0;
}

int outfile_directory(const char *path, struct err *e) {
    struct stat s;
    if (file_make_folder(path, e) != 0)
        return -1;
    if (stat(path, &s) != 0 || !S_ISDIR(s.st_mode))
        return err_set(e, "cannot write a report to %s: it is not a directory", path);
    return 0;
}
