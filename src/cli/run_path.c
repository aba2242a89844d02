#include "cli/run_path.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/file.h"

#define RUNS_A_SECOND_MAX 1000

/* FOLDER/NAME-20261124T025036Z.db; with -2, -3, … for others that begin in the same second. */
static int default_path(const char *folder, const struct record_run *about, int nth,
                        char out[REPEAT_PATH_BYTES], struct err *e) {
    char name[64], time[CLOCK_UTC_BYTES];
    size_t n = 0;
    for (const char *p = about->name; *p != '\0' && n + 1 < sizeof name; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '_';
        name[n++] = plain ? *p : '-';
    }
    name[n] = '\0';
    clock_utc_compact(about->started_real_ns, time);
    int length = nth == 1 ? snprintf(out, REPEAT_PATH_BYTES, "%s%s-%s.db", folder,
                                     n == 0 ? "run" : name, time)
                          : snprintf(out, REPEAT_PATH_BYTES, "%s%s-%s-%d.db", folder,
                                     n == 0 ? "run" : name, time, nth);
    return length < REPEAT_PATH_BYTES ? 0 : err_set(e, "the path of --out is too long");
}

/* The folder for a run file without a name of its own; NULL: --out is its name. */
static const char *folder_of(const struct args *a) {
    const char *out = opt_text(a, "out");
    size_t n = out == NULL ? 0 : strlen(out);
    return out == NULL ? "runs/" : n > 0 && out[n - 1] == '/' ? out : NULL;
}

static int is_new(const char *path, struct err *e) {
    struct stat s;
    return lstat(path, &s) != 0 ? 0 : file_taken(path, e);
}

int run_path_check(const struct args *a, const struct repeat *repeat, struct err *e) {
    return folder_of(a) == NULL ? repeat_each_file(repeat, opt_text(a, "out"), is_new, e) : 0;
}

int run_path_open(const struct args *a, const struct repeat *repeat, const struct record_run *about,
                  char path[REPEAT_PATH_BYTES], struct record **out, struct err *e) {
    const char *folder = folder_of(a);
    if (folder == NULL)
        return repeat_file(repeat, opt_text(a, "out"), path, e) == 0
                   ? record_open(path, about, out, e)
                   : -1;
    for (int nth = 1;; nth++) {
        if (default_path(folder, about, nth, path, e) != 0)
            return -1;
        if (record_open(path, about, out, e) == 0)
            return 0;
        if (access(path, F_OK) != 0 || nth == RUNS_A_SECOND_MAX)
            return -1;
    }
}
