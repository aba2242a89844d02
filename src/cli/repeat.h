/*
 * repeat: a series of runs: their names, the pause between them, and their common exit code.
 *
 * Run i of a series of n has "-i" in the name of its file and in the prefix of its CSV files. Its
 * report goes to the subfolder "i" of the series' folder. Its seed is the first seed plus i-1, so
 * that the spread between runs includes the random choices.
 *
 * It does not run anything. Ownership: embedded; repeat_free() frees. Thread: main.
 */
#ifndef CLI_REPEAT_H
#define CLI_REPEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

#define REPEAT_MAX 1000
#define REPEAT_PATH_BYTES 4096

struct repeat {
    unsigned count, nth; /* nth counts from 1; 0 before the first run */
    int64_t pause_ns;
    bool quiet;   /* do not announce the pause */
    bool stopped; /* no more runs */
    int signal;   /* signal that stopped it; 0: none */
    int code;     /* the worst so far */
    char **paths; /* files of the finished runs */
    size_t path_count;
};

int repeat_init(struct repeat *r, unsigned count, int64_t pause_ns, struct err *e);
void repeat_free(struct repeat *r);

/* Waits for the pause and goes to the next run. Returns false if there is none. SIGINT and
 * SIGTERM end the pause and the series. */
bool repeat_next(struct repeat *r);

/* "out.db" becomes "out-2.db" in the second of several runs; "out" becomes "out-2". */
int repeat_file(const struct repeat *r, const char *name, char out[REPEAT_PATH_BYTES],
                struct err *e);
/* "v1.0" becomes "v1.0-2". */
int repeat_prefix(const struct repeat *r, const char *name, char out[REPEAT_PATH_BYTES],
                  struct err *e);
/* "out" becomes "out/2". */
int repeat_folder(const struct repeat *r, const char *name, char out[REPEAT_PATH_BYTES],
                  struct err *e);

/* Calls `check` with the file's name in this run and in each later run, up to the first error.
 * So a problem of the last run is reported before the first. */
int repeat_each_file(const struct repeat *r, const char *name,
                     int (*check)(const char *path, struct err *e), struct err *e);

/* A signal arrived: the current run is the last one. */
void repeat_stop(struct repeat *r, int signal);

/* A run has ended; `path` is its file, or "". */
void repeat_done(struct repeat *r, const char *path, int code);

/* Prints to stderr which runs are missing, and why. */
void repeat_say_missing(const struct repeat *r);

/* Shows the spread between several runs, and writes it into `folder` (NULL: does not). Returns
 * the exit code of the series: a signal's, else the worst in the order 3, 4, 99, 1. */
int repeat_end(struct repeat *r, const char *folder);

#endif
