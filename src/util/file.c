#include "util/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "util/array.h"
#include "util/fits.h"

int file_read(const char *path, struct buf *out, struct err *e) {
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return err_set(e, "cannot open %s: %s", path, strerror(errno));
    char chunk[16384];
    size_t n;
    struct stat st;
    bool whole = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode);
    if (whole && (uint64_t)st.st_size > out->max - out->len) { /* not worth reading */
        fclose(f);
        return err_set(e, "%s is larger than the limit of %zu bytes", path, out->max);
    }
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && buf_ok(out))
        buf_add(out, chunk, n);
    int failed = ferror(f) ? errno : 0;
    fclose(f);
    if (failed != 0)
        return err_set(e, "cannot read %s: %s", path, strerror(failed));
    return buf_fits(out, e, NULL, "%s", path);
}

int file_make_folder(const char *path, struct err *e) {
    int result = 0;
    char *part = strdup(path);
    if (part == NULL)
        return err_memory(e, NULL);
    for (char *end = part; *end != '\0' && result == 0;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char kept = *end;
        *end = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            result = err_set(e, "cannot create the directory %s: %s", part, strerror(errno));
        *end = kept;
    }
    free(part);
    return result;
}

int file_make_parent(const char *path, struct err *e) {
    const char *slash = strrchr(path, '/');
    struct err why;
    if (slash == NULL || slash == path)
        return 0;
    char *folder = strndup(path, (size_t)(slash - path));
    if (folder == NULL)
        return err_memory(e, NULL);
    int rc = file_make_folder(folder, &why);
    free(folder);
    return rc == 0 ? 0 : err_set(e, "%s (choose another location for the file)", why.text);
}

int file_taken(const char *path, struct err *e) {
    return err_set(e, "cannot create %s: " FILE_TAKEN, path);
}

void file_raise_limit(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
}

const char *file_network(const char *path) {
    /* By their numbers in statfs(2): not all are in the headers of every kernel. */
    static const struct {
        long long type;
        const char *name;
    } all[] = {{0x6969, "NFS"},        {0x0BD00BD0, "Lustre"}, {0xFF534D42, "CIFS"},
               {0xFE534D42, "SMB"},    {0x47504653, "GPFS"},   {0x00C36400, "Ceph"},
               {0x19830326, "BeeGFS"}, {0x5346414F, "AFS"},    {0x65735546, "FUSE"},
               {0x01021997, "9P"}};
    char folder[PATH_MAX];
    struct statfs s;
    if (snprintf(folder, sizeof folder, "%s%s", path[0] == '/' ? "" : "./", path) >=
        (int)sizeof folder)
        return NULL;
    int result;
    do {
        char *slash = strrchr(folder, '/');
        if (slash == NULL)
            return NULL;
        slash[slash == folder] = '\0';
        result = statfs(folder, &s);
    } while (result != 0 && errno == ENOENT && strcmp(folder, "/") != 0);
    if (result != 0)
        return NULL;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if ((unsigned)s.f_type == (unsigned)all[i].type)
            return all[i].name;
    return NULL;
}

/* RFC 1952 2.3.1 and RFC 8878 3.1.1. */
int file_check_plain(const char *path, const void *bytes, size_t n, struct err *e) {
    const char *how = n < 2                               ? NULL
                      : memcmp(bytes, "\x1f\x8b", 2) == 0 ? "gunzip"
                      : memcmp(bytes, "\x28\xb5", 2) == 0 ? "zstd -d"
                                                          : NULL;
    if (how == NULL)
        return 0;
    return err_set(e, "%s is compressed; decompress it first (%s)", path, how);
}

const char *file_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}
