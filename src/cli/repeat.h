/*
 * repeat: a series of runs, one after the other: their names, the pause between them, the code that
 * they end with together.
 *
 * Run i of a series of n has "-i" in its file's name and in the prefix of its CSV files, and its
 * report goes into the folder "i" of the series'. Its seed is the first one's plus i-1, so that the
 * spread between runs is of the random choices too.
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
    unsigned count, nth; /* nth from 1; 0 before the first */
    int64_t pause_ns;
    bool quiet;   /* do not announce the pause */
    bool stopped; /* no further run */
    int signal;   /* that stopped it; 0: none */
    int code;     /* the worst so far */
    char **paths; /* of the files of the runs that were made */
    size_t path_count;
};

int repeat_init(struct repeat *r, unsigned count, int64_t pause_ns, struct err *e);
void repeat_free(struct repeat *r);

/* Goes to the next run, after the pause; false when there is none. SIGINT and SIGTERM end the pause
 * and the series. */
bool repeat_next(struct repeat *r);

/* "out.db" is "out-2.db" in the second of several runs; "out" is "out-2". */
int repeat_file(const struct repeat *r, const char *name, char out[REPEAT_PATH_BYTES],
                struct err *e);
/* "v1.0" is "v1.0-2". */
int repeat_prefix(const struct repeat *r, const char *name, char out[REPEAT_PATH_BYTES],
                  struct err *e);
/* "out" is "out/2". */
int repeat_folder(const struct repeat *r, const char *name, char out[REPEAT_PATH_BYTES],
                  struct err *e);

/* Calls `check` with the file's name in this run and in each that follows; the first error ends it.
 * So a mistake of the last run shows before the first. */
int repeat_each_file(const struct repeat *r, const char *name,
                     int (*check)(const char *path, struct err *e), struct err *e);

/* A signal came: the run that is on is the last. */
void repeat_stop(struct repeat *r, int signal);

/* A run is over; `path` is its file, or "". */
void repeat_done(struct repeat *r, const char *path, int code);

/* Says on stderr which runs were not made, and why. */
void repeat_say_missing(const struct repeat *r);

/* Shows the spread between the runs where there are several, and writes it into `folder` (NULL:
 * nowhere). The exit code of the series: a signal's, else the worst in the order 3, 4, 99, 1. */
int repeat_end(struct repeat *r, const char *folder);

#endif
