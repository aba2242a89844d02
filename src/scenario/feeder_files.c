/* The files of a folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenario/feeder_internal.h"
#include "scenario/media_type.h"
#include "util/array.h"
#include "util/fits.h"

#define FILES_MAX 1000000

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int file_add(struct feeder *f, const char *name, struct err *e) {
    if (f->rows == FILES_MAX)
        return err_set(e, "%s has more than %d files", f->path, FILES_MAX);
    char **grown = array_room(f->files, &f->row_cap, f->rows + 1, sizeof *grown);
    if (grown == NULL)
        return err_memory(e, NULL);
    f->files = grown;
    char *copy = strdup(name);
    if (copy == NULL)
        return err_memory(e, NULL);
    f->files[f->rows++] = copy;
    return 0;
}

static int list(struct feeder *f, DIR *folder, struct err *e) {
    for (;;) {
        struct stat st;
        errno = 0;
        const struct dirent *entry = readdir(folder); // NOLINT(concurrency-mt-unsafe): our own DIR
        if (entry == NULL && errno != 0)
            return err_set(e, "cannot read the folder %s: %s", f->path, strerror(errno));
        if (entry == NULL)
            return 0;
        if (entry->d_name[0] != '.' &&
            fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) && file_add(f, entry->d_name, e) != 0)
            return -1;
    }
}

int feeder_files_open(struct feeder *f, struct err *e) {
    static const char *const names[FEEDER_FILES_COLUMNS] = {"name", "path", "type"};
    for (size_t i = 0; i < FEEDER_FILES_COLUMNS; i++)
        if (feeder_column_add(f, names[i], strlen(names[i]), e) != 0)
            return -1;
    f->base_count = f->column_count;
    DIR *folder = opendir(f->path);
    if (folder == NULL)
        return err_set(e,
                       "cannot open the folder %s: %s; relative paths start at the scenario's "
                       "folder",
                       f->path, strerror(errno));
    int result = fstat(dirfd(folder), &f->st) != 0
                     ? err_set(e, "cannot read the status of %s: %s", f->path, strerror(errno))
                     : list(f, folder, e);
    closedir(folder);
    if (result == 0 && f->rows > 0)
        qsort(f->files, f->rows, sizeof *f->files, by_bytes);
    return result;
}

int feeder_files_fields(const struct feeder *f, struct feeder_row *row, struct err *e) {
    const char *name = f->files[row->number];
    size_t folder = strlen(f->path), n = strlen(name);
    buf_add(&row->text, f->path, folder);
    if (folder > 0 && f->path[folder - 1] != '/')
        buf_char(&row->text, '/');
    buf_add(&row->text, name, n);
    if (buf_fits(&row->text, e, "shorten the path", "the name of a file in %s", f->path) != 0)
        return -1;
    const char *type = media_type(name);
    row->fields[FEEDER_FILES_NAME] = (struct bytes){row->text.data + row->text.len - n, n};
    row->fields[FEEDER_FILES_PATH] = (struct bytes){row->text.data, row->text.len};
    row->fields[FEEDER_FILES_TYPE] = (struct bytes){type, strlen(type)};
    return 0;
}

/* Not of the contents: a folder may hold more than one wants to read before a run. */
int feeder_files_sha256(const struct feeder *f, char out[SHA256_HEX_BYTES], struct err *e) {
    struct buf all;
    struct stat st;
    int folder = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
    if (folder < 0)
        return err_set(e, "cannot open the folder %s: %s", f->path, strerror(errno));
    buf_init(&all, SIZE_MAX / 2);
    for (size_t i = 0; i < f->rows && result == 0; i++) {
        if (fstatat(folder, f->files[i], &st, AT_SYMLINK_NOFOLLOW) != 0)
            result = err_set(e, "cannot read %s in %s: %s", f->files[i], f->path, strerror(errno));
        else
            buf_printf(&all, "%s/%lld\n", f->files[i], (long long)st.st_size);
    }
    close(folder);
    if (result == 0 && !buf_ok(&all))
        result = err_memory(e, NULL);
    if (result == 0)
        sha256_hex(buf_text(&all), all.len, out);
    buf_done(&all);
    return result;
}
