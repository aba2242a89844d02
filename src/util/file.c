#include "util/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int file_read(const char *path, struct buf *out, struct err *e) {
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return err_set(e, "cannot open %s: %s", path, strerror(errno));
    char chunk[16384];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && buf_ok(out))
        buf_add(out, chunk, n);
    int failed = ferror(f) ? errno : 0;
    fclose(f);
    if (failed != 0)
        return err_set(e, "cannot read %s: %s", path, strerror(failed));
    if (!buf_ok(out))
        return err_set(e, "%s is larger than %zu bytes, the most that is read", path, out->max);
    return 0;
}
