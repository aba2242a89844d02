#include "cli/repeat.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/groups.h"
#include "control/signals.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/text.h"

int repeat_init(struct repeat *r, unsigned count, int64_t pause_ns, struct err *e) {
    *r = (struct repeat){.count = count, .pause_ns = pause_ns};
    r->paths = calloc(count, sizeof *r->paths);
    return r->paths != NULL ? 0 : err_memory(e, "%u runs", count);
}

void repeat_free(struct repeat *r) {
    for (size_t i = 0; i < r->path_count; i++)
        free(r->paths[i]);
    free(r->paths);
    *r = (struct repeat){0};
}

/* From the worst on; what is not in it is good. Codes of --exit-code-on-error are like 1. */
static int badness(int code) {
    if (code == EXIT_RUNTIME || code == EXIT_USAGE)
        return 5;
    if (signals_name(code - 128) != NULL)
        return 4;
    return code == EXIT_INVALID ? 3 : code == EXIT_THRESHOLD ? 2 : code != EXIT_OK;
}

/* The worse of two exit codes. */
static int repeat_worse(int a, int b) {
    return badness(b) > badness(a) ? b : a;
}

/* The signal that ended it, or 0. Blocked, so that none is lost between two looks. */
static int pause_between(const struct repeat *r) {
    int64_t ns = r->pause_ns;
    sigset_t set, before;
    struct timespec t = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
    signals_set(&set);
    sigprocmask(SIG_BLOCK, &set, &before);
    if (!r->quiet)
        fprintf(stderr, "pause of %s s before run %u of %u; Ctrl-C ends the series\n",
                text_rounded((double)ns / NS_PER_S, 3).text, r->nth + 1, r->count);
    int64_t end = clock_mono_ns() + ns;
    int got;
    while ((got = sigtimedwait(&set, NULL, &t)) < 0 && errno == EINTR) {
        int64_t rest = end - clock_mono_ns();
        t.tv_sec = (time_t)(rest > 0 ? rest / NS_PER_S : 0);
        t.tv_nsec = (long)(rest > 0 ? rest % NS_PER_S : 0);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return got < 0 ? 0 : got;
}

void repeat_stop(struct repeat *r, int signal) {
    r->stopped = true;
    r->signal = signal;
    if (r->nth < r->count)
        r->code = repeat_worse(r->code, 128 + signal);
}

bool repeat_next(struct repeat *r) {
    if (r->stopped || r->nth == r->count)
        return false;
    int got = r->nth == 0 || r->pause_ns <= 0 ? 0 : pause_between(r);
    if (got != 0) {
        repeat_stop(r, got);
        return false;
    }
    r->nth++;
    return true;
}

static int checked(int length, const char *name, struct err *e) {
    return length < REPEAT_PATH_BYTES ? 0 : err_set(e, "the path %.60s... is too long", name);
}

/* The name up to n bytes, the number of the run, and the rest. */
static int number_in(const struct repeat *r, const char *name, size_t n,
                     char out[REPEAT_PATH_BYTES], struct err *e) {
    if (r->count == 1)
        return checked(snprintf(out, REPEAT_PATH_BYTES, "%s", name), name, e);
    return checked(snprintf(out, REPEAT_PATH_BYTES, "%.*s-%u%s", (int)n, name, r->nth, name + n),
                   name, e);
}

int repeat_file(const struct repeat *r, const char *name, char out[REPEAT_PATH_BYTES],
                struct err *e) {
    const char *base = file_base(name);
    const char *dot = base[0] == '\0' ? NULL : strrchr(base + 1, '.');
    return number_in(r, name, dot == NULL ? strlen(name) : (size_t)(dot - name), out, e);
}

int repeat_prefix(const struct repeat *r, const char *name, char out[REPEAT_PATH_BYTES],
                  struct err *e) {
    return number_in(r, name, strlen(name), out, e);
}

int repeat_folder(const struct repeat *r, const char *name, char out[REPEAT_PATH_BYTES],
                  struct err *e) {
    if (r->count == 1)
        return checked(snprintf(out, REPEAT_PATH_BYTES, "%s", name), name, e);
    return checked(snprintf(out, REPEAT_PATH_BYTES, "%s/%u", name, r->nth), name, e);
}

int repeat_each_file(const struct repeat *r, const char *name,
                     int (*check)(const char *path, struct err *e), struct err *e) {
    struct repeat one = *r;
    for (; one.nth <= one.count; one.nth++) {
        char path[REPEAT_PATH_BYTES];
        if (repeat_file(&one, name, path, e) != 0 || check(path, e) != 0)
            return -1;
    }
    return 0;
}

void repeat_done(struct repeat *r, const char *path, int code) {
    r->code = repeat_worse(r->code, code);
    if (signals_name(code - 128) != NULL)
        repeat_stop(r, code - 128);
    if (code == EXIT_USAGE || code == EXIT_RUNTIME)
        r->stopped = true; /* the next would do no better */
    if (path[0] == '\0' || code == EXIT_RUNTIME)
        return;
    char *copy = strdup(path);
    if (copy != NULL)
        r->paths[r->path_count++] = copy;
}

void repeat_say_missing(const struct repeat *r) {
    struct err e;
    unsigned missing = r->count - r->nth;
    const char *were = missing == 1 ? "run was" : "runs were";
    if (missing == 0 || r->code == EXIT_USAGE)
        return;
    if (r->signal != 0)
        err_set(&e, "%s ended the series after run %u of %u; %u %s not made",
                signals_name(r->signal), r->nth, r->count, missing, were);
    else
        err_set(&e, "run %u of %u could not be completed, so %u more %s not made", r->nth, r->count,
                missing, were);
    fflush(stdout);
    command_error(EXIT_OK, e.text);
}

int repeat_end(struct repeat *r, const char *folder) {
    if (r->count == 1 || r->path_count < 2)
        return r->code;
    struct groups_options show = {.folder = folder, .format = groups_format("table")};
    putchar('\n');
    int shown = groups_show((const char *const *)r->paths, r->path_count, &show);
    return shown == EXIT_OK ? r->code : repeat_worse(r->code, shown);
}
