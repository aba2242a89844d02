#include "cli/page.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/file.h"

#define PATH_MAX_BYTES 4096

/* False: the load has no such number. */
static bool number_for(char letter, const struct load *l, int64_t *out) {
    switch (letter) {
    case 'u':
        *out = load_users_max(l);
        return true;
    case 'r':
        if (l->kind == LOAD_USERS)
            *out = (int64_t)l->spawn_rate;
        else if (load_is_open(l))
            *out = load_micro_rate_max(l) / LOAD_MICRO;
        else
            return false;
        return true;
    case 't':
        *out = load_duration(l) / NS_PER_S;
        return true;
    default:
        return false;
    }
}

void page_name(struct buf *out, const char *pattern, const struct load *load) {
    for (const char *p = pattern; *p != '\0'; p++) {
        int64_t value;
        if (p[0] == '{' && p[1] != '\0' && p[2] == '}' && number_for(p[1], load, &value)) {
            buf_printf(out, "%" PRId64, value);
            p += 2;
        } else
            buf_char(out, *p);
    }
}

int page_check(const char *path, struct err *e) {
    const char *slash = strrchr(path, '/');
    struct stat s;
    struct buf folder;
    if (path[0] == '\0')
        return err_set(e, "the file name of --html is empty");
    buf_init(&folder, PATH_MAX_BYTES);
    if (slash == NULL)
        buf_char(&folder, '.');
    else
        buf_add(&folder, path, slash == path ? 1 : (size_t)(slash - path));
    int result = 0;
    if (!buf_ok(&folder))
        result = err_set(e, "the path of --html is too long");
    else if (slash != NULL && file_make_folder(buf_text(&folder), e) != 0)
        result = -1;
    else if (stat(buf_text(&folder), &s) != 0 || !S_ISDIR(s.st_mode))
        result =
            err_set(e, "cannot write --html %s: %s is not a directory", path, buf_text(&folder));
    else if (stat(path, &s) == 0 && S_ISDIR(s.st_mode))
        result = err_set(e, "--html %s is a directory; give a file name", path);
    else if (access(access(path, F_OK) == 0 ? path : buf_text(&folder), W_OK) != 0)
        result = err_set(e, "cannot write --html %s: %s", path, strerror(errno));
    buf_done(&folder);
    return result;
}
