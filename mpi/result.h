/*
 * result: makes one run of the collected files, shows it, and says with which code to exit.
 *
 * It runs `coldswarm merge`, and shows what `run` shows at its end. It needs no MPI. Thread: one.
 */
#ifndef MPI_RESULT_H
#define MPI_RESULT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"
#include "record/reader.h"
#include "report/thresholds.h"
#include "util/err.h"

struct result_options {
    const struct args *args;
    const char *folder; /* of the files */
    const char *const *files;
    size_t file_count;
    bool partial;
    void (*turn)(void *context); /* called often while files are merged; NULL: nothing */
    void *turn_context;
    /* The run is merged, or cannot be (run NULL): called before it is shown. May be NULL. */
    void (*conclude)(void *context, const struct reader_run *run,
                     const struct thresholds *thresholds, int code);
    /* The merged file is complete; nobody has it open. May be NULL. */
    void (*complete)(void *context, const char *path);
    void *context; /* of both */
};

/* Where the merged run goes: --out, or a name that is made of the time. Checks that it is free, and
 * makes the folder for the files of the parts next to it. */
int result_prepare(const struct args *a, char *out, size_t size, char *folder, size_t folder_size,
                   struct err *e);

/* Removes an empty folder of result_prepare(). */
void result_forget(const char *folder);

/* Removes the collected files and the folder. */
void result_remove(const struct result_options *o);

/* Merges without a word, and removes the files of the parts if that went well. Returns the exit
 * code of `coldswarm merge`, or -1. */
int result_merge(const struct result_options *o, const char *out);

/* Merges, and shows the result. Returns the exit code. */
int result_make(const struct result_options *o, const char *out);

#endif
