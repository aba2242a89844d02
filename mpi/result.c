#include "result.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/results.h"
#include "launch.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/text.h"

#define PARTS ".parts"

int result_prepare(const struct args *a, char *out, size_t size, char *folder, size_t folder_size,
                   struct err *e) {
    char time[CLOCK_UTC_BYTES];
    struct stat st;
    clock_utc_compact(clock_real_ns(), time);
    if (opt_given(a, "out"))
        snprintf(out, size, "%s", opt_text(a, "out"));
    else
        snprintf(out, size, "runs/mpi-%s.db", time);
    snprintf(folder, folder_size, "%.4000s" PARTS, out);
    if (lstat(out, &st) == 0)
        return err_set(e, "cannot create %s: it already exists (choose another name, or remove it)",
                       out);
    if (file_make_parent(out, e) != 0)
        return -1;
    if (mkdir(folder, 0777) != 0)
        return err_set(e, "cannot create the folder %s: %s%s", folder, strerror(errno),
                       errno == EEXIST ? " (parts of an earlier run; move or remove it)" : "");
    return 0;
}

void result_forget(const char *folder) {
    rmdir(folder);
}

/* A turn rests by itself. */
static void wait_for(const struct result_options *o, pid_t pid, int *status) {
    while (o->turn != NULL && waitpid(pid, status, WNOHANG) == 0)
        o->turn(o->turn_context);
    while (o->turn == NULL && waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
}

/* `coldswarm merge`; what it prints on stdout is not shown. Its exit code, or -1. */
static int merge(const struct result_options *o, const char *out) {
    posix_spawn_file_actions_t actions;
    char program[4096];
    size_t n = 0;
    pid_t pid;
    int status = 0;
    const char **argv = calloc(o->file_count + 6, sizeof *argv);
    if (argv == NULL)
        return -1;
    launch_program(program, sizeof program);
    argv[n++] = "coldswarm";
    argv[n++] = "merge";
    if (o->partial)
        argv[n++] = "--partial";
    argv[n++] = "--";
    argv[n++] = out;
    for (size_t i = 0; i < o->file_count; i++)
        argv[n++] = o->files[i];
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int rc = posix_spawnp(&pid, program, &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    free(argv);
    if (rc == 0)
        wait_for(o, pid, &status);
    return rc == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void result_remove(const struct result_options *o) {
    for (size_t i = 0; i < o->file_count; i++)
        unlink(o->files[i]);
    rmdir(o->folder);
}

static void say(const char *before, const char *path, const char *after) {
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    text_printable(&text, path, strlen(path));
    printf("%s%s%s\n", before, buf_text(&text), after);
    buf_done(&text);
}

/* As `run` at its end. The exit code is in the file. */
static int show(const struct result_options *o, const char *out) {
    const struct thresholds_options from_file = {.duration_us = -1};
    struct reader *reader = NULL;
    struct thresholds *thresholds = NULL;
    struct err e = {""};
    bool usage = false, quiet = opt_flag(o->args, "quiet");
    if (reader_open(out, &reader, &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    int code = reader_run(reader)->exit_code;
    if (thresholds_new(reader, &from_file, &thresholds, &usage, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    if (o->conclude != NULL)
        o->conclude(o->context, reader_run(reader), thresholds, code);
    reader_close(reader);
    if (o->complete != NULL)
        o->complete(o->context, out);
    const struct results_options show = {.format = report_format("table"),
                                         .bare = quiet,
                                         .no_guess = true,
                                         .silent = quiet,
                                         .folder = opt_text(o->args, "report"),
                                         .no_figures = opt_flag(o->args, "no-figures"),
                                         .page = opt_text(o->args, "html"),
                                         .thresholds = thresholds};
    int shown = results_show(out, &show);
    thresholds_free(thresholds);
    return shown != EXIT_OK && code < 128 ? shown : code;
}

int result_merge(const struct result_options *o, const char *out) {
    int code = merge(o, out);
    if (code == EXIT_OK || code == EXIT_INVALID)
        result_remove(o);
    return code;
}

static int fail(const struct result_options *o, int code, const char *text) {
    if (o->conclude != NULL)
        o->conclude(o->context, NULL, NULL, code);
    return command_error(code, text);
}

int result_make(const struct result_options *o, const char *out) {
    struct err e;
    if (o->file_count == 0) {
        result_forget(o->folder);
        return fail(o, EXIT_RUNTIME, "no part has a run file, so there is nothing to merge");
    }
    int merged = merge(o, out);
    if (merged != EXIT_OK && merged != EXIT_INVALID) {
        err_set(&e, "the parts could not be merged; they are in %s", o->folder);
        return fail(o, merged == EXIT_USAGE ? EXIT_USAGE : EXIT_RUNTIME, e.text);
    }
    int code = show(o, out);
    if (!opt_flag(o->args, "keep-parts"))
        result_remove(o);
    if (!opt_flag(o->args, "quiet")) {
        say("\nEvery request is in ", out, "");
        if (opt_flag(o->args, "keep-parts"))
            say("The parts are in ", o->folder, "");
    }
    return code;
}
