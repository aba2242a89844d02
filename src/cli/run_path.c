#include "cli/run_path.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/file.h"

#define RUNS_A_SECOND_MAX 1000

/* runs/NAME-20261124T025036Z.db; with -2, -3, … for others that begin in the same second. */
static void default_path(const struct record_run *about, int nth, char out[REPEAT_PATH_BYTES]) {
    char name[64], time[CLOCK_UTC_BYTES];
    size_t n = 0;
    for (const char *p = about->name; *p != '\0' && n + 1 < sizeof name; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '_';
        name[n++] = plain ? *p : '-';
    }
    name[n] = '\0';
    clock_utc_compact(about->started_real_ns, time);
    if (nth == 1)
        snprintf(out, REPEAT_PATH_BYTES, "runs/%s-%s.db", n == 0 ? "run" : name, time);
    else
        snprintf(out, REPEAT_PATH_BYTES, "runs/%s-%s-%d.db", n == 0 ? "run" : name, time, nth);
}

static int is_new(const char *path, struct err *e) {
    struct stat s;
    return lstat(path, &s) != 0 ? 0 : file_taken(path, e);
}

int run_path_check(const struct args *a, const struct repeat *repeat, struct err *e) {
    return opt_given(a, "out") ? repeat_each_file(repeat, opt_text(a, "out"), is_new, e) : 0;
}

int run_path_open(const struct args *a, const struct repeat *repeat, const struct record_run *about,
                  char path[REPEAT_PATH_BYTES], struct record **out, struct err *e) {
    if (opt_given(a, "out"))
        return repeat_file(repeat, opt_text(a, "out"), path, e) == 0
                   ? record_open(path, about, out, e)
                   : -1;
    for (int nth = 1;; nth++) {
        default_path(about, nth, path);
        if (record_open(path, about, out, e) == 0)
            return 0;
        if (access(path, F_OK) != 0 || nth == RUNS_A_SECOND_MAX)
            return -1;
    }
}
