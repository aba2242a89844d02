#include "merge/merge_out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "merge/merge.h"
#include "record/db.h"
#include "record/schema.h"
#include "util/file.h"

extern const char embed_record_shard_sql[];

/* Between opening and locking, another merge may have published or removed this very file. */
static bool is_ours(const struct merge_out *out) {
    struct stat name, file;
    return lstat(out->temporary, &name) == 0 && fstat(out->fd, &file) == 0 &&
           name.st_dev == file.st_dev && name.st_ino == file.st_ino;
}

/* Its file would be emptied. */
static const struct merge_part *is_part(const struct stat *file, const struct merge_part *parts,
                                        size_t n) {
    struct stat st;
    for (size_t i = 0; i < n; i++)
        if (stat(parts[i].path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino)
            return &parts[i];
    return NULL;
}

/* An empty, locked file. */
static int make_file(struct merge_out *out, const struct merge_part *parts, size_t part_count,
                     struct err *e) {
    struct stat st;
    if (lstat(out->temporary, &st) == 0) {
        const struct merge_part *part = is_part(&st, parts, part_count);
        if (part != NULL)
            return err_set(e,
                           "cannot create %s: it is written as %s first, which is the part %s "
                           "(rename the part)",
                           out->path, out->temporary, part->path);
    }
    if (lstat(out->path, &st) == 0)
        return file_taken(out->path, e);
    out->fd = open(out->temporary, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (out->fd < 0)
        return err_set(e, "cannot create %s: %s (choose another path)", out->path, strerror(errno));
    if (flock(out->fd, LOCK_EX | LOCK_NB) != 0 || !is_ours(out)) {
        close(out->fd);
        out->fd = -1;
        return err_set(e, "cannot create %s: another merge is writing %s", out->path,
                       out->temporary);
    }
    if (fstat(out->fd, &st) != 0 || !S_ISREG(st.st_mode) || ftruncate(out->fd, 0) != 0)
        return err_set(e, "cannot create %s: %s cannot be replaced (remove it)", out->path,
                       out->temporary);
    return 0;
}

static int open_db(struct merge_out *out, struct err *e) {
    char *name = db_path(out->temporary);
    if (name == NULL)
        return err_memory(e, NULL);
    int rc = sqlite3_open_v2(name, &out->db.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    free(name);
    if (rc != SQLITE_OK)
        return merge_fail(&out->db, e);
    if (merge_exec(&out->db,
                   "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                   "PRAGMA cache_size = -8192; PRAGMA temp.cache_size = -8192; BEGIN IMMEDIATE",
                   e) != 0)
        return -1;
    if (schema_make(out->db.db, e) != 0)
        return err_prefix(e, "cannot write %s", out->path);
    return merge_exec(&out->db, embed_record_shard_sql, e);
}

int merge_out_open(struct merge_out *out, const char *path, const struct merge_part *parts,
                   size_t part_count, struct err *e) {
    size_t size = strlen(path) + sizeof MERGE_TEMPORARY;
    *out = (struct merge_out){.path = path, .fd = -1, .db = {.path = path, .writes = true}};
    out->temporary = malloc(size);
    if (out->temporary == NULL)
        return err_memory(e, NULL);
    snprintf(out->temporary, size, "%s" MERGE_TEMPORARY, path);
    if (file_make_parent(path, e) == 0 && make_file(out, parts, part_count, e) == 0 &&
        open_db(out, e) == 0)
        return 0;
    merge_out_done(out);
    return -1;
}

int merge_out_commit(struct merge_out *out, struct err *e) {
    return merge_exec(&out->db, "COMMIT", e);
}

/* Some file systems cannot rename without replacing. */
static int rename_new(const char *from, const char *to) {
    struct stat st;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (lstat(to, &st) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

int merge_out_publish(struct merge_out *out, struct err *e) {
    if (sqlite3_close(out->db.db) != SQLITE_OK)
        return merge_fail(&out->db, e);
    out->db.db = NULL;
    /* A complete file that is empty after a power cut would be worse than none. */
    if (fsync(out->fd) != 0)
        return err_set(e, "cannot write %s: %s (check the disk)", out->path, strerror(errno));
    if (rename_new(out->temporary, out->path) != 0)
        return errno == EEXIST ? file_taken(out->path, e)
                               : err_set(e, "cannot create %s: %s", out->path, strerror(errno));
    close(out->fd);
    out->fd = -1;
    return 0;
}

void merge_out_done(struct merge_out *out) {
    sqlite3_close(out->db.db);
    if (out->fd >= 0) {
        db_remove(out->temporary);
        close(out->fd);
    }
    free(out->temporary);
    *out = (struct merge_out){.fd = -1};
}
